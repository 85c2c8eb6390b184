import { AppError } from '../../errors.ts'
import type { Weight, WeightSource } from '../../graph/weight.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { diffusersPaths } from './diffusers-paths.ts'
import type { FittedLora, Lora, LoraLayer, LoraPart } from './extension.ts'

/** A model's layers by the names LoRA files use. */
interface Layers {
  readonly paths: ReadonlyMap<string, string>
  readonly weights: WeightSource
}

/**
 * Finds the layers that a LoRA changes. `name` is what messages call it.
 * Throws AppError 'model-unsupported' where a layer is not in the model or has another size.
 */
export function fitLora(lora: Lora, checkpoint: Checkpoint, name: string): FittedLora {
  const { unet, textEncoders, info } = checkpoint
  const isRefiner = info.family === 'sdxl-refiner'
  const texts = textEncoders.map(({ weights }) => textLayers(weights))
  const layersOf: Readonly<Record<LoraPart, Layers | undefined>> = {
    unet: unetLayers(unet.weights),
    text0: isRefiner ? undefined : texts[0],
    text1: isRefiner ? texts[0] : texts[1]
  }
  const fitted = (part: LoraPart): ReadonlyMap<string, LoraLayer> => {
    const found = new Map<string, LoraLayer>()
    for (const [path, layer] of lora.layers.get(part) ?? []) {
      const own = layersOf[part]?.paths.get(path)
      const weight = own === undefined ? undefined : layersOf[part]?.weights.get(`${own}.weight`)
      if (own === undefined || weight === undefined)
        throw misfit(checkpoint, name, `the model has no layer ${path}`)
      if (!fits(layer, weight))
        throw misfit(
          checkpoint,
          name,
          `its ${path} changes a layer of ${sizeOf(layer)}, and the model’s has ${weight.shape.slice(0, 2).toReversed().join(' → ')} channels`
        )
      found.set(own, layer)
    }
    return found
  }
  return {
    unet: fitted('unet'),
    texts: textEncoders.map((_, i) => fitted(isRefiner || i === 1 ? 'text1' : 'text0'))
  }
}

const modulesOf = ({ names }: WeightSource): readonly string[] =>
  names.flatMap((name) => (name.endsWith('.weight') ? [name.slice(0, -'.weight'.length)] : []))

const underscored = (path: string): string => path.replaceAll('.', '_')

function unetLayers(weights: WeightSource): Layers {
  const modules = modulesOf(weights)
  const paths = new Map(modules.map((path) => [underscored(path), path]))
  for (const [own, path] of diffusersPaths(modules)) paths.set(underscored(path), own)
  return { paths, weights }
}

const textLayers = (weights: WeightSource): Layers => ({
  paths: new Map(modulesOf(weights).map((path) => [underscored(path.replace(/^text_model\./, '')), path])),
  weights
})

function fits({ down, up, mid }: LoraLayer, weight: Weight): boolean {
  const [out, inputs, ...kernel] = weight.shape
  const own = (mid ?? down).shape.slice(2)
  return up.shape[0] === out && down.shape[1] === inputs && withoutOnes(own) === withoutOnes(kernel)
}

/** A linear layer and a 1×1 convolution are the same. */
const withoutOnes = (kernel: readonly number[]): string => kernel.filter((size) => size !== 1).join()

const sizeOf = ({ down, up }: LoraLayer): string => `${down.shape[1] ?? 0} → ${up.shape[0] ?? 0} channels`

const misfit = ({ info }: Checkpoint, name: string, problem: string): AppError =>
  new AppError('model-unsupported', {
    message: `The LoRA “${name}” does not fit “${info.name}”: ${problem}.`,
    hint: 'It was made for another family of models; choose one that suits, or take it out of the prompt.'
  })
