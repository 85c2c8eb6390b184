import { expect, test } from 'vitest'
import type { Network } from '../../../bridge-server/annotate/annotator.ts'
import { makeMap } from '../../../bridge-server/annotate/make-map.ts'
import { remembering } from '../../../bridge-server/annotate/remember.ts'
import type { Rgba } from '../../../bridge-server/image/pixels.ts'

const paint = (value: number): Rgba => ({ width: 8, height: 8, data: new Uint8ClampedArray(256).fill(value) })

function counted() {
  const calls: string[] = []
  const networkOf =
    (name: string): Network =>
    ({ dims: [, , h = 0, w = 0] }) => {
      calls.push(name)
      return Promise.resolve([{ data: new Float32Array(h * w).fill(0.6), dims: [1, 1, h, w] }])
    }
  const networks = { hed: networkOf('hed'), replaced: networkOf('replaced') }
  let now: keyof typeof networks = 'hed'
  return { calls, open: remembering(() => Promise.resolve(networks[now])), replace: () => (now = 'replaced') }
}

test('another value of a slider asks no network again, another picture or another file does', async () => {
  const { calls, open, replace } = counted()
  const map = (levels: number, value = 9) =>
    makeMap(paint(value), { annotator: 'softedge', parameters: { levels } }, open)
  const [all, few] = [await map(0), await map(1)]
  expect([all.data[0], few.data[0], calls]).toEqual([153, 255, ['hed']])
  await map(1, 10)
  expect(calls).toEqual(['hed', 'hed'])
  replace()
  await map(1, 10)
  expect(calls).toEqual(['hed', 'hed', 'replaced'])
})
