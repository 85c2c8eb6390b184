import { useMemo, useState } from 'react'
import { promptExtensions } from '../app/extension-choice.ts'
import {
  hasWords,
  networksIn,
  reweighed,
  withoutNetwork,
  withWords,
  type PromptNetwork
} from '../app/prompt-networks.ts'
import { ActionButton, DialogContainer, Slider } from './controls.tsx'
import { NetworkDialog } from './NetworkDialog.tsx'
import { useActions, useAppState } from './use-app.ts'

/** What the prompt names, with its weights, and the way to more. */
export function PromptNetworks() {
  const prompt = useAppState(({ settings }) => settings.prompt)
  const catalogue = useAppState((state) => state.catalogue)
  const [isChoosing, setIsChoosing] = useState(false)
  const used = useMemo(() => networksIn(prompt, promptExtensions({ catalogue })), [prompt, catalogue])
  return (
    <>
      {used.length > 0 && (
        <ul aria-label="Used in the prompt" className="marquee-list">
          {used.map((network, number) => (
            // A weight that changes moves the places of those behind it, and sliders must outlive that.
            <li key={`${number} ${network.name}`} className="marquee-job">
              <UsedNetwork network={network} />
            </li>
          ))}
        </ul>
      )}
      <div className="marquee-row">
        <ActionButton isQuiet onPress={() => setIsChoosing(true)}>
          Add LoRA or embedding
        </ActionButton>
      </div>
      <DialogContainer onDismiss={() => setIsChoosing(false)}>
        {isChoosing && <NetworkDialog onClose={() => setIsChoosing(false)} />}
      </DialogContainer>
    </>
  )
}

/** What the sliders reach, where what is written does not lie beyond. */
const least = { lora: -1, hypernetwork: 0, embedding: 0 } as const
const most = { lora: 2, hypernetwork: 1, embedding: 2 } as const

function UsedNetwork({ network }: { readonly network: PromptNetwork }) {
  const { change } = useActions()
  const prompt = useAppState(({ settings }) => settings.prompt)
  const triggers = useAppState(
    ({ catalogue }) =>
      catalogue?.extensions.find(({ kind, name }) => kind === network.kind && isSameName(name, network.name))
        ?.triggers
  )
  const { kind, name, weights } = network
  const unused = kind === 'lora' ? (triggers ?? []).filter((trigger) => !hasWords(prompt, trigger)) : []
  return (
    <>
      <div className="marquee-row marquee-end">
        <div className="marquee-fill">
          {weights.map((weight, i) => (
            <Slider
              key={i}
              label={weights.length === 1 ? name : `${name}, ${i === 0 ? 'text' : 'picture'}`}
              width="100%"
              minValue={Math.min(least[kind], weight)}
              maxValue={Math.max(most[kind], weight)}
              step={0.05}
              formatOptions={{ maximumFractionDigits: 2, signDisplay: 'auto' }}
              value={weight}
              onChange={(value) => change({ prompt: reweighed(prompt, network, weights.with(i, value)) })}
            />
          ))}
        </div>
        <ActionButton
          isQuiet
          aria-label={`Take ${name} out`}
          onPress={() => change({ prompt: withoutNetwork(prompt, network) })}
        >
          Remove
        </ActionButton>
      </div>
      {unused.length > 0 && (
        <div className="marquee-words" role="group" aria-label={`Trigger words of ${name}`}>
          {unused.map((trigger) => (
            <ActionButton
              key={trigger}
              isQuiet
              aria-label={`Add “${trigger}” to the prompt`}
              onPress={() => change({ prompt: withWords(prompt, trigger) })}
            >
              + {trigger}
            </ActionButton>
          ))}
        </div>
      )}
    </>
  )
}

const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
