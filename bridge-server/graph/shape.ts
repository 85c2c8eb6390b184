/**
 * Sizes of a symbolic tensor. Those that are known only when the graph runs are negative: −1 where nothing is known of one, and
 * below it the number of its name (`Sizes`), which is the same wherever the size is.
 */
export type Shape = readonly number[]

export const DYNAMIC = -1

/** The names of a graph's free sizes, such as `h`, or `2*h` for twice as many. */
export interface Sizes {
  /** The size of that name, less than −1. */
  named(name: string): number
  /** Undefined for a size that is known, or of which nothing is known. */
  nameOf(size: number): string | undefined
}

export function createSizes(): Sizes {
  const names: string[] = []
  return {
    named(name) {
      const known = names.indexOf(name)
      return DYNAMIC - (known < 0 ? names.push(name) : known + 1)
    },
    nameOf: (size) => names[DYNAMIC - size - 1]
  }
}

/** What becomes of a size: a number of the known, `name` of the free. */
export function derived(
  sizes: Sizes,
  size: number,
  value: (size: number) => number,
  name: (size: string) => string
): number {
  if (size >= 0) return value(size)
  const free = sizes.nameOf(size)
  return free === undefined ? DYNAMIC : sizes.named(name(free))
}

export const multiple = (sizes: Sizes, size: number, factor: number): number =>
  derived(
    sizes,
    size,
    (known) => known * factor,
    (free) => `${factor}*${free}`
  )

/** The product of all sizes; −1 when one of them is unknown. */
export const elementCount = (shape: Shape): number =>
  shape.some((size) => size < 0) ? DYNAMIC : shape.reduce((product, size) => product * size, 1)

/** ONNX Reshape's rule: 0 keeps the size at that place, −1 is what remains. Without `sizes`, a free size is then unknown. */
export function resolveReshape(from: Shape, to: Shape, sizes?: Sizes): Shape {
  const kept = to.map((size, i) => (size === 0 ? (from[i] ?? DYNAMIC) : size))
  const inferred = to.indexOf(-1)
  if (inferred < 0) return kept
  return kept.with(
    inferred,
    quotient(
      from,
      kept.filter((_, i) => i !== inferred),
      sizes
    )
  )
}

/** The product of `whole` over that of `divisors`: free sizes cancel each other by name, and those left are one of their own. */
function quotient(whole: Shape, divisors: Shape, sizes: Sizes | undefined): number {
  const free = whole.filter((size) => size < 0)
  for (const divisor of divisors.filter((size) => size < 0)) {
    const at = free.indexOf(divisor)
    if (at < 0) return DYNAMIC
    free.splice(at, 1)
  }
  const known = (shape: Shape): number => elementCount(shape.filter((size) => size >= 0))
  const factor = known(whole) / known(divisors)
  if (free.length === 0) return factor
  const [first = DYNAMIC] = free
  if (free.length === 1 && factor === 1) return first
  const names = free.map((size) => sizes?.nameOf(size))
  if (sizes === undefined || names.includes(undefined)) return DYNAMIC
  return sizes.named([...(factor === 1 ? [] : [factor]), ...names.toSorted()].join('*'))
}

/** NumPy's broadcasting rule. Of two free sizes it is not known which one is 1. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  const at = (shape: Shape, i: number): number => shape[i - rank + shape.length] ?? 1
  return Array.from({ length: rank }, (_, i) => {
    const [left, right] = [at(a, i), at(b, i)]
    if (left === right || right === 1) return left
    return left === 1 || right >= 0 ? right : left >= 0 ? left : DYNAMIC
  })
}

/** A convolution's window along one axis. */
export interface Stride {
  readonly kernel: number
  readonly stride: number
  /** Of both ends together. */
  readonly padding: number
}

/** A convolution's output size along one axis. */
export function convolved(sizes: Sizes, size: number, { kernel, stride, padding }: Stride): number {
  if (stride === 1 && padding === kernel - 1) return size
  const length = (known: number): number => Math.floor((known + padding - kernel) / stride) + 1
  return derived(sizes, size, length, (free) => `((${free}+${padding}-${kernel})/${stride}+1)`)
}
