import { statSync } from 'node:fs'

import type { ModelInfo } from '../protocol/catalogue.ts'
import { alphasCumprodOf } from '../tensor/betas.ts'
import type { Checkpoint } from '../weights/checkpoint.ts'
import { openExtensions, type ExtensionLibrary } from '../weights/extensions/extension-library.ts'
import { createAnnotatorModel } from './annotators.ts'
import { guidanceChannels } from './conditions.ts'
import { createDepthEstimator } from './depth.ts'
import { cpu, type Device } from './device.ts'
import { embeddingsFor } from './embeddings.ts'
import { createExtender, type Networks } from './extender.ts'
import { createMemoryBudget } from './memory.ts'
import type { AnnotatorModel, DiffusionModel, Models, Upscaler } from './model.ts'
import type { Runtime } from './part.ts'
import type { Mode } from './session-options.ts'
import { createTaesd } from './taesd.ts'
import { createUpscaler } from './upscaler.ts'
import { createVae } from './vae.ts'
import { createVariants, type Variants } from './variants.ts'

export interface ModelsOptions {
  /** Opens the headers of a model, `vae` as in a request. Throws AppError 'model-missing', 'model-unreadable', 'model-unsupported'. */
  readonly find: (id: string, vae?: string | null) => Promise<Checkpoint>
  /** One that has been tested (`chooseDevice`), or the CPU, which needs no test. */
  readonly device: 'cpu' | Device
  /** Networks beside models; left out, there are none. */
  readonly extensions?: ExtensionLibrary
  /** What sessions and their activations may take together. Mapped files are not counted: the system takes them back at will. */
  readonly memoryBytes: number
  /** Bytes of memory that nobody uses, null where that is not known; as `look` finds it. Left out: not known. */
  readonly freeBytes?: () => number | null
  /** How sessions are prepared; left out, each by its size and the memory there is. */
  readonly mode?: Mode
}

/**
 * The models of one engine. Sessions are opened by the first call that needs them and closed, longest unused first, when
 * another needs their memory; a model that was opened stays usable through that.
 */
export function createModels({
  find,
  device: given,
  extensions = openExtensions({ folders: () => Promise.resolve([]), cacheFolder: '' }),
  memoryBytes,
  freeBytes,
  mode
}: ModelsOptions): Models {
  const budget = createMemoryBudget(memoryBytes, freeBytes)
  const models = new Map<string, { readonly model: DressModel; readonly fingerprint: string }>()
  const device = given === 'cpu' ? cpu : given
  let upscalerVariants: Variants<Upscaler> | null = null
  let annotatorVariants: Variants<AnnotatorModel> | null = null

  return {
    async open(id, vae, edges = 'zeros') {
      const checkpoint = await find(id, vae)
      const fingerprint = fingerprintOf(checkpoint)
      const owner = edges === 'wrap' ? `${id} (seamless)` : id
      const known = models.get(owner)
      // What is known of a model may grow (its hash) while its networks stay as they are.
      if (known?.fingerprint === fingerprint) return known.model(checkpoint.info)
      await budget.release(owner)
      const model = createModel(checkpoint, { owner, device, budget, mode, edges }, extensions)
      models.set(owner, { model, fingerprint })
      return model(checkpoint.info)
    },
    async upscaler(name) {
      const { stamp, content } = await extensions.upscaler(name)
      const runtime = { owner: 'upscaler', device, budget, mode }
      upscalerVariants ??= createVariants(runtime, 'network')
      return upscalerVariants.get(stamp, (own) => createUpscaler(name, content, own))
    },
    async annotator(kind) {
      const { stamp, content } = await extensions.annotator(kind)
      const runtime = { owner: 'annotator', device, budget, mode }
      annotatorVariants ??= createVariants(runtime, 'network')
      return annotatorVariants.get(stamp, (own) => createAnnotatorModel(content, own))
    },
    look: () => budget.look(),
    memory: () => ({ limit: budget.total, room: budget.room, networks: budget.list() }),
    async release() {
      models.clear()
      await budget.release()
    }
  }
}

/** Changes with the configuration of a model and with its files: one that was replaced is another model. */
function fingerprintOf({ textEncoders, unet, vae, depth, betas }: Checkpoint): string {
  const parts = [...textEncoders, unet, vae, ...(depth === null ? [] : [depth])]
  const files = new Set(
    parts.flatMap(({ weights }) => weights.names.map((name) => weights.get(name)?.file ?? ''))
  )
  const stamps = [...files].map((file) => {
    const stats = statSync(file, { throwIfNoEntry: false })
    return [file, stats?.size, stats?.mtimeMs, stats?.ino]
  })
  return JSON.stringify({ parts, betas, stamps })
}

/** The model under what is known of it now. */
type DressModel = (info: ModelInfo) => DiffusionModel

function createModel(checkpoint: Checkpoint, runtime: Runtime, extensions: ExtensionLibrary): DressModel {
  const { unet, vae, depth, betas, textEncoders } = checkpoint
  const { downscale, encode, decode } = createVae(vae, runtime)
  const tinyDecoders = createVariants<ReturnType<typeof createTaesd>>(runtime, 'tiny decoder')
  const shared = {
    inputChannels: unet.inputChannels,
    admChannels: unet.weights.get('label_emb.0.0.weight')?.shape[1] ?? 0,
    embedsGuidance: guidanceChannels(unet) > 0,
    latentScale: vae.latentScale,
    downscale,
    alphasCumprod: alphasCumprodOf(betas),
    encode,
    decode,
    estimateDepth: depth === null ? null : createDepthEstimator(depth, { ...runtime, edges: 'zeros' }),
    async tinyDecoder() {
      const file = await extensions.taesd(checkpoint.info.family)
      return file && tinyDecoders.get(file.stamp, (own) => createTaesd(file.content, own))
    }
  }
  const { plain, extend } = createExtender(checkpoint, runtime, extensions)
  const modelOf = (info: ModelInfo, { bundled, ...networks }: Networks): DiffusionModel => ({
    ...shared,
    ...networks,
    info,
    // Of two of one name that of the LoRA is meant, as in the web UI.
    embeddings: async () => embeddingsFor(textEncoders, [...bundled, ...(await extensions.embeddings())]),
    with: async (wanted) => modelOf(info, await extend(wanted))
  })
  return (info) => modelOf(info, plain)
}
