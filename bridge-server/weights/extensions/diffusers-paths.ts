/** Modules of ldm's ResBlock by diffusers' names. */
const resnet: Readonly<Record<string, string>> = {
  'in_layers.0': 'norm1',
  'in_layers.2': 'conv1',
  'emb_layers.1': 'time_emb_proj',
  'out_layers.0': 'norm2',
  'out_layers.3': 'conv2',
  skip_connection: 'conv_shortcut'
}

const ends: Readonly<Record<string, string>> = {
  'input_blocks.0.0': 'conv_in',
  'time_embed.0': 'time_embedding.linear_1',
  'time_embed.2': 'time_embedding.linear_2',
  'label_emb.0.0': 'add_embedding.linear_1',
  'label_emb.0.2': 'add_embedding.linear_2',
  'out.0': 'conv_norm_out',
  'out.2': 'conv_out'
}

/** Where a row of LDM's blocks stands in diffusers, whose blocks end with a sampler. */
interface Place {
  readonly block: number
  readonly index: number
}

/**
 * UNet2DConditionModel's path of every module of an LDM UNet, by LDM's path: the inverse of `unetRename`. `modules` are the
 * paths of all layers.
 */
export function diffusersPaths(modules: readonly string[]): ReadonlyMap<string, string> {
  const inputs = placesOf(modules, { side: 'input_blocks', first: 1, sampler: /^0\.op$/, apart: true })
  const outputs = placesOf(modules, { side: 'output_blocks', first: 0, sampler: /^\d\.conv$/, apart: false })
  const paths = new Map<string, string>()
  for (const module of modules) {
    const path = ends[module] ?? inBlock(module, inputs, outputs)
    if (path !== null) paths.set(module, path)
  }
  return paths
}

function placesOf(
  modules: readonly string[],
  { side, first, sampler, apart }: { side: string; first: number; sampler: RegExp; apart: boolean }
): readonly Place[] {
  const inside = new Map<number, string[]>()
  for (const module of modules) {
    const [top, at = '', ...rest] = module.split('.')
    if (top === side) inside.set(Number(at), [...(inside.get(Number(at)) ?? []), rest.join('.')])
  }
  const places: Place[] = Array.from({ length: first }, () => ({ block: 0, index: 0 }))
  let [block, index] = [0, 0]
  for (let at = first; inside.has(at); at++) {
    places.push({ block, index })
    const isEnd = inside.get(at)?.some((name) => sampler.test(name)) === true
    // A down sampler is a block of LDM's own, an up sampler the last module of one.
    index = isEnd ? 0 : index + 1
    block += isEnd ? 1 : 0
    if (isEnd && apart) places[at] = { block: block - 1, index: 0 }
  }
  return places
}

function inBlock(module: string, inputs: readonly Place[], outputs: readonly Place[]): string | null {
  const [side = '', at = '', kind = '', ...rest] = module.split('.')
  if (side === 'middle_block') return inMiddle(Number(at), [kind, ...rest].join('.'))
  const isInput = side === 'input_blocks'
  const place = (isInput ? inputs : outputs)[Number(at)]
  if (place === undefined || (!isInput && side !== 'output_blocks')) return null
  const block = `${isInput ? 'down' : 'up'}_blocks.${place.block}`
  const inner = rest.join('.')
  if (inner === 'op') return `${block}.downsamplers.0.conv`
  if (inner === 'conv') return `${block}.upsamplers.0.conv`
  const layer = resnet[inner]
  return layer === undefined
    ? `${block}.attentions.${place.index}.${inner}`
    : `${block}.resnets.${place.index}.${layer}`
}

function inMiddle(at: number, inner: string): string {
  const layer = resnet[inner]
  return layer === undefined ? `mid_block.attentions.0.${inner}` : `mid_block.resnets.${at / 2}.${layer}`
}
