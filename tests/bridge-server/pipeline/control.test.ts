import { describe, expect, test } from 'vitest'
import { mapTensor, residualsOf, type GuidingControl } from '../../../bridge-server/pipeline/control.ts'
import type { ControlNet } from '../../../bridge-server/runtime/model.ts'
import { zeros, type Tensor } from '../../../bridge-server/tensor/tensor.ts'

const ones = (dims: readonly number[]): Tensor => {
  const { data } = zeros(dims)
  return { data: data.fill(1), dims }
}

/** Two residuals of ones for each picture of the batch. */
const net: ControlNet = {
  globalPool: false,
  kinds: [],
  hint: (map) => Promise.resolve(map),
  residuals: ({ x }) => Promise.resolve([ones([x.dims[0] ?? 0, 1, 2, 2]), ones([x.dims[0] ?? 0, 1, 1, 1])])
}

const control = (change: Partial<GuidingControl> = {}): GuidingControl => ({
  ...{ net, hint: zeros([1, 1, 2, 2]), mask: null, weight: 1, start: 0, end: 1, mode: 'balanced' },
  ...change
})

const call = (progress = 0.5) => ({
  x: zeros([2, 4, 2, 2]),
  timesteps: Float32Array.of(1, 1),
  context: zeros([2, 1, 1]),
  unconditional: [true, false],
  progress
})

const valuesOf = async (controls: readonly GuidingControl[], progress?: number) =>
  (await residualsOf(controls, call(progress)))?.map(({ data }) => [...data])

describe('residuals', () => {
  test('of several controls add up, each with its weight', async () => {
    const values = await valuesOf([control({ weight: 0.5 }), control({ weight: 0.25 })])
    expect(values).toEqual([new Array(8).fill(0.75), [0.75, 0.75]])
  })

  test('are none outside of start and end', async () => {
    const late = control({ start: 0.5, end: 0.75 })
    expect(await valuesOf([late], 0.4)).toBeUndefined()
    expect(await valuesOf([late], 0.8)).toBeUndefined()
    expect(await valuesOf([late], 0.5)).toBeDefined()
  })

  test('fade towards details where the prompt matters more', async () => {
    const [outer, middle] = (await residualsOf([control({ mode: 'prompt' })], call()))!
    expect(outer!.data[0]).toBeCloseTo(0.825)
    expect(middle!.data[0]).toBe(1)
  })

  test('leave the unconditional prediction alone where the map matters more', async () => {
    const values = await valuesOf([control({ mode: 'control' })])
    expect(values?.[1]).toEqual([0, 1])
  })

  test('are means over the picture for nets that were trained so', async () => {
    const uneven: ControlNet = {
      ...net,
      globalPool: true,
      residuals: () =>
        Promise.resolve([{ data: Float32Array.of(0, 0, 0, 0, 1, 2, 3, 6), dims: [2, 1, 2, 2] }])
    }
    expect(await valuesOf([control({ net: uneven })])).toEqual([[0, 0, 0, 0, 3, 3, 3, 3]])
  })
})

describe('a mask', () => {
  const grey = (values: readonly number[], width: number) => ({
    width,
    height: values.length / width,
    data: Uint8Array.from(values)
  })

  test('of 255 everywhere is none, to the bit', async () => {
    const weight = 1 / 3
    expect(await valuesOf([control({ weight, mask: grey(new Array<number>(15).fill(255), 5) })])).toEqual(
      await valuesOf([control({ weight })])
    )
  })

  test('of 0 everywhere leaves the control out, without a call', async () => {
    const refusing: ControlNet = { ...net, residuals: () => Promise.reject(new Error('called')) }
    expect(await valuesOf([control({ net: refusing, mask: grey([0, 0, 0, 0], 2) })])).toBeUndefined()
  })

  test('weighs each place of each level by its mean there', async () => {
    const values = await valuesOf([control({ mask: grey([255, 255, 0, 0, 255, 255, 51, 51], 4) })])
    const level = [1, 0, 1, 0.2].map((value) => expect.closeTo(value, 6) as number)
    const mean = expect.closeTo(0.55, 6) as number
    expect(values).toEqual([
      [...level, ...level],
      [mean, mean]
    ])
  })
})

describe('a map', () => {
  test('in grey is the same in all colours', () => {
    const map = { width: 2, height: 1, data: Uint8Array.of(0, 255) }
    expect([...mapTensor(map, { width: 2, height: 1 }).data]).toEqual([0, 1, 0, 1, 0, 1])
  })

  test('in colour lies on black', () => {
    const map = { width: 2, height: 1, data: Uint8ClampedArray.of(255, 0, 255, 255, 255, 255, 255, 0) }
    expect([...mapTensor(map, { width: 2, height: 1 }).data]).toEqual([1, 0, 0, 0, 1, 0])
  })
})
