import { AppError } from '../errors.ts'
import type { Graph, Value } from './graph.ts'
import { elementCount, resolveReshape, type Shape } from './shape.ts'
import type { Weight, WeightSource } from './weight.ts'

/** How a weight is looked at; neither costs anything, for only its address changes. */
export interface View {
  /** First row and the row after the last. */
  readonly rows?: readonly [number, number]
  /** As for reshape: 0 keeps a size, −1 is what remains. */
  readonly shape?: Shape
}

/** up · (mid ·) down, times `scale`, of which the first `rank` rows and columns count where it is said. */
export interface Branch {
  readonly m: Scope
  readonly scale: Value
  readonly rank: number | undefined
}

/** What a LoRA or one of its relatives changes about the layer at a place, times `scale`. */
export interface Adaptation {
  /** One number, known when the graph runs. */
  readonly scale: Value
  /** What may be added beside the layer; null: only `change` tells. */
  readonly branch: Branch | null
  /** What is added to the weight, given as the matrix [out, inputs · kernel] that it so far is; null: nothing. */
  readonly change: ((weight: Value, inputs: number) => Value) | null
  /** What is added to its bias, [out]; null: nothing. */
  readonly bias: Value | null
}

/**
 * A graph under construction, seen from one place in the checkpoint's name tree. `m.at('norm1').weight('bias')` reads
 * `<path>.norm1.bias`, so a module written as a function of `m` finds its own weights wherever it stands.
 */
export interface Scope {
  readonly graph: Graph
  readonly path: string
  at(...names: readonly (string | number)[]): Scope
  /** Whether there is a weight of this name, or any below it. */
  has(name: string): boolean
  /** The numbered children `name.0`, `name.1` … (a ModuleList), or this scope's own without a name. */
  each(name?: string): readonly Scope[]
  /** Sizes of a weight as it is stored; unknown (empty) when it is missing. */
  shapeOf(name: string): Shape
  /** A missing weight is remembered, and reported by `check` together with all others. */
  weight(name: string, view?: View): Value
  /** Rows of a table of weights by number: `ids` [...] → [..., width]. */
  rows(name: string, ids: Value): Value
  /** What changes the layer at this place, in order: each sees what those before it made of the weight. */
  adaptations(): readonly Adaptation[]
  /** Says that the weights below `name` belong to the network though this graph does not need them. */
  leave(name: string): void
}

/** The root scope of one network, and the check to make once its graph is built. */
export interface Network {
  readonly m: Scope
  /** Throws AppError 'model-incomplete' naming the weights that the graph wanted and did not find, and those that nothing used. */
  readonly check: () => void
}

export interface NetworkOptions {
  /** Goes before the weights' names in the graph, where it holds several networks. */
  readonly prefix?: string
  /** What changes the layer at a path. */
  readonly adaptations?: (path: string) => readonly Adaptation[]
  /** Names of the weights that are held in memory, changed, instead of used as they lie in their files. */
  readonly held?: ReadonlySet<string>
}

const nothing: ReadonlySet<string> = new Set()

/** `part` is what a person calls the network, as in "the UNet". */
export function openNetwork(
  graph: Graph,
  weights: WeightSource,
  part: string,
  { prefix = '', adaptations = () => [], held = nothing }: NetworkOptions = {}
): Network {
  const paths = new Set(weights.names.flatMap(prefixes))
  const used = new Set<string>()
  const missing = new Set<string>()
  const left: string[] = []

  const join = (...names: readonly (string | number)[]): string => names.filter((n) => n !== '').join('.')

  const find = (full: string): Weight | undefined => {
    const weight = weights.get(full)
    if (weight === undefined) missing.add(full)
    else used.add(full)
    return weight
  }

  const scopeAt = (path: string): Scope => ({
    graph,
    path,
    at: (...names) => scopeAt(join(path, ...names)),
    has: (name) => paths.has(join(path, name)),
    each(name = '') {
      const children: Scope[] = []
      while (paths.has(join(path, name, children.length)))
        children.push(scopeAt(join(path, name, children.length)))
      return children
    },
    shapeOf: (name) => weights.get(join(path, name))?.shape ?? [],
    weight(name, view = {}) {
      const full = join(path, name)
      const weight = find(full)
      if (weight === undefined) return { name: full, shape: [] }
      const seen = look(weight, view)
      const same = seen.length === weight.length && seen.shape.join() === weight.shape.join()
      const label = prefix + (same ? full : `${full}[${view.rows?.join(':') ?? ''}](${seen.shape.join()})`)
      return held.has(full)
        ? graph.heldWeight({ name: label, of: full, span: spanOf(weight, view), dims: seen.shape })
        : graph.weight(label, seen)
    },
    rows(name, ids) {
      const full = join(path, name)
      const weight = find(full)
      return weight === undefined ? { name: full, shape: [] } : graph.rows(prefix + full, weight, ids)
    },
    adaptations: () => adaptations(path),
    leave: (name) => void left.push(join(path, name))
  })

  return {
    m: scopeAt(''),
    check() {
      const isLeft = (name: string): boolean =>
        left.some((path) => name === path || name.startsWith(`${path}.`))
      const unused = weights.names.filter((name) => !used.has(name) && !isLeft(name))
      const complaints = [
        ...(missing.size > 0 ? [`lacks ${list([...missing])}`] : []),
        ...(unused.length > 0 ? [`has ${list(unused)} that nothing uses`] : [])
      ]
      if (complaints.length === 0) return
      throw new AppError('model-incomplete', {
        message: `The ${part} of this model ${complaints.join(' and ')}.`,
        hint: 'The file may be damaged or made for another program; download it again or choose another model.'
      })
    }
  }
}

/** `a`, `a.b` and `a.b.c` of `a.b.c`. */
const prefixes = (name: string): readonly string[] =>
  name.split('.').map((_, i, words) => words.slice(0, i + 1).join('.'))

function look(weight: Weight, { rows, shape }: View): Weight {
  const [count = 1, ...rest] = weight.shape
  const [first, end] = rows ?? [0, count]
  const rowBytes = weight.length / count
  const sliced = [end - first, ...rest]
  return {
    ...weight,
    shape: shape === undefined ? sliced : resolveReshape(sliced, shape),
    offset: weight.offset + first * rowBytes,
    length: elementCount(sliced) === elementCount(weight.shape) ? weight.length : (end - first) * rowBytes
  }
}

/** The numbers that a view sees. */
function spanOf({ shape }: Weight, { rows }: View): readonly [number, number] {
  const [count = 1] = shape
  const each = elementCount(shape) / count
  const [first, end] = rows ?? [0, count]
  return [first * each, end * each]
}

const SHOWN = 5

const list = (names: readonly string[]): string => {
  const shown = names.slice(0, SHOWN).join(', ')
  const rest = names.length - SHOWN
  return `${names.length} ${names.length === 1 ? 'weight' : 'weights'} (${shown}${rest > 0 ? ` and ${rest} more` : ''})`
}
