import path from 'node:path'

import { generate } from '../../../bridge-server/pipeline/generate.ts'
import { acceleratorTarget, type Device } from '../../../bridge-server/runtime/device.ts'
import type { Models } from '../../../bridge-server/runtime/model.ts'
import { createModels } from '../../../bridge-server/runtime/models.ts'
import type { Tensor } from '../../../bridge-server/tensor/tensor.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { aRequest } from '../../support/bridge.ts'
import { readRecorded, relativeError } from './recorded.ts'

/**
 * Runs pocket on WebGPU, with `fp16` as its argument in half precision, and prints, as JSON, how far its text encoder and UNet are off
 * PyTorch, and its autoencoder and a whole picture off the CPU's float32. A process of its own: the loader of Vulkan is found at its start.
 */
export interface WebgpuErrors {
  readonly text: number
  readonly unet: number
  readonly encoded: number
  readonly decoded: number
  /** Of a whole picture: the largest and the mean difference between its bytes and the CPU's. */
  readonly picture: { readonly most: number; readonly mean: number; readonly deviation: number }
  /** The precision of each network that was open on WebGPU. */
  readonly precisions: Readonly<Record<string, string>>
}

const root = path.resolve(import.meta.dirname, '../../..')
const webgpu: Device = {
  provider: 'webgpu',
  target: acceleratorTarget('plain'),
  half: process.argv[2] === 'fp16'
}
const [onWebgpu, onCpu] = [webgpu, 'cpu' as const].map((device) =>
  createModels({ find: () => openCheckpoint(path.join(root, 'models/pocket')), device, memoryBytes: 2 ** 32 })
) as [Models, Models]

const wave = (dims: readonly number[]): Tensor => ({
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 0.37)),
  dims
})

const [model, reference] = [await onWebgpu.open('pocket'), await onCpu.open('pocket')]
const recorded = readRecorded(path.join(root, 'tests/fixtures/pocket/pocket.safetensors'))
const text = await model.textEncoders[0]!.encode(recorded.ids('text.ids'))
const out = await model.unet({
  x: recorded.tensor('unet.1.x'),
  timesteps: recorded.tensor('unet.1.timesteps').data,
  context: recorded.tensor('unet.1.context')
})
const [image, latents] = [wave([1, 3, 64, 64]), wave([1, 4, 8, 8])]

/** Two steps with guidance, from the prompt to bytes. */
async function picture(models: Models): Promise<Uint8Array | Uint8ClampedArray> {
  const sampling = { sampler: 'euler', schedule: 'karras', steps: 2, guidance: 3, seed: 1 } as const
  const { signal } = new AbortController()
  const nobody = { onProgress: () => undefined, onPreview: () => undefined }
  const request = aRequest({ sampling, workingSize: { width: 64, height: 64 } })
  const { variations } = await generate(request, { controls: [], controlMasks: [] }, models, {
    signal,
    ...nobody
  })
  return variations[0]!.pixels.data
}

function difference(a: ArrayLike<number>, b: ArrayLike<number>): WebgpuErrors['picture'] {
  const values = Array.from(b)
  const off = values.map((value, i) => Math.abs(value - (a[i] ?? NaN)))
  const meanOf = (list: readonly number[]): number => list.reduce((sum, v) => sum + v, 0) / list.length
  const mean = meanOf(values)
  return {
    most: off.reduce((most, v) => Math.max(most, v), 0),
    mean: meanOf(off),
    deviation: Math.sqrt(meanOf(values.map((v) => (v - mean) ** 2)))
  }
}

const shown = difference(await picture(onWebgpu), await picture(onCpu))
const errors: WebgpuErrors = {
  text: relativeError(text.hidden, recorded.tensor('text.last')),
  unet: relativeError(out, recorded.tensor('unet.1.out')),
  encoded: relativeError(await model.encode(image), await reference.encode(image)),
  decoded: relativeError(await model.decode(latents), await reference.decode(latents)),
  picture: shown,
  precisions: Object.fromEntries(
    onWebgpu.memory().networks.map(({ network, device, precision }) => [network, `${device} ${precision}`])
  )
}
process.stdout.write(JSON.stringify(errors))
await Promise.all([onWebgpu.release(), onCpu.release()])
