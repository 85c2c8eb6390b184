import { fromLab, toLab, type Triple } from './lab.ts'
import type { Gray, Rgba } from './pixels.ts'

/** With fewer unmasked pixels their statistics say nothing. */
const FEWEST = 256
/** Contrast changes by no more than this either way: a flat background is no reason to flatten an object. */
const MOST_CONTRAST = 1.25

/**
 * `generated` with the colours of `original`: in L*a*b* each channel gets the mean and deviation that the original has
 * (Reinhard et al. 2001). Both are measured where `mask` is 0 and the original is opaque, which is where both show the same.
 */
export function matchColors(generated: Rgba, original: Rgba, mask: Gray): Rgba {
  const isShared = (i: number): boolean => mask.data[i] === 0 && original.data[4 * i + 3] === 255
  const from = statistics(generated, isShared)
  const to = statistics(original, isShared)
  if (from.count < FEWEST) return generated
  const gains = from.deviation.map((deviation, c) => gain(deviation, to.deviation[c]!))
  const data = Uint8ClampedArray.from(generated.data)
  const moved = (value: number, c: number): number => (value - from.mean[c]!) * gains[c]! + to.mean[c]!
  for (let i = 0; i < data.length; i += 4) {
    const [lightness, a, b] = toLab(data[i]!, data[i + 1]!, data[i + 2]!)
    data.set(fromLab(moved(lightness, 0), moved(a, 1), moved(b, 2)), i)
  }
  return { ...generated, data }
}

const gain = (from: number, to: number): number =>
  from < 1e-3 ? 1 : Math.min(Math.max(to / from, 1 / MOST_CONTRAST), MOST_CONTRAST)

interface Statistics {
  readonly count: number
  readonly mean: Triple
  readonly deviation: Triple
}

function statistics({ data }: Rgba, counts: (pixel: number) => boolean): Statistics {
  const sum: Triple = [0, 0, 0]
  const squares: Triple = [0, 0, 0]
  let count = 0
  for (let i = 0; 4 * i < data.length; i++) {
    if (!counts(i)) continue
    count++
    const lab = toLab(data[4 * i]!, data[4 * i + 1]!, data[4 * i + 2]!)
    for (let c = 0; c < 3; c++) {
      sum[c]! += lab[c]!
      squares[c]! += lab[c]! ** 2
    }
  }
  const mean = (c: 0 | 1 | 2): number => sum[c] / count
  const deviation = (c: 0 | 1 | 2): number => Math.sqrt(Math.max(0, squares[c] / count - mean(c) ** 2))
  return { count, mean: [mean(0), mean(1), mean(2)], deviation: [deviation(0), deviation(1), deviation(2)] }
}
