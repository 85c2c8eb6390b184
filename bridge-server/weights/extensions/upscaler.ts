import { AppError } from '../../errors.ts'
import type { Weight } from '../../graph/weight.ts'
import { renamed, shownName, unreadable, weightSource, type TensorTable } from '../tensor-table.ts'
import type { Upscaler } from './extension.ts'

const namesOf = ({ weights, unusable }: TensorTable): readonly string[] => [
  ...weights.keys(),
  ...unusable.keys()
]

/** Where trainers put the network: its running mean is better than its last state. */
const prefixes = ['params_ema.', 'params.', 'generator.', 'netG.', 'model_g.']

const prefixOf = (names: readonly string[]): string =>
  prefixes.find((prefix) => names.some((name) => name.startsWith(prefix))) ?? ''

/** A sign of any tensor's name behind the prefix, and what the network then is. */
const known: readonly (readonly [RegExp, Upscaler['network']])[] = [
  [/^model\.1\.sub\.\d+\.RDB1\./, 'rrdb'],
  [/^RRDB_trunk\.\d+\.RDB1\./, 'rrdb'],
  [/^body\.\d+\.rdb1\./, 'rrdb'],
  [/^layers\.\d+\.residual_group\.blocks\.\d+\.attn\.relative_position_bias_table$/, 'swinir']
]

/** Networks that make pictures larger or better, and that Marquee does not have. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/\.RDB\d\.conv1x1\./, 'an ESRGAN+ upscaler'],
  [/^layers\.\d+\.residual_group\..*(overlap|\.conv_block\.cab)/, 'a HAT upscaler'],
  [/^layers\.\d+\.residual_group\..*\.logit_scale$/, 'a Swin2SR upscaler'],
  [/^layers\.\d+\.blocks\.\d+\.(attn|ffn)\..*(rpe|attns|channel_interaction)/, 'a DAT upscaler'],
  [/^residual_layer\.\d+\.residual_layer\./, 'an OmniSR upscaler'],
  [/^block_1\.c1_r\./, 'a SPAN upscaler'],
  [/^feats\.\d+\.(lk|channe_mixer|ffn)\./, 'a PLKSR upscaler'],
  [/^m_(head|down1|body)\.\d/, 'a SCUNet denoiser'],
  [/^unet1\.conv1\.conv\.\d/, 'a Real-CUGAN upscaler'],
  [/^stylegan_decoder(rgb)?\.|^final_linear\./, 'a GFPGAN face restorer'],
  [/^quantize\.embedding\.weight$/, 'a CodeFormer face restorer']
]

/** What the file of an upscaler is, null for what is none. Throws AppError 'model-unsupported' that names one of another kind. */
export function upscalerNetwork(table: TensorTable): Upscaler['network'] | null {
  const names = namesOf(table)
  const prefix = prefixOf(names)
  const inner = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  const other = foreign.find(([sign]) => inner.some((name) => sign.test(name)))
  if (other !== undefined)
    throw new AppError('model-unsupported', {
      message: `${shownName(table.file)} is ${other[1]}, which Marquee cannot run.`,
      hint: 'Take an ESRGAN, a Real-ESRGAN or a SwinIR.'
    })
  const network = known.find(([sign]) => inner.some((name) => sign.test(name)))?.[1]
  return network ?? (isCompact(table, prefix) ? 'srvgg' : null)
}

/** Convolutions with a slope for each channel between them, and nothing else. */
function isCompact({ weights }: TensorTable, prefix: string): boolean {
  const rank = (name: string): number => weights.get(`${prefix}body.${name}.weight`)?.shape.length ?? 0
  const isPlain = [...weights.keys()].every((name) => name.slice(prefix.length).startsWith('body.'))
  return isPlain && rank('0') === 4 && rank('1') === 1 && rank('2') === 4
}

/**
 * The network of an upscaler under its own names (BasicSR's), whatever program wrote the file.
 * Throws AppError 'model-unsupported', and 'model-unreadable' where its tensors make no upscaler of colour pictures.
 */
export function readUpscaler(table: TensorTable): Upscaler {
  const network = upscalerNetwork(table)
  const prefix = prefixOf(namesOf(table))
  const weights = renamed(table, (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : null))
  switch (network) {
    case 'rrdb':
      return { network, ...rrdb(table, fromOld(weights) ?? fromNew(weights)) }
    case 'srvgg':
      return { network, ...srvgg(table, weights) }
    case 'swinir':
      return { network, ...swinIr(table, weights) }
    case null:
      throw unreadable(table.file, 'it holds no upscaler')
  }
}

type Weights = ReadonlyMap<string, Weight>

/** ESRGAN's first names: a torch.nn.Sequential in which each upsampling takes three numbers. */
function fromOld(weights: Weights): Weights | null {
  const numbers = [...weights.keys()].flatMap((name) => /^model\.(\d+)\.weight$/.exec(name)?.[1] ?? [])
  const last = Math.max(...numbers.map(Number))
  if (numbers.length === 0) return null
  const ups = (last - 4) / 3
  const names = new Map<string, string>([['model.0', 'conv_first']])
  for (let i = 0; i < ups; i++) names.set(`model.${3 + 3 * i}`, `conv_up${i + 1}`)
  names.set(`model.${last - 2}`, 'conv_hr').set(`model.${last}`, 'conv_last')
  const renamedOld = (name: string): string => {
    const block = /^model\.1\.sub\.(\d+)\.(RDB\d)\.(conv\d)\.0\.(\w+)$/.exec(name)
    if (block !== null) return `body.${block[1]}.${block[2]?.toLowerCase()}.${block[3]}.${block[4]}`
    const end = name.slice(name.lastIndexOf('.'))
    const path = name.slice(0, name.lastIndexOf('.'))
    // Behind the blocks stands one convolution with the next number.
    if (/^model\.1\.sub\.\d+$/.test(path)) return `conv_body${end}`
    return `${names.get(path) ?? path}${end}`
  }
  return new Map([...weights].map(([name, weight]) => [renamedOld(name), weight]))
}

const newNames: Readonly<Record<string, string>> = {
  trunk_conv: 'conv_body',
  upconv1: 'conv_up1',
  upconv2: 'conv_up2',
  upconv3: 'conv_up3',
  HRconv: 'conv_hr'
}

/** The names of ESRGAN's later code, as BSRGAN has them; BasicSR's stay. */
const fromNew = (weights: Weights): Weights =>
  new Map(
    [...weights].map(([name, weight]) => {
      const [top = '', ...rest] = name.split('.')
      if (top !== 'RRDB_trunk') return [[newNames[top] ?? top, ...rest].join('.'), weight]
      return [
        ['body', ...rest.map((word) => (word.startsWith('RDB') ? word.toLowerCase() : word))].join('.'),
        weight
      ]
    })
  )

type Content = Omit<Upscaler, 'network'>

function rrdb(table: TensorTable, weights: Weights): Content {
  const [, inputs = 0] = weights.get('conv_first.weight')?.shape ?? []
  const [outputs = 0] = weights.get('conv_last.weight')?.shape ?? []
  const ups = [1, 2, 3, 4].filter((i) => weights.has(`conv_up${i}.weight`)).length
  // Squares of pixels that become channels before anything else, as in Real-ESRGAN's ×2 and ×1.
  const square = Math.sqrt(inputs / 3)
  return { weights: weightSource(weights), ...checked(table, { outputs, square, scale: 2 ** ups / square }) }
}

function srvgg(table: TensorTable, weights: Weights): Content {
  const last = [...weights.values()].findLast(({ shape }) => shape.length === 4)
  const scale = Math.sqrt((last?.shape[0] ?? 0) / 3)
  const [, inputs = 0] = weights.get('body.0.weight')?.shape ?? []
  return { weights: weightSource(weights), ...checked(table, { outputs: inputs, square: 1, scale }) }
}

function swinIr(table: TensorTable, weights: Weights): Content {
  const shapeOf = (name: string): readonly number[] => weights.get(name)?.shape ?? []
  const [outputs = 0, inputs = outputs] = shapeOf('conv_first.weight')
  const [rows = 0] = shapeOf('layers.0.residual_group.blocks.0.attn.relative_position_bias_table')
  const window = (Math.sqrt(rows) + 1) / 2
  const scale = ['conv_up1', 'conv_up2'].reduce(
    (sum, name) => (weights.has(`${name}.weight`) ? 2 * sum : sum),
    1
  )
  const shuffles = [0, 2, 4, 6].reduce((product, i) => {
    const [wide = 0, narrow = 1] = shapeOf(`upsample.${i}.weight`)
    // Without a convolution behind it, what is shuffled are colours.
    const each = weights.has('conv_last.weight') ? narrow : 3
    return wide === 0 ? product : product * Math.sqrt(wide / each)
  }, 1)
  if (!Number.isInteger(window) || ![1, 2, 3, 4, 8].includes(scale * shuffles) || inputs !== 3)
    throw unreadable(
      table.file,
      `its tensors make a SwinIR with windows of ${window} for ${inputs} channels that enlarges ${scale * shuffles} times`
    )
  return { weights: weightSource(weights), scale: scale * shuffles, multiple: window }
}

interface Shapes {
  readonly outputs: number
  readonly square: number
  readonly scale: number
}

function checked(
  table: TensorTable,
  { outputs, square, scale }: Shapes
): Pick<Upscaler, 'scale' | 'multiple'> {
  if (outputs === 3 && [1, 2, 4].includes(square) && [1, 2, 3, 4, 8, 16].includes(scale))
    return { scale, multiple: square }
  throw unreadable(
    table.file,
    `its tensors make pictures of ${outputs} channels ${Number.isFinite(scale) ? `${scale} times as large` : ''}`
  )
}
