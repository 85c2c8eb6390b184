import { useState } from 'react'
import type { Catalogue } from '#protocol/catalogue.ts'
import {
  ActionButton,
  Button,
  ButtonGroup,
  Content,
  Dialog,
  Divider,
  Heading,
  Text,
  TextField
} from './controls.tsx'
import { useActions, useApp, useAppState } from './use-app.ts'

/** Where models come from, and which files are none. */
export function ModelsDialog({ onClose }: { readonly onClose: () => void }) {
  const { addFolder } = useActions()
  const { addModels } = useApp()
  const catalogue = useAppState((state) => state.catalogue)
  const notice = useAppState((state) => state.notice)
  const [folder, setFolder] = useState('')
  return (
    <Dialog size="M">
      <Heading>Models</Heading>
      <Divider />
      <Content>
        <div className="marquee-section">
          <Text>
            {addModels === undefined
              ? 'Folders of A1111 and ComfyUI can be added as they are; nothing is copied.'
              : 'Drop a model file on the panel to copy it to Marquee’s own models, or add the folder it lies in; nothing is copied then. Folders of A1111 and ComfyUI can be added as they are.'}
          </Text>
          <div className="marquee-row marquee-end">
            <TextField
              label="Folder on this computer"
              flex
              minWidth={0}
              value={folder}
              onChange={setFolder}
            />
            <Button
              variant="secondary"
              isDisabled={folder.trim() === ''}
              onPress={() => void addFolder(folder.trim())}
            >
              Add folder
            </Button>
          </div>
          {notice !== null && (
            <div role="alert">
              <Text>
                {notice.message} {notice.hint}
              </Text>
            </div>
          )}
          {catalogue !== null && <Folders folders={catalogue.folders} />}
          {catalogue !== null && <Refused refused={catalogue.refused} />}
        </div>
      </Content>
      <ButtonGroup>
        <Button variant="secondary" onPress={onClose}>
          Close
        </Button>
      </ButtonGroup>
    </Dialog>
  )
}

function Folders({ folders }: Pick<Catalogue, 'folders'>) {
  const { removeFolder } = useActions()
  if (folders.length === 0) return null
  return (
    <ul aria-label="Added folders" className="marquee-list">
      {folders.map((folder) => (
        <li key={folder} className="marquee-row">
          <Text UNSAFE_className="marquee-one-line">{folder}</Text>
          <ActionButton isQuiet aria-label={`Forget ${folder}`} onPress={() => void removeFolder(folder)}>
            Forget
          </ActionButton>
        </li>
      ))}
    </ul>
  )
}

function Refused({ refused }: Pick<Catalogue, 'refused'>) {
  if (refused.length === 0) return null
  return (
    <>
      <Heading level={4}>Files that cannot be used</Heading>
      <ul aria-label="Files that cannot be used" className="marquee-list">
        {refused.map(({ id, name, message, leadsTo, hint }) => (
          <li key={id}>
            <strong>{name}</strong>: {message} {leadsTo !== undefined && `It leads to ${leadsTo}.`} {hint}
          </li>
        ))}
      </ul>
    </>
  )
}
