import { benchBrush } from './brush.ts'
import type { Figure } from './figure.ts'

/** Prints the figures of the canvas brush as JSON; at 60 frames a second one frame has 16.7 ms. */
const figures: readonly Figure[] = benchBrush().flatMap(({ brush, median, slow }) => [
  {
    name: `brush of ${brush} px, a frame's painting, median`,
    value: median,
    unit: 'ms' as const,
    goal: 16.7
  },
  { name: `brush of ${brush} px, 95 of 100 frames`, value: slow, unit: 'ms' as const, goal: 16.7 }
])
process.stdout.write(JSON.stringify(figures))
