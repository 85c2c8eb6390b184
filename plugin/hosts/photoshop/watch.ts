import type { App, Document, Layer, Photoshop } from './photoshop-api.ts'

/** Commands that change the document in front, its size, pixels or selection. Photoshop notifies of what a person does only. */
const events = [
  'open',
  'close',
  'make',
  'select',
  'set',
  'show',
  'hide',
  'canvasSize',
  'imageSize',
  'crop',
  'convertMode',
  'historyStateChanged'
]

/** Milliseconds between two looks, for what no event tells: strokes of a brush, undo, other plugins. */
const LOOK_EVERY = 1000

export interface Watch {
  /** Calls back on every change; returns the way to stop. */
  readonly watch: (changed: () => void) => () => void
  /** Tells of a change by this plugin, which Photoshop keeps silent about. */
  readonly tell: () => void
}

export function createWatch(
  { app, action }: Photoshop,
  later: (milliseconds: number, action: () => void) => () => void
): Watch {
  const watchers = new Set<() => void>()
  let cancelLook = () => {}
  let known = ''

  const tell = () => {
    known = frontState(app)
    for (const changed of watchers) changed()
  }

  function look() {
    if (frontState(app) !== known) tell()
    cancelLook = later(LOOK_EVERY, look)
  }

  function start() {
    known = frontState(app)
    cancelLook = later(LOOK_EVERY, look)
    // Where Photoshop refuses, the looks find every change, a second later.
    action.addNotificationListener(events, tell).catch(() => {})
  }

  function stop() {
    cancelLook()
    action.removeNotificationListener(events, tell).catch(() => {})
  }

  return {
    watch(changed) {
      if (watchers.size === 0) start()
      watchers.add(changed)
      return () => {
        if (watchers.delete(changed) && watchers.size === 0) stop()
      }
    },
    tell
  }
}

/** Differs whenever the document in front may look otherwise. Hiding a layer is not a step of the history. */
export function stateOf(document: Document): string {
  const { id, width, height, mode, bitsPerChannel, activeHistoryState } = document
  return [id, width, height, mode, bitsPerChannel, activeHistoryState.id, ...hidden(document.layers)].join()
}

function frontState(app: App): string {
  const document = app.activeDocument
  return document === null ? '' : stateOf(document)
}

const hidden = (layers: readonly Layer[]): readonly number[] =>
  layers.flatMap((layer) => (layer.visible ? hidden(layer.layers ?? []) : [layer.id]))
