import { elementCount } from '../../graph/shape.ts'
import type { Weight } from '../../graph/weight.ts'
import { unreadable, weightSource } from '../tensor-table.ts'
import type { AdaptationKind, LayerSize, LoraLayer } from './extension.ts'

/** A layer's tensors by what they are to it (`LoraName.piece`). */
export type Pieces = ReadonlyMap<string, Weight>

interface About {
  readonly file: string
  readonly path: string
  readonly alpha: number | null
  /** Of an IA³: whether it scales the layer's inputs. */
  readonly isOnInput: boolean
}

/** What some tensors change about a layer. Throws AppError 'model-unreadable' where they are too few, too many or do not fit. */
export function layerOf(given: Pieces, { file, path, alpha, isOnInput }: About): LoraLayer {
  const pieces = usual(given, isOnInput)
  const problem = (text: string) => unreadable(file, `its layer ${path} ${text}`)
  const kind = kinds.find(({ signs }) => signs.some((sign) => pieces.has(sign)))
  if (kind === undefined) throw problem(`has only ${[...pieces.keys()].join(', ')}`)
  const missing = kind.needs.find((needed) => !needed.split('|').some((name) => pieces.has(name)))
  if (missing !== undefined) throw problem(`has no ${missing.split('|')[0]?.replace('.weight', '')} part`)
  const known = [...kind.signs, ...(kind.more ?? []), ...ofAny]
  const odd = [...pieces.keys()].find((name) => !known.includes(name))
  if (odd !== undefined) throw problem(`has ${odd} beside ${kind.signs.find((sign) => pieces.has(sign))}`)
  const shapes = createShapes(pieces)
  const mismatch = kind.mismatch?.(shapes) ?? null
  if (mismatch !== null) throw problem(mismatch)
  const rank = kind.rank?.(shapes) ?? null
  return {
    kind: kind.name,
    weights: weightSource(pieces),
    factor: alpha === null || rank === null ? 1 : alpha / rank,
    size: kind.size(shapes, isOnInput)
  }
}

/** May stand beside all others. */
const ofAny = ['diff_b', 'dora_scale']

/** Without what is known of it otherwise, and magnitudes of peft's as LyCORIS has them. */
function usual(pieces: Pieces, isOnInput: boolean): Pieces {
  const kept = [...pieces].filter(([name]) => name !== 'alpha' && (name !== 'on_input' || isOnInput))
  return new Map(
    kept.map(([name, weight]) => {
      // Old LyCORIS saved the rotations themselves.
      if (name === 'oft_diag') return ['r', weight]
      // peft's are always of the outputs, in several shapes.
      return name === 'magnitude'
        ? ['dora_scale', { ...weight, shape: [elementCount(weight.shape)] }]
        : [name, weight]
    })
  )
}

interface Shapes {
  has(piece: string): boolean
  /** Whether a rotation has several stages, as BOFT's. */
  isStaged(piece: string): boolean
  /** Of one axis; 0 where there is none. */
  size(piece: string, axis: number): number
  /** The product of the sizes from `axis` on. */
  area(piece: string, axis: number): number
}

function createShapes(pieces: Pieces): Shapes {
  const shapeOf = (piece: string): readonly number[] => pieces.get(piece)?.shape ?? []
  return {
    has: (piece) => pieces.has(piece),
    isStaged: (piece) => shapeOf(piece).length === 4,
    size: (piece, axis) => shapeOf(piece)[axis] ?? 0,
    area: (piece, axis) =>
      shapeOf(piece)
        .slice(axis)
        .reduce((product, size) => product * size, 1)
  }
}

interface Kind {
  readonly name: AdaptationKind
  /** Pieces that no other kind has. */
  readonly signs: readonly string[]
  /** Each of these must be there, or another behind the bar. */
  readonly needs: readonly string[]
  /** May be there. */
  readonly more?: readonly string[]
  /** What alpha is divided by; left out, nothing is scaled. */
  rank?(shapes: Shapes): number | null
  mismatch?(shapes: Shapes): string | null
  size(shapes: Shapes, isOnInput: boolean): LayerSize
}

/** [out, in · kernel] of `name_a` · `name_b`, through a Tucker core or not. */
const productSize = (s: Shapes, name: string, core: string): readonly [number, number] =>
  s.has(core)
    ? [s.size(`${name}_a`, 1), s.area(`${name}_b`, 1) * s.area(core, 2)]
    : [s.size(`${name}_a`, 0), s.area(`${name}_b`, 1)]

const factorSize = (s: Shapes, name: string, core: string): readonly [number, number] =>
  s.has(name) ? [s.size(name, 0), s.area(name, 1)] : productSize(s, name, core)

const kinds: readonly Kind[] = [
  {
    name: 'lora',
    signs: ['down.weight', 'up.weight'],
    needs: ['down.weight', 'up.weight'],
    more: ['mid.weight'],
    rank: (s) => s.size('down.weight', 0),
    mismatch: (s) =>
      s.size('down.weight', 0) === s.size('up.weight', 1) && s.size('down.weight', 0) > 0
        ? null
        : `goes down to rank ${s.size('down.weight', 0)} and up from ${s.size('up.weight', 1)}`,
    size: (s) => ({
      outputs: s.size('up.weight', 0),
      each: s.area('down.weight', 1) * (s.has('mid.weight') ? s.area('mid.weight', 2) : 1)
    })
  },
  {
    name: 'loha',
    signs: ['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b'],
    needs: ['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b'],
    more: ['hada_t1', 'hada_t2'],
    rank: (s) => s.size('hada_w1_b', 0),
    mismatch(s) {
      const [first, second] = [productSize(s, 'hada_w1', 'hada_t1'), productSize(s, 'hada_w2', 'hada_t2')]
      return first.join() === second.join()
        ? null
        : `multiplies ${first.join(' × ')} with ${second.join(' × ')} numbers`
    },
    size(s) {
      const [outputs, each] = productSize(s, 'hada_w1', 'hada_t1')
      return { outputs, each }
    }
  },
  {
    name: 'lokr',
    signs: ['lokr_w1', 'lokr_w1_a', 'lokr_w1_b', 'lokr_w2', 'lokr_w2_a', 'lokr_w2_b'],
    needs: ['lokr_w1|lokr_w1_a', 'lokr_w1|lokr_w1_b', 'lokr_w2|lokr_w2_a', 'lokr_w2|lokr_w2_b'],
    more: ['lokr_t1', 'lokr_t2'],
    rank: (s) => s.size('lokr_w2_b', 0) || s.size('lokr_w1_b', 0) || null,
    size(s) {
      const [first, second] = [factorSize(s, 'lokr_w1', 'lokr_t1'), factorSize(s, 'lokr_w2', 'lokr_t2')]
      return { outputs: first[0] * second[0], each: first[1] * second[1] }
    }
  },
  {
    name: 'glora',
    signs: ['a1.weight', 'a2.weight', 'b1.weight', 'b2.weight'],
    needs: ['a1.weight', 'a2.weight', 'b1.weight', 'b2.weight'],
    more: ['bm.weight'],
    rank: (s) => Math.min(s.size('a1.weight', 0), s.size('a1.weight', 1)),
    size(s) {
      const [up, down] =
        s.size('b1.weight', 0) < s.size('b2.weight', 0)
          ? ['b2.weight', 'b1.weight']
          : ['b1.weight', 'b2.weight']
      return {
        outputs: s.size(up, 0),
        each: s.area(down, 1) * (s.has('bm.weight') ? s.area('bm.weight', 2) : 1),
        inputs: Math.max(s.size('a1.weight', 0), s.size('a1.weight', 1))
      }
    }
  },
  {
    name: 'oft',
    signs: ['r'],
    needs: ['r'],
    more: ['rescale'],
    size: (s) => ({
      outputs: s.area('r', 0) / s.size('r', 2) / (s.isStaged('r') ? s.size('r', 0) : 1),
      each: null
    })
  },
  {
    name: 'full',
    signs: ['diff', 'diff_b'],
    needs: [],
    more: ['diff'],
    size: (s) => ({
      outputs: s.has('diff') ? s.size('diff', 0) : s.size('diff_b', 0),
      each: s.has('diff') ? s.area('diff', 1) : null
    })
  },
  {
    name: 'ia3',
    signs: ['weight'],
    needs: ['weight'],
    more: ['on_input'],
    size: (s, isOnInput) =>
      isOnInput
        ? { outputs: null, each: null, inputs: s.area('weight', 0) }
        : { outputs: s.area('weight', 0), each: null }
  }
]
