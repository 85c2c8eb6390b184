const f32 = Math.fround

/**
 * `torch.linspace(start, end, count)` in float32: up from the start in the first half and down from the end in the second,
 * rounded once after a fused multiply-add. Brownian noise depends on the last bit of a sigma.
 */
export function linspace(start: number, end: number, count: number): number[] {
  if (count === 1) return [f32(start)]
  const [first, last] = [f32(start), f32(end)]
  const half = Math.floor(count / 2)
  const step = f32(f32(last - first) / (count - 1))
  return Array.from({ length: count }, (_, i) =>
    i < half ? f32(first + step * i) : f32(last - step * (count - 1 - i))
  )
}
