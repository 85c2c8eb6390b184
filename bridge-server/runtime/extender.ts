import type { Checkpoint } from '../weights/checkpoint.ts'
import type { FittedLora, Hypernetwork } from '../weights/extensions/extension.ts'
import type { ExtensionLibrary, NamedEmbedding, Opened } from '../weights/extensions/extension-library.ts'
import { fitLora } from '../weights/extensions/lora-fit.ts'
import { unetBlocks } from '../nn/unet-block-numbers.ts'
import { bundledIn } from './embeddings.ts'
import { createControlNet } from './controlnet.ts'
import { checkHypernetwork } from './hypernetwork-fit.ts'
import type { ControlNet, DiffusionModel, Extensions, TextEncoder } from './model.ts'
import type { Runtime } from './part.ts'
import { createTextEncoder } from './text-encoder.ts'
import { createUnet } from './unet.ts'
import { createVariants } from './variants.ts'

/** What of a model extensions change. */
export interface Networks extends Pick<DiffusionModel, 'textEncoders' | 'unet' | 'controlNets'> {
  /** The textual inversions that LoRAs bring with them. */
  readonly bundled: readonly NamedEmbedding[]
}

/** A model's networks, and how to make them anew. */
export interface Extender {
  /** Without anything in them. */
  readonly plain: Networks
  /** With extensions in them; what stays as it was is not made again. */
  readonly extend: (wanted: Extensions) => Promise<Networks>
}

interface LoraInUse {
  readonly text: number
  /** A number for each of `unetBlocks`. */
  readonly unet: readonly number[]
  readonly file: Opened<FittedLora>
  readonly bundled: readonly NamedEmbedding[]
}
type Loras = readonly LoraInUse[]
type Hypernetworks = readonly { readonly weight: number; readonly file: Opened<Hypernetwork> }[]

export function createExtender(
  checkpoint: Checkpoint,
  runtime: Runtime,
  extensions: ExtensionLibrary
): Extender {
  const plainUnet = createUnet(checkpoint.unet, runtime)
  const unets = createVariants<ReturnType<typeof createUnet>>(runtime, 'unet')
  const encoders = checkpoint.textEncoders.map((part, i) => ({
    part,
    plain: createTextEncoder(part, runtime)(),
    variants: createVariants<ReturnType<typeof createTextEncoder>>(runtime, `text encoder ${i}`)
  }))
  const controls = createVariants<readonly ControlNet[]>(runtime, 'controlnets')

  const unetWith = async (
    loras: Loras,
    hypernetworks: Hypernetworks,
    controlled: boolean
  ): Promise<Networks['unet']> => {
    const inUnet = loras.filter(
      ({ unet, file }) => unet.some((weight) => weight !== 0) && file.content.unet.size > 0
    )
    if (inUnet.length === 0 && hypernetworks.length === 0 && !controlled) return plainUnet
    const key = keyOf([...inUnet, null, ...hypernetworks], String(controlled))
    const network = await unets.get(key, (own) =>
      createUnet(checkpoint.unet, own, {
        loras: inUnet.map(({ file }) => file.content.unet),
        hypernetworks: hypernetworks.map(({ file }) => file.content),
        controlled
      })
    )
    const scales = {
      loras: inUnet.map(({ unet }) => unet),
      hypernetworks: hypernetworks.map(({ weight }) => weight)
    }
    return (input) => network(input, scales)
  }

  const encodersWith = (loras: Loras): Promise<readonly TextEncoder[]> =>
    Promise.all(
      encoders.map(async ({ part, plain: unchanged, variants }, i) => {
        const inText = loras.flatMap(({ text, file }) => {
          const layers = file.content.texts[i]
          return text === 0 || layers === undefined || layers.size === 0 ? [] : [{ text, file, layers }]
        })
        if (inText.length === 0) return unchanged
        const encoder = await variants.get(keyOf(inText), (own) =>
          createTextEncoder(
            part,
            own,
            inText.map(({ layers }) => layers)
          )
        )
        return encoder(inText.map(({ text }) => text))
      })
    )

  const controlNetsOf = async (names: readonly string[]): Promise<readonly ControlNet[]> => {
    if (names.length === 0) return []
    const files = await Promise.all(names.map((name) => extensions.controlNet(name)))
    return controls.get(keyOf(files.map((file) => ({ file }))), (own) =>
      files.map(({ name, content }) =>
        createControlNet(name, content, { unet: checkpoint.unet, runtime: own })
      )
    )
  }

  const extend = async (wanted: Extensions): Promise<Networks> => {
    const { loras, hypernetworks } = await openAll(wanted, checkpoint, extensions)
    const controlNets = await controlNetsOf(wanted.controlNets)
    return {
      controlNets,
      unet: await unetWith(loras, hypernetworks, controlNets.length > 0),
      textEncoders: await encodersWith(loras),
      bundled: loras.flatMap(({ bundled }) => bundled)
    }
  }

  const textEncoders = encoders.map((each) => each.plain)
  return { plain: { textEncoders, unet: plainUnet, controlNets: [], bundled: [] }, extend }
}

/** Changes with the files and their order, and with nothing else. */
const keyOf = (files: readonly ({ readonly file: Opened<unknown> } | null)[], rest = ''): string =>
  JSON.stringify([files.map((each) => each?.file.stamp ?? null), rest])

const unetWeights = (weight: number, blocks: readonly number[] | null = null): readonly number[] =>
  Array.from({ length: unetBlocks.count }, (_, i) => weight * (blocks?.[i] ?? 1))

async function openAll(
  { loras, hypernetworks }: Extensions,
  checkpoint: Checkpoint,
  library: ExtensionLibrary
): Promise<{ readonly loras: Loras; readonly hypernetworks: Hypernetworks }> {
  const fitted = loras.map(async ({ name, text, unet, blocks, rank = null }): Promise<LoraInUse> => {
    const opened = await library.lora(name)
    const { stamp, content } = opened
    const file = {
      name,
      stamp: `${stamp} ${rank ?? ''}`,
      content: fitLora(content, checkpoint, { name, rank })
    }
    return { text, unet: unetWeights(unet, blocks), file, bundled: bundledIn(opened) }
  })
  const strong = hypernetworks.filter(({ weight }) => weight !== 0)
  return {
    loras: await Promise.all(fitted),
    hypernetworks: await Promise.all(
      strong.map(async ({ name, weight }) => {
        const file = await library.hypernetwork(name)
        checkHypernetwork(name, file.content, checkpoint)
        return { weight, file }
      })
    )
  }
}
