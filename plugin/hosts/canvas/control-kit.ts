import type { AnnotateRequest, AnnotatorInfo } from '#protocol/annotators.ts'
import type { RgbaImage } from '../host.ts'

export interface ControlNet {
  /** What requests call it. */
  readonly name: string
  /** Why it cannot go with the model in use; null: it can. */
  readonly unsuited: string | null
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

/** The ControlNet that a new map is for: the first that goes with the model and is named as `suits` says, else the only one. */
export function netFor({ nets }: Pick<ControlKit, 'nets'>, suits: readonly string[]): string | null {
  const usable = nets.filter(({ unsuited }) => unsuited === null)
  const named = usable.find(({ name }) => suits.some((word) => name.toLowerCase().includes(word)))
  return (named ?? (usable.length === 1 ? usable[0] : undefined))?.name ?? null
}
