import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

interface Tensor {
  readonly dtype: 'F16' | 'F32'
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

type Tensors = Readonly<Record<string, Tensor>>

const pocket = path.resolve(import.meta.dirname, '../../models/pocket')
const context = 128

/**
 * Writes extensions that fit the pocket model into a folder: a ControlNet of the UNet's own first half whose outputs are noise, a
 * LoRA of noise with a trigger word, an embedding, and a LoRA of another family. They change pictures, and teach nothing.
 */
export function writePocketExtras(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const unet = readTensors(path.join(pocket, 'unet/diffusion_pytorch_model.safetensors'))
  const write = (name: string, tensors: Tensors, metadata = {}): void =>
    writeFileSync(path.join(folder, `${name}.safetensors`), fileOf(tensors, metadata))
  write('pocket-canny', controlNet(unet))
  write('pocket-ink', lora('mid_block_attentions_0_transformer_blocks_0_attn2', 192, context), {
    'modelspec.trigger_phrase': 'ink drawing, wash'
  })
  write('big-style', lora('down_blocks_1_attentions_0_transformer_blocks_0_attn2', 640, 2048))
  write('pocket-fox', { emb_params: noise([3, context], 0.05) })
}

/** Writes a union of ControlNets of six kinds of maps for the pocket model, of noise too. */
export function writePocketUnion(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const [kinds, width, embedded] = [6, 64, 256]
  const attention = 'transformer_layes.0.attn'
  const union = {
    ...controlNet(readTensors(path.join(pocket, 'unet/diffusion_pytorch_model.safetensors'))),
    task_embedding: noise([kinds, width], 1),
    ...linear('control_add_embedding.linear_1', kinds * 256, embedded),
    ...linear('control_add_embedding.linear_2', embedded, embedded),
    [`${attention}.in_proj_weight`]: noise([3 * width, width], 1 / Math.sqrt(width)),
    [`${attention}.in_proj_bias`]: noise([3 * width], 0),
    ...linear(`${attention}.out_proj`, width, width),
    ...layerNorm('transformer_layes.0.ln_1', width),
    ...layerNorm('transformer_layes.0.ln_2', width),
    ...linear('transformer_layes.0.mlp.c_fc', width, 4 * width),
    ...linear('transformer_layes.0.mlp.c_proj', 4 * width, width),
    ...linear('spatial_ch_projs', width, width)
  }
  writeFileSync(path.join(folder, 'pocket-union.safetensors'), fileOf(union, {}))
}

function controlNet(unet: Tensors): Tensors {
  const own = Object.entries(unet).filter(([name]) => /^(time_embedding|down_blocks|mid_block)\./.test(name))
  const entry = unet['conv_in.weight']!
  const perInput = 9 * 2
  const plain = Buffer.concat(
    Array.from({ length: entry.shape[0]! }, (_, row) =>
      entry.data.subarray(row * 9 * perInput, (row * 9 + 4) * perInput)
    )
  )
  const hints = [3, 16, 32, 96, 256, 64]
  const blocks = [
    [16, 16],
    [16, 32],
    [32, 32],
    [32, 96],
    [96, 96],
    [96, 256]
  ]
  // One behind the entry, each block of the UNet's first half and each step down.
  const zeroConvs = [64, 64, 64, 128, 128, 192]
  return {
    ...Object.fromEntries(own),
    'conv_in.weight': { dtype: 'F16', shape: [entry.shape[0]!, 4, 3, 3], data: plain },
    'conv_in.bias': unet['conv_in.bias']!,
    ...convolution('controlnet_cond_embedding.conv_in', hints[0]!, 16, 3),
    ...together(
      blocks.map(([from, to], i) => convolution(`controlnet_cond_embedding.blocks.${i}`, from!, to!, 3))
    ),
    ...convolution('controlnet_cond_embedding.conv_out', 256, 64, 3),
    ...together(zeroConvs.map((n, i) => convolution(`controlnet_down_blocks.${i}`, n, n, 1))),
    ...convolution('controlnet_mid_block', 192, 192, 1)
  }
}

const together = (parts: readonly Tensors[]): Tensors =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part)))

const convolution = (name: string, from: number, to: number, side: number): Tensors => ({
  [`${name}.weight`]: noise([to, from, side, side], 1 / Math.sqrt(from * side * side)),
  [`${name}.bias`]: noise([to], 0)
})

const linear = (name: string, from: number, to: number): Tensors => ({
  [`${name}.weight`]: noise([to, from], 1 / Math.sqrt(from)),
  [`${name}.bias`]: noise([to], 0)
})

const layerNorm = (name: string, width: number): Tensors => ({
  [`${name}.weight`]: noise([width], 1),
  [`${name}.bias`]: noise([width], 0)
})

const lora = (layer: string, width: number, text: number): Tensors => ({
  [`lora_unet_${layer}_to_k.lora_down.weight`]: noise([2, text], 1),
  [`lora_unet_${layer}_to_k.lora_up.weight`]: noise([width, 2], 1),
  [`lora_unet_${layer}_to_v.lora_down.weight`]: noise([2, text], 1),
  [`lora_unet_${layer}_to_v.lora_up.weight`]: noise([width, 2], 1)
})

/** Evenly spread between ±scale, the same in every run. */
function noise(shape: readonly number[], scale: number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1)
  let state = count >>> 0
  const data = Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return scale * (state / 2 ** 31 - 1)
  })
  return { dtype: 'F32', shape, data: new Uint8Array(data.buffer) }
}

function readTensors(file: string): Tensors {
  const bytes = readFileSync(file)
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: 'F16'; shape: number[]; data_offsets: [number, number] }
  >
  delete header.__metadata__
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to]
        }
      ]) => [name, { dtype, shape, data: bytes.subarray(start + from, start + to) }]
    )
  )
}

function fileOf(tensors: Tensors, metadata: Readonly<Record<string, string>>): Buffer {
  let end = 0
  const header: Record<string, unknown> = { __metadata__: metadata }
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + data.length] }
    end += data.length
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, ...Object.values(tensors).map(({ data }) => data)])
}
