import { AppError } from '../../errors.ts'
import type { Weight, WeightSource } from '../../graph/weight.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { diffusersPaths } from './diffusers-paths.ts'
import type { FittedLora, LayerSize, Lora, LoraLayer, LoraPart } from './extension.ts'

/** A model's layers by the names LoRA files use. */
interface Layers {
  readonly paths: ReadonlyMap<string, string>
  readonly weights: WeightSource
}

/** What of a checkpoint tells whether a LoRA fits. */
interface Model {
  readonly unet: { readonly weights: WeightSource }
  readonly textEncoders: readonly { readonly weights: WeightSource }[]
  readonly info: Pick<Checkpoint['info'], 'family' | 'name'>
}

interface Wanted {
  /** What messages call the LoRA. */
  readonly name: string
  /** How many ranks are used at most; null: all. */
  readonly rank?: number | null
}

/**
 * Finds the layers that a LoRA changes.
 * Throws AppError 'model-unsupported' where a layer is not in the model or has another size.
 */
export function fitLora(
  lora: Pick<Lora, 'layers'>,
  checkpoint: Model,
  { name, rank = null }: Wanted
): FittedLora {
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
          `its ${path} changes a layer of ${shown(layer.size)}, and the model’s has ${shown(sizeOf(weight))}`
        )
      found.set(own, rank === null ? layer : { ...layer, rank })
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

/** Tables of embeddings are no layers. */
const textLayers = (weights: WeightSource): Layers => ({
  paths: new Map(
    modulesOf(weights)
      .filter((path) => !path.startsWith('text_model.embeddings.'))
      .map((path) => [underscored(path.replace(/^text_model\./, '')), path])
  ),
  weights
})

/** A linear layer and a 1×1 convolution are the same. Only differences change norms, whose weights are one for each channel. */
function fits({ kind, size }: LoraLayer, weight: Weight): boolean {
  const { outputs, each } = sizeOf(weight)
  return (
    (weight.shape.length > 1 || kind === 'full') &&
    (size.outputs === null || size.outputs === outputs) &&
    (size.each === null || size.each === each) &&
    (size.inputs === undefined || size.inputs === weight.shape[1])
  )
}

const sizeOf = ({ shape: [outputs = 0, ...rest] }: Weight): { outputs: number; each: number } => ({
  outputs,
  each: rest.reduce((product, size) => product * size, 1)
})

const shown = ({ outputs, each, inputs }: LayerSize): string =>
  each !== null
    ? `${each} × ${outputs} weights`
    : outputs !== null
      ? `${outputs} outputs`
      : `${inputs} inputs`

const misfit = ({ info }: Model, name: string, problem: string): AppError =>
  new AppError('model-unsupported', {
    message: `The LoRA “${name}” does not fit “${info.name}”: ${problem}.`,
    hint: 'It was made for another family of models; choose one that suits, or take it out of the prompt.'
  })
