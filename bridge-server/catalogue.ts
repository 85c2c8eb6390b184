import { annotatorList } from './annotate/registry.ts'
import type { Catalogue, Choice } from './protocol/catalogue.ts'
import { plainUpscalers } from './protocol/upscalers.ts'
import { samplers } from './sampling/registry.ts'
import { schedules } from './sampling/schedules.ts'
import type { ExtensionLibrary } from './weights/extensions/extension-library.ts'
import type { Library } from './weights/library.ts'

/** All that a person may choose from. What is no model and stands beside one is not refused. */
export async function catalogueOf(
  library: Pick<Library, 'catalogue'>,
  extensions: Pick<ExtensionLibrary, 'list' | 'annotators'>
): Promise<Catalogue> {
  const [models, beside, networks] = await Promise.all([
    library.catalogue(),
    extensions.list(),
    extensions.annotators()
  ])
  const depth = models.models.some(({ hasDepthEstimator }) => hasDepthEstimator)
  const known = new Set(beside.map(({ id }) => id))
  return {
    ...models,
    refused: models.refused.filter(({ id }) => !known.has(id)),
    extensions: beside.map((each) => ({ ...each })),
    annotators: annotatorList(depth ? new Set([...networks, 'depth']) : networks),
    upscalers: [
      ...menu(plainUpscalers),
      ...beside.flatMap(({ kind, id, name }) => (kind === 'upscaler' ? [{ id, label: name }] : []))
    ],
    samplers: menu(samplers),
    schedules: menu(schedules)
  }
}

const menu = (entries: readonly Choice[]): Choice[] => entries.map(({ id, label }) => ({ id, label }))
