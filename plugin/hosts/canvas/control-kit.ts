import type { AnnotateRequest, AnnotatorInfo } from '#protocol/annotators.ts'
import type { ControlKind } from '#protocol/request.ts'
import { controlKinds } from '#protocol/control-kinds.ts'
import type { RgbaImage } from '../host.ts'

export interface ControlNet {
  /** What requests call it. */
  readonly name: string
  /** Why it cannot go with the model in use; null: it can. */
  readonly unsuited: string | null
  /** What the maps may show that it knows, where those are several and it must be told. */
  readonly kinds: readonly ControlKind[]
}

/** How a map is made; protocol/annotators.ts has the words. */
export type MapWish = Omit<AnnotateRequest, 'image'>

/** What control layers work with. The page gives it: the editor itself knows no server. */
export interface ControlKit {
  readonly nets: readonly ControlNet[]
  readonly annotators: readonly AnnotatorInfo[]
  /** Rejects with the signal's reason, or with an error whose message a person can read. */
  readonly makeMap: (picture: RgbaImage, wish: MapWish, signal: AbortSignal) => Promise<RgbaImage>
  /** Shows which of them can be downloaded. */
  readonly download: (kind: 'controlnet' | 'annotator') => void
}

/** Words of annotators, layers and files that tell what a map shows. */
const wordsOfKinds: Readonly<Record<ControlKind, readonly string[]>> = {
  pose: ['openpose', 'pose', 'dwpose'],
  depth: ['depth', 'midas'],
  'soft-edge': ['softedge', 'hed', 'scribble', 'soft'],
  lines: ['canny', 'lineart', 'mlsd', 'lines'],
  normal: ['normal', 'normals'],
  segmentation: ['segmentation', 'seg', 'segments'],
  tile: ['tile', 'blur'],
  inpaint: ['inpaint']
}

/** What a map shows, by the first of some words that tells; null where none does. */
export function kindFor(words: readonly string[]): ControlKind | null {
  const told = words.map((word) => controlKinds.find((kind) => wordsOfKinds[kind].includes(word)))
  return told.find((kind) => kind !== undefined) ?? null
}

/** The ControlNet that a new map is for: the first that goes with the model and is named as `suits` says or knows such maps, else the only one. */
export function netFor({ nets }: Pick<ControlKit, 'nets'>, suits: readonly string[]): string | null {
  const usable = nets.filter(({ unsuited }) => unsuited === null)
  const kind = kindFor(suits)
  const named = usable.find(({ name }) => suits.some((word) => name.toLowerCase().includes(word)))
  const knowing = usable.find(({ kinds }) => kind !== null && kinds.includes(kind))
  return (named ?? knowing ?? (usable.length === 1 ? usable[0] : undefined))?.name ?? null
}
