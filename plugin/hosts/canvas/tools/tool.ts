import type { Editor } from '../editor.ts'
import type { ToolName } from '../editor-state.ts'
import type { Point } from '../geometry.ts'

/** Where the pointer is and which modifier keys are down. */
export interface Pointer {
  /** In document pixels, fractional, also outside the canvas. */
  readonly at: Point
  /** In the viewport, CSS pixels. */
  readonly screen: Point
  readonly shift: boolean
  readonly alt: boolean
}

/** What a drag does, from press to release. Nothing of it is an undo step before `finish`. */
export interface Gesture {
  readonly move: (pointer: Pointer) => void
  readonly finish: (pointer: Pointer) => void
  readonly cancel: () => void
}

export interface Tool {
  readonly name: ToolName
  /** As tooltips and the list of shortcuts say it. */
  readonly label: string
  /** The letter that takes it in hand. */
  readonly key: string
  /** The CSS cursor; `none` where the editor draws a better one. */
  readonly cursor: string
  /** The press of the pointer; null where there is nothing to drag. */
  readonly begin: (editor: Editor, pointer: Pointer) => Gesture | null
}
