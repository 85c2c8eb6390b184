import path from 'node:path'
import { AppError } from '../../errors.ts'
import type { AnnotatorNetwork } from '../../protocol/annotators.ts'
import type { ExtensionInfo, ExtensionKind } from '../../protocol/extensions.ts'
import type { Family } from '../../protocol/family.ts'
import { readConfig } from '../config-file.ts'
import { strayError } from '../model-roots.ts'
import { readPart } from '../part-files.ts'
import { readTensorFile } from '../tensor-file.ts'
import type { TensorTable } from '../tensor-table.ts'
import { readControlNet } from './controlnet.ts'
import { readEmbedding } from './embedding.ts'
import { annotatorNetwork, readAnnotator } from './annotator.ts'
import type {
  AnnotatorFile,
  ControlNet,
  Embedding,
  Hypernetwork,
  Lora,
  Taesd,
  Upscaler
} from './extension.ts'
import { findExtensionFiles, type ExtensionFile } from './extension-files.ts'
import { extensionInfo, kindOf } from './extension-info.ts'
import { readHypernetwork } from './hypernetwork.ts'
import { readLora } from './lora.ts'
import { pictureBeside, readPictureFile, type PictureFile } from './picture-beside.ts'
import { hasDecoder, readTaesd, taesdFamilies } from './taesd.ts'
import { readUpscaler } from './upscaler.ts'
import { nearest } from '../../nearest.ts'

/** An extension's content, with what tells it from others. */
export interface Opened<T> {
  readonly name: string
  /** Changes with the file, and differs between files. */
  readonly stamp: string
  readonly content: T
}

/** An embedding by its name in prompts; `open` throws AppError where its file is damaged. */
export interface NamedEmbedding {
  readonly name: string
  open(): Promise<Opened<Embedding>>
}

/**
 * The LoRAs, embeddings, hypernetworks, ControlNets, upscalers and tiny autoencoders in a few folders, recognised by their tensors. A name is a file's
 * without extension, or its id. Opening throws AppError: 'model-missing' with the names most like it, 'model-unreadable',
 * 'model-unsupported'.
 */
export interface ExtensionLibrary {
  list(): Promise<readonly ExtensionInfo[]>
  /** The picture that lies beside an extension's file, by its id; null where there is none. Throws AppError 'too-large'. */
  picture(id: string): Promise<PictureFile | null>
  /** Throws AppError 'model-missing' where one of these is not there; opens nothing. */
  require(wanted: readonly { readonly kind: ExtensionKind; readonly name: string }[]): Promise<void>
  lora(name: string): Promise<Opened<Lora>>
  hypernetwork(name: string): Promise<Opened<Hypernetwork>>
  controlNet(name: string): Promise<Opened<ControlNet>>
  upscaler(name: string): Promise<Opened<Upscaler>>
  /** The first network of a kind that makes maps; it has no name. */
  annotator(kind: AnnotatorNetwork): Promise<Opened<AnnotatorFile>>
  /** The kinds of networks that make maps which are there. */
  annotators(): Promise<ReadonlySet<AnnotatorNetwork>>
  /** The first tiny autoencoder that was made for a family; null where there is none. */
  taesd(family: Family): Promise<Opened<Taesd> | null>
  embeddings(): Promise<readonly NamedEmbedding[]>
}

interface LibraryOptions {
  readonly folders: () => Promise<readonly string[]>
  /** For converted pickles. */
  readonly cacheFolder: string
}

/** What was seen of a file when its stamp was this; `info` is null for what is no extension, `makes` says of an annotator's which. */
type Seen = { readonly stamp: string } & (
  | { readonly info: ExtensionInfo | null; readonly makes: AnnotatorNetwork | null }
  | { readonly error: unknown }
)
type Looked = ExtensionFile & Seen

const kindNames: Readonly<Record<ExtensionKind, string>> = {
  lora: 'LoRA',
  embedding: 'embedding',
  hypernetwork: 'hypernetwork',
  controlnet: 'ControlNet',
  upscaler: 'upscaler',
  taesd: 'tiny autoencoder',
  annotator: 'network of an annotator'
}

/** Published files of each kind. */
const annotatorFiles: Readonly<Record<AnnotatorNetwork, string>> = {
  depth: 'depth_anything_v2_vits.pth, dpt_hybrid-midas-501f0c75.pt or another DPT or Depth-Anything',
  hed: 'ControlNetHED.pth',
  openpose: 'body_pose_model.pth',
  mlsd: 'mlsd_large_512_fp32.pth'
}

export function openExtensions({ folders, cacheFolder }: LibraryOptions): ExtensionLibrary {
  const seen = new Map<string, Seen>()

  const tableOf = ({ file, isFolder }: ExtensionFile): Promise<TensorTable> =>
    (isFolder ? readPart : readTensorFile)(file, { cacheFolder: path.join(cacheFolder, 'converted') })

  const recognised = async (file: ExtensionFile): Promise<Seen> => {
    const table = await tableOf(file)
    const kind = kindOf(table)
    return {
      stamp: file.stamp,
      makes: kind === 'annotator' ? annotatorNetwork(table) : null,
      info: kind === null ? null : await extensionInfo(file, kind, table)
    }
  }

  const look = async (file: ExtensionFile): Promise<Looked> => {
    if (file.stray !== null) return { ...file, error: strayError(file.stray) }
    const before = seen.get(file.file)
    if (before?.stamp === file.stamp) return { ...file, ...before }
    const now = await recognised(file).catch((error: unknown): Seen => ({ stamp: file.stamp, error }))
    seen.set(file.file, now)
    return { ...file, ...now }
  }

  const lookAtAll = async (): Promise<readonly Looked[]> => {
    const looked: Looked[] = []
    for (const file of await findExtensionFiles(await folders())) looked.push(await look(file))
    return looked
  }

  const open = async <T>(
    kind: ExtensionKind,
    name: string,
    read: (table: TensorTable, file: ExtensionFile) => T | Promise<T>
  ): Promise<Opened<T>> => {
    const file = locate(kind, name, await lookAtAll())
    return { name, stamp: file.stamp, content: await read(await tableOf(file), file) }
  }

  return {
    list: async () => listed((await lookAtAll()).filter(isExtension)),
    picture: async (id) => pictureOf(id, (await lookAtAll()).filter(isExtension)),
    async require(wanted) {
      if (wanted.length === 0) return
      const files = await lookAtAll()
      for (const { kind, name } of wanted) locate(kind, name, files)
    },
    lora: (name) => open('lora', name, (table) => readLora(table, path.join(cacheFolder, 'converted'))),
    hypernetwork: (name) => open('hypernetwork', name, readHypernetwork),
    controlNet: (name) =>
      open('controlnet', name, async (table, file) => readControlNet(table, await isGlobal(file))),
    upscaler: (name) => open('upscaler', name, readUpscaler),
    async annotator(kind) {
      for (const file of await lookAtAll())
        if ('makes' in file && file.makes === kind)
          return { name: file.name, stamp: file.stamp, content: await readAnnotator(await tableOf(file)) }
      throw new AppError('model-missing', {
        message: `No file with a network of the kind “${kind}” was found.`,
        hint: `Put ${annotatorFiles[kind]} into a models folder.`
      })
    },
    annotators: async () =>
      new Set(
        (await lookAtAll()).flatMap((file) => ('makes' in file && file.makes !== null ? [file.makes] : []))
      ),
    async taesd(family) {
      for (const file of await lookAtAll()) {
        if (!isOf(file, 'taesd') || !taesdFamilies(file.name).includes(family)) continue
        const table = await tableOf(file)
        if (hasDecoder(table)) return { name: file.name, stamp: file.stamp, content: readTaesd(table) }
      }
      return null
    },
    embeddings: async () =>
      (await lookAtAll())
        .filter((file) => isOf(file, 'embedding') || ('error' in file && embeddingFolder.test(file.file)))
        .map((file) => ({
          name: file.name,
          open: async () => {
            if ('error' in file) throw file.error
            return { name: file.name, stamp: file.stamp, content: readEmbedding(await tableOf(file)) }
          }
        }))
  }
}

/** Where a file that cannot be read would have been an embedding. */
const embeddingFolder = /[\\/](embeddings?|textual_inversion)[\\/]/i

type Known = Looked & { readonly info: ExtensionInfo }

const isExtension = (file: Looked): file is Known => 'info' in file && file.info !== null

/** Pictures come and go without their files, and so are looked for every time. */
const listed = (files: readonly Known[]): readonly ExtensionInfo[] =>
  files.map((file) => (pictureBeside(file) === null ? file.info : { ...file.info, hasPicture: true }))

async function pictureOf(id: string, files: readonly Known[]): Promise<PictureFile | null> {
  const [picture] = files.flatMap((file) => (file.id === id ? (pictureBeside(file) ?? []) : []))
  return picture === undefined ? null : readPictureFile(picture)
}

const isOf = (file: Looked, kind: ExtensionKind): boolean => 'info' in file && file.info?.kind === kind

/** By id, then by name, then by name in any case. A damaged file of that name says what is wrong with it. */
function locate(kind: ExtensionKind, name: string, files: readonly Looked[]): Looked {
  const tests: readonly ((file: Looked) => boolean)[] = [
    (file) => file.id === name,
    (file) => file.name === name,
    (file) => file.name.toLowerCase() === name.toLowerCase()
  ]
  for (const test of tests) {
    const found = files.find((file) => isOf(file, kind) && test(file))
    if (found !== undefined) return found
    const damaged = files.find((file) => 'error' in file && test(file))
    if (damaged !== undefined && 'error' in damaged) throw damaged.error
  }
  const names = files.filter((file) => isOf(file, kind)).map((file) => file.name)
  const near = nearest(name, names)
  throw new AppError('model-missing', {
    message: `There is no ${kindNames[kind]} “${name}”.`,
    hint:
      names.length === 0
        ? `No file of this kind was found; put one into a models folder.`
        : near.length > 0
          ? `Did you mean ${near.map((each) => `“${each}”`).join(' or ')}?`
          : `There are ${names.length}, such as ${names.slice(0, 5).join(', ')}.`
  })
}

/** diffusers' `global_pool_conditions`; the original's config of that is in its name, `…_shuffle`. */
async function isGlobal({ file, isFolder, name }: ExtensionFile): Promise<boolean> {
  const config = isFolder ? await readConfig(path.join(file, 'config.json')) : null
  return config?.flag('global_pool_conditions') ?? /shuffle/i.test(name)
}
