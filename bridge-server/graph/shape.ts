/** Sizes of a symbolic tensor; −1 where a size is known only when the graph runs. */
export type Shape = readonly number[]

export const DYNAMIC = -1

/** The product of all sizes; −1 when one of them is unknown. */
export const elementCount = (shape: Shape): number =>
  shape.includes(DYNAMIC) ? DYNAMIC : shape.reduce((product, size) => product * size, 1)

/** ONNX Reshape's rule: 0 keeps the size at that place, −1 is what remains. Unknown sizes stay −1. */
export function resolveReshape(from: Shape, to: Shape): Shape {
  const kept = to.map((size, i) => (size === 0 ? (from[i] ?? DYNAMIC) : size))
  const inferred = to.indexOf(-1)
  const total = elementCount(from)
  const others = elementCount(kept.filter((_, i) => i !== inferred))
  if (inferred < 0 || total < 0 || others <= 0) return kept
  return kept.with(inferred, total / others)
}

/** NumPy's broadcasting rule. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  const at = (shape: Shape, i: number): number => shape[i - rank + shape.length] ?? 1
  return Array.from({ length: rank }, (_, i) => {
    const [left, right] = [at(a, i), at(b, i)]
    return left === 1 ? right : right === 1 ? left : Math.max(left, right)
  })
}

/** A convolution's output size along one axis. */
export const convolved = (size: number, kernel: number, stride: number, padding: number): number =>
  size < 0 ? DYNAMIC : Math.floor((size + padding - kernel) / stride) + 1
