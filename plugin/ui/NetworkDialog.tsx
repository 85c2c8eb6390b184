import { useMemo, useState } from 'react'
import type { ExtensionInfo } from '#protocol/extensions.ts'
import { promptExtensions } from '../app/extension-choice.ts'
import { modelInForce } from '../app/model-choice.ts'
import { withNetwork } from '../app/prompt-networks.ts'
import { Button, ButtonGroup, Content, Dialog, Divider, Heading, SearchField, Text } from './controls.tsx'
import { ExtensionPicture } from './ExtensionPicture.tsx'
import { extensionWords, unsuitedWords } from './extension-wording.ts'
import { useActions, useAppState } from './use-app.ts'

/** Every LoRA, embedding and hypernetwork there is; pressing one puts it into the prompt. */
export function NetworkDialog({ onClose }: { readonly onClose: () => void }) {
  const { change, refreshModels } = useActions()
  const prompt = useAppState(({ settings }) => settings.prompt)
  const catalogue = useAppState((state) => state.catalogue)
  const model = useAppState(modelInForce)
  const [search, setSearch] = useState('')
  const all = useMemo(() => promptExtensions({ catalogue }), [catalogue])
  // Names begin at one place, whether or not each has a picture.
  const hasPictures = all.some(({ hasPicture }) => hasPicture === true)
  const words = search.toLowerCase().split(/\s+/)
  const found = all
    .map((extension) => ({ extension, reason: unsuitedWords(extension, model) }))
    .filter(({ extension: { name, triggers } }) =>
      words.every((word) => [name, ...triggers].some((text) => text.toLowerCase().includes(word)))
    )
    .sort((a, b) => Number(a.reason !== null) - Number(b.reason !== null))

  function add(extension: ExtensionInfo) {
    change({ prompt: withNetwork(prompt, extension) })
    onClose()
  }

  return (
    <Dialog size="M">
      <Heading>Add to the prompt</Heading>
      <Divider />
      <Content>
        <div className="marquee-section">
          {all.length === 0 ? (
            <Text>
              None of your models folders holds a LoRA, an embedding or a hypernetwork. Put their files
              (.safetensors, .pt) into one, in any folder of it, then press Refresh.
            </Text>
          ) : (
            <SearchField label="Search" width="100%" value={search} onChange={setSearch} />
          )}
          <ul aria-label="LoRAs, embeddings and hypernetworks" className="marquee-list marquee-choices">
            {found.map(({ extension, reason }) => (
              <li key={`${extension.kind} ${extension.id}`}>
                <button
                  type="button"
                  className="marquee-choice"
                  disabled={reason !== null}
                  onClick={() => add(extension)}
                >
                  {hasPictures && (
                    <ExtensionPicture id={extension.hasPicture === true ? extension.id : null} />
                  )}
                  <span className="marquee-choice-words">
                    <span>{extension.name}</span>
                    <span className="marquee-caption">{extensionWords(extension)}</span>
                    {reason !== null && <span className="marquee-caption">{reason}</span>}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {all.length > 0 && found.length === 0 && <Text>Nothing is called that.</Text>}
        </div>
      </Content>
      <ButtonGroup>
        <Button variant="secondary" onPress={() => void refreshModels()}>
          Refresh
        </Button>
        <Button variant="secondary" onPress={onClose}>
          Close
        </Button>
      </ButtonGroup>
    </Dialog>
  )
}
