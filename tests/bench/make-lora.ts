import { open } from 'node:fs/promises'
import type { WeightSource } from '../../bridge-server/graph/weight.ts'
import { createTorchGenerator } from '../../bridge-server/tensor/torch-random.ts'
import { writeSafetensors, type TensorToWrite } from '../../bridge-server/weights/write-safetensors.ts'

export const loraKinds = ['lora', 'loha'] as const
type Kind = (typeof loraKinds)[number]

const RANK = 16

/** A file of random numbers, small ones, that changes every linear layer and convolution of a UNet. */
export async function writeLora(file: string, kind: Kind, unet: WeightSource): Promise<void> {
  const random = createTorchGenerator(2)
  const noise = (name: string, ...shape: number[]): TensorToWrite => {
    const count = shape.reduce((product, size) => product * size, 1)
    const read = () => Promise.resolve(Buffer.from(random.randn(count).map((value) => 0.01 * value).buffer))
    return { name, dtype: 'f32', shape, length: 4 * count, read }
  }
  const tensors = unet.names.flatMap((name) => {
    const [out = 0, inputs = 0, ...kernel] = unet.get(name)?.shape ?? []
    if (!name.endsWith('.weight') || inputs === 0) return []
    const path = `lora_unet_${name.slice(0, -'.weight'.length).replaceAll('.', '_')}`
    if (kind === 'lora')
      return [
        noise(`${path}.lora_down.weight`, RANK, inputs, ...kernel),
        noise(`${path}.lora_up.weight`, out, RANK, ...kernel.map(() => 1))
      ]
    const each = kernel.reduce((product, size) => product * size, inputs)
    return [1, 2].flatMap((i) => [
      noise(`${path}.hada_w${i}_a`, out, RANK),
      noise(`${path}.hada_w${i}_b`, RANK, each)
    ])
  })
  const handle = await open(file, 'w')
  await writeSafetensors(handle, tensors)
  await handle.close()
}
