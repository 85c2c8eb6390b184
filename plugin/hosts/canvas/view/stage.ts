import type { Editor } from '../editor.ts'
import { shownDocument } from '../editor-state.ts'
import type { Point } from '../geometry.ts'
import { createOverlay } from '../overlay.ts'
import { createRenderer } from '../render.ts'
import { checkerPattern, stripesPattern } from './patterns.ts'

/** The two canvases of the page: the picture, and what lies over it. */
export interface StageElements {
  readonly frame: HTMLElement
  readonly picture: HTMLCanvasElement
  readonly overlay: HTMLCanvasElement
}

export interface Stage {
  /** Where the pointer is in the viewport; null where it left. */
  readonly point: (at: Point | null) => void
  readonly stop: () => void
}

const marchPeriod = 120

/** Draws the editor's state whenever it changes, at most once a frame of the screen. */
export function startStage(editor: Editor, elements: StageElements): Stage {
  const { store } = editor
  const pictureContext = contextOf(elements.picture)
  const overlayContext = contextOf(elements.overlay)
  const renderer = createRenderer(pictureContext, checkerPattern(pictureContext, devicePixelRatio))
  const overlay = createOverlay(overlayContext, stripesPattern(overlayContext))
  let pointer: Point | null = null
  let phase = 0
  let due = 0
  const draw = (): void => {
    due = 0
    const state = store.getState()
    if (renderer.frame()) request()
    overlay.draw(state, pointer, phase)
  }
  const request = (): void => {
    if (due === 0) due = requestAnimationFrame(draw)
  }
  const update = (): void => {
    const state = store.getState()
    const { view, viewport } = state
    const ratio = devicePixelRatio
    renderer.look(
      { scale: view.scale * ratio, x: view.x * ratio, y: view.y * ratio },
      { width: Math.round(viewport.width * ratio), height: Math.round(viewport.height * ratio) }
    )
    renderer.show(shownDocument(state))
    renderer.preview(state.preview)
    request()
  }
  const resize = (): void => {
    const { clientWidth: width, clientHeight: height } = elements.frame
    for (const canvas of [elements.picture, elements.overlay]) {
      canvas.width = Math.max(1, Math.round(width * devicePixelRatio))
      canvas.height = Math.max(1, Math.round(height * devicePixelRatio))
    }
    overlayContext.scale(devicePixelRatio, devicePixelRatio)
    renderer.redraw()
    editor.view.resize({ width, height })
    update()
  }
  const march = (): void => {
    if (store.getState().document?.selection == null || document.hidden) return
    phase = (phase + 1) % 8
    request()
  }

  const observer = new ResizeObserver(resize)
  observer.observe(elements.frame)
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches
  const timer = still ? undefined : setInterval(march, marchPeriod)
  const stops = [
    store.subscribe(update),
    editor.onDamage((area) => {
      renderer.spoil(area)
      request()
    })
  ]
  resize()
  return {
    point: (at) => {
      pointer = at
      request()
    },
    stop: () => {
      observer.disconnect()
      clearInterval(timer)
      cancelAnimationFrame(due)
      for (const stop of stops) stop()
    }
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('Bug: no 2D context')
  return context
}
