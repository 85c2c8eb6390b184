import type { Gray, Rgba, Tensor } from '../image/pixels.ts'
import type { AnnotatorInfo, AnnotatorNetwork } from '../protocol/annotators.ts'

/** What is listed of an annotator, but whether its network is there. */
export type AnnotatorCard = Omit<AnnotatorInfo, 'needs' | 'available'>

/** A parameter's value by its id; every parameter of the annotator has one, within its range. */
export type Values = Readonly<Record<string, number>>

/** A map made by arithmetic alone. */
export interface PlainAnnotator {
  readonly card: AnnotatorCard
  readonly needs: null
  /** `picture` is opaque, and stays as it is. */
  readonly annotate: (picture: Rgba, values: Values) => Rgba | Gray
}

/** A network that is ready: a picture [1, 3, h, w] in −1…1 → what its kind says of its outputs. */
export type Network = (picture: Tensor) => Promise<readonly Tensor[]>

/** A map from what a network sees. */
export interface NetworkAnnotator {
  readonly card: AnnotatorCard
  readonly needs: AnnotatorNetwork
  /** The map has the picture's size. */
  readonly annotate: (picture: Rgba, values: Values, network: Network) => Promise<Rgba | Gray>
}

export type Annotator = PlainAnnotator | NetworkAnnotator

/** A slider of grey levels from 0 to 255. */
export const level = (id: string, label: string, usual: number): AnnotatorInfo['parameters'][number] => ({
  ...{ id, label, min: 0, max: 255, step: 1, default: usual, unit: 'level' }
})
