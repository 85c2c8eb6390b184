import { useMemo } from 'react'
import type { MakeMap } from '../app/make-map.ts'
import { modelInForce } from '../app/model-choice.ts'
import type { ControlKit } from '../hosts/canvas/control-kit.ts'
import { unsuitedWords } from '../ui/extension-wording.ts'
import { useActions, useAppState } from '../ui/use-app.ts'

/** What the canvas' control layers work with, from what the server offers. */
export function useControlKit(makeMap: MakeMap): ControlKit {
  const { openDownloads } = useActions()
  const catalogue = useAppState((state) => state.catalogue)
  const model = useAppState(modelInForce)
  return useMemo(
    () => ({
      nets: (catalogue?.extensions ?? [])
        .filter(({ kind }) => kind === 'controlnet')
        .map((net) => ({ name: net.name, unsuited: unsuitedWords(net, model), kinds: net.kinds ?? [] })),
      annotators: catalogue?.annotators ?? [],
      makeMap,
      download: openDownloads
    }),
    [catalogue, model, makeMap, openDownloads]
  )
}
