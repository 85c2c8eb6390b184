import type { ControlKind, ControlMode, MapResize } from '#protocol/request.ts'

/** How a ControlNet follows a layer: protocol/request.ts has the units. */
export interface ControlSettings {
  /** Its name; null until a person chose one, and then the layer guides nothing. */
  readonly model: string | null
  readonly weight: number
  readonly start: number
  readonly end: number
  readonly mode: ControlMode
  /** Null: the map lies in the document as the layer does. Else all of the layer's pixels are fitted to what is made. */
  readonly resize: MapResize | null
  /** What the map shows, for a ControlNet of several kinds; null until that was said. */
  readonly mapKind: ControlKind | null
  /** Off, the layer still is a map, and guides nothing. */
  readonly isOn: boolean
}

/**
 * What a layer is to the model. `picture`: it is seen. `excluded`: a reference for the person, which the model does not see.
 * `control`: the map of a ControlNet, which is no part of the picture at all.
 */
export type LayerRole = { readonly kind: 'picture' } | { readonly kind: 'excluded' } | ControlRole

type ControlRole = { readonly kind: 'control' } & ControlSettings

export const pictureRole: LayerRole = { kind: 'picture' }

/** By default a map is followed as it was trained, and what it shows is what its ControlNet knows. */
export const controlRole = (model: string | null, mapKind: ControlKind | null = null): ControlRole => ({
  kind: 'control',
  ...{ model, mapKind },
  weight: 1,
  start: 0,
  end: 1,
  mode: 'balanced',
  resize: null,
  isOn: true
})
