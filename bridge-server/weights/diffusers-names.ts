/** Gives the LDM name of a diffusers tensor; null: not one of the network's. */
export type Rename = (name: string) => string | null

const resnet: Readonly<Record<string, string>> = {
  norm1: 'in_layers.0',
  conv1: 'in_layers.2',
  time_emb_proj: 'emb_layers.1',
  norm2: 'out_layers.0',
  conv2: 'out_layers.3',
  conv_shortcut: 'skip_connection'
}

const unetEnds: Readonly<Record<string, string>> = {
  conv_in: 'input_blocks.0.0',
  'time_embedding.linear_1': 'time_embed.0',
  'time_embedding.linear_2': 'time_embed.2',
  'time_embedding.cond_proj': 'time_embed.cond_proj',
  'add_embedding.linear_1': 'label_emb.0.0',
  'add_embedding.linear_2': 'label_emb.0.2',
  conv_norm_out: 'out.0',
  conv_out: 'out.2'
}

/** How many resnets and what else a block has, told from its tensors. */
interface Block {
  resnets: number
  attentions: boolean
  sampler: boolean
}

/**
 * UNet2DConditionModel → ldm's openaimodel.UNetModel. LDM numbers its blocks in one row, a down sampler being a block
 * of its own and an up sampler the last module of one, so the numbers follow from what `names` has in each block.
 */
export function unetRename(names: Iterable<string>): Rename {
  const list = [...names]
  const down = blocksOf(list, 'down_blocks')
  const up = blocksOf(list, 'up_blocks')
  const firstInput = starts(
    down.map((block) => block.resnets + (block.sampler ? 1 : 0)),
    1
  )
  const firstOutput = starts(
    up.map((block) => block.resnets),
    0
  )

  return (name) => {
    const [top = '', at = '', kind = '', ...rest] = name.split('.')
    if (top === 'mid_block') return middle(at, Number(kind), rest.join('.'))
    if (top !== 'down_blocks' && top !== 'up_blocks') return renameEnd(name, unetEnds)
    const isDown = top === 'down_blocks'
    const block = (isDown ? down : up)[Number(at)]
    const first = (isDown ? firstInput : firstOutput)[Number(at)]
    return block === undefined || first === undefined
      ? null
      : inBlock(isDown ? 'input_blocks' : 'output_blocks', first, { block, kind, rest })
  }
}

function inBlock(
  side: string,
  first: number,
  { block, kind, rest }: { block: Block; kind: string; rest: readonly string[] }
): string | null {
  const [index, ...inner] = rest
  const last = rest.at(-1) ?? ''
  if (kind === 'resnets') return inResnet(`${side}.${first + Number(index)}.0`, inner.join('.'))
  if (kind === 'attentions') return `${side}.${first + Number(index)}.1.${inner.join('.')}`
  if (kind === 'downsamplers') return `${side}.${first + block.resnets}.0.op.${last}`
  if (kind === 'upsamplers')
    return `${side}.${first + block.resnets - 1}.${block.attentions ? 2 : 1}.conv.${last}`
  return null
}

/** Resnet 0, the transformer, resnet 1. */
function middle(kind: string, index: number, rest: string): string | null {
  if (kind === 'attentions') return `middle_block.1.${rest}`
  return kind === 'resnets' ? inResnet(`middle_block.${2 * index}`, rest) : null
}

function inResnet(path: string, rest: string): string | null {
  const inner = renameEnd(rest, resnet)
  return inner === null ? null : `${path}.${inner}`
}

/** Renames all but the last word (`weight`, `bias`). */
function renameEnd(name: string, names: Readonly<Record<string, string>>): string | null {
  const dot = name.lastIndexOf('.')
  const found = names[name.slice(0, dot)]
  return found === undefined ? null : found + name.slice(dot)
}

function blocksOf(names: readonly string[], side: string): Block[] {
  const blocks: (Block | undefined)[] = []
  for (const name of names) {
    const [top, at = '', kind, index = ''] = name.split('.')
    if (top !== side || !/^\d{1,3}$/.test(at)) continue
    const block = (blocks[Number(at)] ??= { resnets: 0, attentions: false, sampler: false })
    if (kind === 'resnets') block.resnets = Math.max(block.resnets, Number(index) + 1)
    else if (kind === 'attentions') block.attentions = true
    else block.sampler = true
  }
  // Blocks without a tensor leave holes, which map would skip.
  return Array.from(blocks, (block) => block ?? { resnets: 0, attentions: false, sampler: false })
}

function starts(lengths: readonly number[], first: number): number[] {
  let next = first
  return lengths.map((length) => (next += length) - length)
}

const attention: Readonly<Record<string, string>> = {
  group_norm: 'norm',
  to_q: 'q',
  to_k: 'k',
  to_v: 'v',
  'to_out.0': 'proj_out',
  query: 'q',
  key: 'k',
  value: 'v',
  proj_attn: 'proj_out'
}

/** AutoencoderKL → ldm's AutoencoderKL: its decoder counts levels from the picture's side, so the order turns round. */
export function vaeRename(names: Iterable<string>): Rename {
  const list = [...names]
  const levels = blocksOf(
    list.filter((name) => name.startsWith('decoder.')).map((name) => name.slice('decoder.'.length)),
    'up_blocks'
  ).length

  return (name) => {
    const [net = '', top = '', ...path] = name.split('.')
    if (net === 'quant_conv' || net === 'post_quant_conv') return name
    if (net !== 'encoder' && net !== 'decoder') return null
    if (top === 'mid_block') return inVaeMiddle(`${net}.mid`, path)
    if (top === 'down_blocks') return inVaeBlock(`${net}.down.${path[0] ?? ''}`, 'downsample', path)
    if (top === 'up_blocks') return inVaeBlock(`${net}.up.${levels - 1 - Number(path[0])}`, 'upsample', path)
    return name.replace('conv_norm_out', 'norm_out')
  }
}

function inVaeBlock(place: string, sampler: string, [, kind, index, ...rest]: readonly string[]): string {
  if (kind !== 'resnets') return `${place}.${sampler}.conv.${rest.at(-1) ?? ''}`
  return `${place}.block.${index ?? ''}.${rest.join('.').replace('conv_shortcut', 'nin_shortcut')}`
}

function inVaeMiddle(place: string, [kind, index, ...rest]: readonly string[]): string | null {
  if (kind === 'resnets') return `${place}.block_${Number(index) + 1}.${rest.join('.')}`
  const inner = renameEnd(rest.join('.'), attention)
  return inner === null ? null : `${place}.attn_1.${inner}`
}

/**
 * CLIP's text transformer alone, of files that hold more of CLIP. Position ids are numbers 0…n − 1 that some versions
 * saved; recent ones dropped the outer name.
 */
export const clipRename: Rename = (name) => {
  if (/^text_projection(\.weight)?$/.test(name)) return name
  const inner = name.replace(/^text_model\./, '')
  const isText = /^(embeddings|encoder|final_layer_norm)\./.test(inner) && !inner.endsWith('position_ids')
  return isText ? `text_model.${inner}` : null
}

/** Leaves out what DPTForDepthEstimation never computes with: final norm, pooler, the first fusion's missing residual. */
export const dptRename: Rename = (name) =>
  /^(dpt\.layernorm|dpt\.pooler|neck\.fusion_stage\.layers\.0\.residual_layer1|auxiliary_head)\./.test(name)
    ? null
    : name
