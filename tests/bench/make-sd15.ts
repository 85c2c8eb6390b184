import { closeSync, openSync, writeSync } from 'node:fs'

/**
 * `make-sd15.ts FILE [UNET [VAE [LAYERS]]]`: a checkpoint with the names and shapes of Stable Diffusion 1.5 and small random float16
 * weights; with numbers one whose UNet, VAE and text encoder have so many channels, and layers, instead of 320, 128 and 12.
 */
const [file, unetWidth = '320', vaeWidth = '128', textLayers = '12'] = process.argv.slice(2)
if (file === undefined) throw new Error('Which file?')

const tensors = new Map<string, readonly number[]>()
const put = (name: string, ...shape: number[]) => tensors.set(name, shape)
const affine = (name: string, out: number, ...rest: number[]) => {
  put(`${name}.weight`, out, ...rest)
  put(`${name}.bias`, out)
}
const conv = (name: string, from: number, to: number, size = 3) => affine(name, to, from, size, size)

function unet(prefix: string, width: number, context: number) {
  const time = width * 4
  const resnet = (name: string, from: number, to: number) => {
    affine(`${name}.in_layers.0`, from)
    conv(`${name}.in_layers.2`, from, to)
    affine(`${name}.emb_layers.1`, to, time)
    affine(`${name}.out_layers.0`, to)
    conv(`${name}.out_layers.3`, to, to)
    if (from !== to) conv(`${name}.skip_connection`, from, to, 1)
  }
  const attention = (name: string, c: number) => {
    affine(`${name}.norm`, c)
    conv(`${name}.proj_in`, c, c, 1)
    const block = `${name}.transformer_blocks.0`
    for (const [at, width] of [
      ['attn1', c],
      ['attn2', context]
    ] as const) {
      put(`${block}.${at}.to_q.weight`, c, c)
      put(`${block}.${at}.to_k.weight`, c, width)
      put(`${block}.${at}.to_v.weight`, c, width)
      affine(`${block}.${at}.to_out.0`, c, c)
    }
    affine(`${block}.ff.net.0.proj`, c * 8, c)
    affine(`${block}.ff.net.2`, c, c * 4)
    for (const norm of ['norm1', 'norm2', 'norm3']) affine(`${block}.${norm}`, c)
    conv(`${name}.proj_out`, c, c, 1)
  }
  affine(`${prefix}time_embed.0`, time, width)
  affine(`${prefix}time_embed.2`, time, time)
  conv(`${prefix}input_blocks.0.0`, 4, width)
  const levels = [1, 2, 4, 4].map((factor) => factor * width)
  const skips = [width]
  let channels = width
  let index = 1
  levels.forEach((level, at) => {
    for (let i = 0; i < 2; i++, index++) {
      resnet(`${prefix}input_blocks.${index}.0`, channels, level)
      if (at < 3) attention(`${prefix}input_blocks.${index}.1`, level)
      channels = level
      skips.push(level)
    }
    if (at === 3) return
    conv(`${prefix}input_blocks.${index++}.0.op`, level, level)
    skips.push(level)
  })
  resnet(`${prefix}middle_block.0`, channels, channels)
  attention(`${prefix}middle_block.1`, channels)
  resnet(`${prefix}middle_block.2`, channels, channels)
  levels.toReversed().forEach((level, at) => {
    for (let i = 0; i < 3; i++) {
      const name = `${prefix}output_blocks.${at * 3 + i}`
      resnet(`${name}.0`, channels + (skips.pop() ?? 0), level)
      if (at > 0) attention(`${name}.1`, level)
      channels = level
      if (i === 2 && at < 3) conv(`${name}.${at > 0 ? 2 : 1}.conv`, level, level)
    }
  })
  affine(`${prefix}out.0`, width)
  conv(`${prefix}out.2`, width, 4)
}

function vae(prefix: string, width: number) {
  const levels = [1, 2, 4, 4].map((factor) => factor * width)
  const resnet = (name: string, from: number, to: number) => {
    affine(`${name}.norm1`, from)
    conv(`${name}.conv1`, from, to)
    affine(`${name}.norm2`, to)
    conv(`${name}.conv2`, to, to)
    if (from !== to) conv(`${name}.nin_shortcut`, from, to, 1)
  }
  const middle = (name: string, c: number) => {
    resnet(`${name}.block_1`, c, c)
    affine(`${name}.attn_1.norm`, c)
    for (const part of ['q', 'k', 'v', 'proj_out']) conv(`${name}.attn_1.${part}`, c, c, 1)
    resnet(`${name}.block_2`, c, c)
  }
  const top = width * 4
  let channels = width
  conv(`${prefix}encoder.conv_in`, 3, width)
  levels.forEach((level, at) => {
    for (let i = 0; i < 2; i++, channels = level)
      resnet(`${prefix}encoder.down.${at}.block.${i}`, channels, level)
    if (at < 3) conv(`${prefix}encoder.down.${at}.downsample.conv`, level, level)
  })
  middle(`${prefix}encoder.mid`, top)
  affine(`${prefix}encoder.norm_out`, top)
  conv(`${prefix}encoder.conv_out`, top, 8)
  conv(`${prefix}decoder.conv_in`, 4, top)
  middle(`${prefix}decoder.mid`, top)
  for (const at of [3, 2, 1, 0]) {
    const level = levels[at] ?? width
    for (let i = 0; i < 3; i++, channels = level)
      resnet(`${prefix}decoder.up.${at}.block.${i}`, channels, level)
    if (at > 0) conv(`${prefix}decoder.up.${at}.upsample.conv`, level, level)
  }
  affine(`${prefix}decoder.norm_out`, width)
  conv(`${prefix}decoder.conv_out`, width, 3)
  conv(`${prefix}quant_conv`, 8, 8, 1)
  conv(`${prefix}post_quant_conv`, 4, 4, 1)
}

function clip(prefix: string, width: number, layers: number) {
  put(`${prefix}embeddings.token_embedding.weight`, 49408, width)
  put(`${prefix}embeddings.position_embedding.weight`, 77, width)
  for (let i = 0; i < layers; i++) {
    const layer = `${prefix}encoder.layers.${i}`
    for (const part of ['q_proj', 'k_proj', 'v_proj', 'out_proj'])
      affine(`${layer}.self_attn.${part}`, width, width)
    affine(`${layer}.layer_norm1`, width)
    affine(`${layer}.mlp.fc1`, width * 4, width)
    affine(`${layer}.mlp.fc2`, width, width * 4)
    affine(`${layer}.layer_norm2`, width)
  }
  affine(`${prefix}final_layer_norm`, width)
}

clip('cond_stage_model.transformer.text_model.', 768, Number(textLayers))
vae('first_stage_model.', Number(vaeWidth))
unet('model.diffusion_model.', Number(unetWidth), 768)

let offset = 0
const header: Record<string, unknown> = {}
for (const [name, shape] of tensors) {
  const bytes = shape.reduce((product, d) => product * d, 2)
  header[name] = { dtype: 'F16', shape, data_offsets: [offset, offset + bytes] }
  offset += bytes
}
const json = Buffer.from(JSON.stringify(header))
const length = Buffer.alloc(8)
length.writeBigUInt64LE(BigInt(json.length))
const out = openSync(file, 'w')
writeSync(out, length)
writeSync(out, json)
// Signs and mantissas are random, exponents keep the weights within about ±0.03, so that no activation overflows.
const noise = new Uint16Array(8 << 20)
let state = 1
for (let i = 0; i < noise.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  noise[i] = ((state >>> 16) & 0x83ff) | ((((state >>> 8) & 1) + 9) << 10)
}
const block = Buffer.from(noise.buffer)
for (let left = offset; left > 0; left -= block.length) writeSync(out, block, 0, Math.min(left, block.length))
closeSync(out)
