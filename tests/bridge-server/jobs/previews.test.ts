import { expect, it } from 'vitest'
import { createPreviews } from '../../../bridge-server/jobs/previews.ts'

it('has the latest previews of each variation for who still asks for them, until the job ends', () => {
  const previews = createPreviews()
  const put = (variation: number, shade: number): string =>
    previews.put(7, {
      ...{ variation, area: { x: 0, y: 0, width: 1, height: 1 }, width: 1, height: 1 },
      bytes: new Uint8Array([shade, 0, 0, 255])
    }).blob
  const other = put(1, 200)
  const [first, ...later] = [1, 2, 3, 4].map((shade) => put(0, shade))
  expect(previews.get(7, first!)).toBeNull()
  for (const blob of [...later, other]) expect(previews.get(7, blob)?.image.blob).toBe(blob)
  expect(previews.get(8, other)).toBeNull()
  previews.drop(7)
  expect(previews.get(7, other)).toBeNull()
})
