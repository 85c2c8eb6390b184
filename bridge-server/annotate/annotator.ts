import type { Gray, Rgba } from '../image/pixels.ts'
import type { AnnotatorInfo } from '../protocol/annotators.ts'

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

export type Annotator = PlainAnnotator

/** Grey levels from 0 to 255. */
export const level = (id: string, label: string, usual: number): AnnotatorInfo['parameters'][number] => ({
  ...{ id, label, min: 0, max: 255, step: 1, default: usual, unit: 'level' }
})
