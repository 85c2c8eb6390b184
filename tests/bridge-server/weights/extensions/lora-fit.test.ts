import { expect, test } from 'vitest'
import type { Weight } from '../../../../bridge-server/graph/weight.ts'
import { fitLora } from '../../../../bridge-server/weights/extensions/lora-fit.ts'
import { layerOf } from '../../../../bridge-server/weights/extensions/lora-layer.ts'
import { weightSource } from '../../../../bridge-server/weights/tensor-table.ts'

// A layer of SD 1's and what an adaptation of XL's layer of the same name holds: a model of the wrong family says which numbers differ.

type Shapes = Readonly<Record<string, readonly number[]>>
const tensors = (shapes: Shapes): ReadonlyMap<string, Weight> =>
  new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { dtype: 'f16', shape, file: '/x.safetensors', offset: 0, length: 0 }
    ])
  )

const attention = 'input_blocks.4.1.transformer_blocks.0.attn2.to_k'
const convolution = 'input_blocks.4.0.in_layers.2'
const model = {
  unet: {
    weights: weightSource(
      tensors({ [`${attention}.weight`]: [640, 768], [`${convolution}.weight`]: [640, 320, 3, 3] })
    )
  },
  textEncoders: [],
  info: { family: 'sd1', name: 'Photos' }
} as const

function fit(path: string, shapes: Shapes, isOnInput = false) {
  const key = path.replaceAll('.', '_')
  const layer = layerOf(tensors(shapes), { file: '/x.safetensors', path: key, alpha: null, isOnInput })
  return fitLora({ layers: new Map([['unet', new Map([[key, layer]])]]) }, model, { name: 'Style' })
}

const cases: readonly (readonly [string, Shapes, Shapes, RegExp])[] = [
  [
    'LoRA',
    { 'down.weight': [4, 768], 'up.weight': [640, 4] },
    { 'down.weight': [4, 2048], 'up.weight': [640, 4] },
    /2048 × 640 weights/
  ],
  [
    'LoHa',
    { hada_w1_a: [640, 4], hada_w1_b: [4, 768], hada_w2_a: [640, 4], hada_w2_b: [4, 768] },
    { hada_w1_a: [640, 4], hada_w1_b: [4, 2048], hada_w2_a: [640, 4], hada_w2_b: [4, 2048] },
    /2048 × 640 weights/
  ],
  [
    'LoKr',
    { lokr_w1: [16, 16], lokr_w2: [40, 48] },
    { lokr_w1: [16, 16], lokr_w2: [40, 128] },
    /2048 × 640 weights/
  ],
  [
    'GLoRA',
    { 'a1.weight': [768, 4], 'a2.weight': [4, 768], 'b1.weight': [640, 4], 'b2.weight': [4, 768] },
    { 'a1.weight': [2048, 4], 'a2.weight': [4, 2048], 'b1.weight': [640, 4], 'b2.weight': [4, 2048] },
    /2048 × 640 weights/
  ],
  [
    'GLoRA in its first names',
    { 'a1.weight': [4, 768], 'a2.weight': [768, 4], 'b1.weight': [4, 768], 'b2.weight': [640, 4] },
    { 'a1.weight': [4, 2048], 'a2.weight': [2048, 4], 'b1.weight': [4, 2048], 'b2.weight': [640, 4] },
    /2048 × 640 weights/
  ],
  ['OFT', { r: [4, 160, 160] }, { r: [4, 320, 320] }, /1280 outputs/],
  ['BOFT', { r: [2, 40, 16, 16] }, { r: [2, 80, 16, 16] }, /1280 outputs/],
  ['IA³ of outputs', { weight: [640] }, { weight: [1280] }, /1280 outputs/],
  ['full difference', { diff: [640, 768] }, { diff: [640, 2048] }, /2048 × 640 weights/]
]

test.each(cases)('%s', (_, own, foreign, numbers) => {
  expect(fit(attention, own).unet.size).toBe(1)
  const refusal = expect.objectContaining({ code: 'model-unsupported' }) as Error
  expect(() => fit(attention, foreign)).toThrow(refusal)
  expect(() => fit(attention, foreign)).toThrow(/LoRA “Style” does not fit “Photos”: its input_blocks_4_1/)
  expect(() => fit(attention, foreign)).toThrow(numbers)
  expect(() => fit(attention, foreign)).toThrow(/and the model’s has 768 × 640 weights/)
})

test('IA³ of inputs', () => {
  const shapes = (inputs: number): Shapes => ({ weight: [1, inputs], on_input: [] })
  expect(fit(attention, shapes(768), true).unet.size).toBe(1)
  expect(() => fit(attention, shapes(2048), true)).toThrow(/changes a layer of 2048 inputs/)
})

test('GLoRA of a convolution, with a Tucker core or without', () => {
  const ends = { 'a1.weight': [320, 4], 'a2.weight': [4, 320], 'b1.weight': [640, 4] }
  expect(fit(convolution, { ...ends, 'b2.weight': [4, 320, 3, 3] }).unet.size).toBe(1)
  expect(fit(convolution, { ...ends, 'b2.weight': [4, 320], 'bm.weight': [4, 4, 3, 3] }).unet.size).toBe(1)
  expect(() => fit(convolution, { ...ends, 'b2.weight': [4, 320, 1, 1] })).toThrow(/320 × 640 weights/)
})

test('a layer that the model does not have is named', () => {
  expect(() => fit('input_blocks.4.1.transformer_blocks.9.attn2.to_k', { weight: [640] })).toThrow(
    /the model has no layer input_blocks_4_1_transformer_blocks_9_attn2_to_k/
  )
})
