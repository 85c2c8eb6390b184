import { canMeasureMemory, pictureMemory } from '../support/peak-memory.ts'
import type { Figure } from './figure.ts'

const megabyte = 2 ** 20
/** As much as there could be, and as little as still does. */
const limits = [8192, 2048, 1024, 768]

/** How much memory a picture takes at its most under several limits. */
export async function memoryFigures(checkpoint: string): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const limit of canMeasureMemory ? limits : []) {
    const { peak, seconds } = await pictureMemory({ checkpoint, side: 256, memoryBytes: limit * megabyte })
    figures.push(
      {
        name: `--memory ${limit}MB: peak of what it wrote itself`,
        value: peak / megabyte,
        unit: 'MB',
        goal: limit
      },
      { name: `--memory ${limit}MB: two steps`, value: seconds, unit: 's' }
    )
  }
  return figures
}
