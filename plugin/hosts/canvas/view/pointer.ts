import type { Editor } from '../editor.ts'
import { contains, type Point } from '../geometry.ts'
import { seenArea } from '../editor-state.ts'
import { isMovable } from '../tools/area.ts'
import { handleAt, handleCursor } from '../tools/crop.ts'
import type { Gesture, Pointer, Tool } from '../tools/tool.ts'
import { toolNamed } from '../tools/tools.ts'
import { hand } from '../tools/view-tools.ts'
import { toDocument, zoomedView } from '../view-transform.ts'
import { isTyping } from './keys.ts'

/** Turns pointer, wheel and space bar over the canvas into gestures of the tool in hand. */
export function listenForPointer(
  editor: Editor,
  frame: HTMLElement,
  point: (at: Point | null) => void
): () => void {
  const stop = new AbortController()
  const { signal } = stop
  let gesture: Gesture | null = null
  let spaceIsDown = false
  let last: Point = { x: 0, y: 0 }

  const tool = (): Tool => (spaceIsDown ? hand : toolNamed(editor.store.getState().tool))
  const showCursor = (): void => {
    frame.style.cursor = cursorOf(editor, tool(), last)
  }
  const end = (finish: (gesture: Gesture) => void): void => {
    const ended = gesture
    gesture = null
    if (ended !== null) finish(ended)
    showCursor()
  }

  frame.addEventListener(
    'pointerdown',
    (event) => {
      if (gesture !== null || event.button > 1 || !(event.target instanceof HTMLCanvasElement)) return
      event.preventDefault()
      // A ring around the canvas is for those who come by keyboard.
      frame.dataset.pressed = 'true'
      frame.focus({ preventScroll: true })
      frame.setPointerCapture(event.pointerId)
      gesture = (event.button === 1 ? hand : tool()).begin(editor, pointerOf(editor, frame, event))
      showCursor()
    },
    { signal }
  )
  frame.addEventListener(
    'pointermove',
    (event) => {
      last = screenPoint(frame, event)
      point(last)
      if (gesture === null) {
        showCursor()
        return
      }
      // The browser gathers moves between two frames; a brush wants all of them.
      // A page that came from another computer without TLS is not told what happened between two frames.
      const moves = 'getCoalescedEvents' in event ? event.getCoalescedEvents() : [event]
      for (const move of moves.length === 0 ? [event] : moves) gesture.move(pointerOf(editor, frame, move))
    },
    { signal }
  )
  frame.addEventListener(
    'pointerup',
    (event) => end((ended) => ended.finish(pointerOf(editor, frame, event))),
    { signal }
  )
  frame.addEventListener('pointercancel', () => end((ended) => ended.cancel()), { signal })
  frame.addEventListener('blur', () => delete frame.dataset.pressed, { signal })
  frame.addEventListener('pointerleave', () => point(null), { signal })
  frame.addEventListener('wheel', (event) => turnWheel(editor, frame, event), { signal, passive: false })
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || gesture === null) return
      event.preventDefault()
      end((ended) => ended.cancel())
    },
    { signal, capture: true }
  )
  listenForSpace(frame, signal, (isDown) => {
    spaceIsDown = isDown
    showCursor()
  })
  const unsubscribe = editor.store.subscribe(showCursor)
  return () => {
    unsubscribe()
    stop.abort()
  }
}

/** Over the canvas the space bar is the hand tool while it is down; elsewhere on the page it presses buttons. */
function listenForSpace(frame: HTMLElement, signal: AbortSignal, changed: (isDown: boolean) => void): void {
  const isMeant = (target: EventTarget | null): boolean =>
    target === frame || target === document.body || (frame.matches(':hover') && !isTyping(target))
  const listener = (event: KeyboardEvent): void => {
    if (event.key !== ' ') return
    const isDown = event.type === 'keydown'
    if (isDown && !isMeant(event.target)) return
    if (isDown) {
      event.preventDefault()
      // The tool's button often still has the focus, and would be pressed.
      event.stopPropagation()
    }
    changed(isDown)
  }
  window.addEventListener('keydown', listener, { signal, capture: true })
  window.addEventListener('keyup', listener, { signal, capture: true })
}

function cursorOf(editor: Editor, tool: Tool, at: Point): string {
  const state = editor.store.getState()
  const { crop, view, document } = state
  if (document === null) return 'default'
  const frame = tool.name === 'crop' ? crop : tool.name === 'area' ? seenArea(state) : null
  if (frame === null) return tool.cursor
  const handle = handleAt(frame, view, at)
  if (handle !== null) return handleCursor(handle)
  if (tool.name === 'crop') return 'move'
  return isMovable(frame, document.canvas) && contains(frame, toDocument(view, at)) ? 'move' : tool.cursor
}

function screenPoint(frame: HTMLElement, { clientX, clientY }: MouseEvent): Point {
  const { left, top } = frame.getBoundingClientRect()
  return { x: clientX - left - frame.clientLeft, y: clientY - top - frame.clientTop }
}

function pointerOf(editor: Editor, frame: HTMLElement, event: MouseEvent): Pointer {
  const screen = screenPoint(frame, event)
  const at = toDocument(editor.store.getState().view, screen)
  return { at, screen, shift: event.shiftKey, alt: event.altKey }
}

/** Ctrl (or a pinch, which comes as Ctrl) zooms about the pointer; otherwise the wheel scrolls, sideways with Shift. */
function turnWheel(editor: Editor, frame: HTMLElement, event: WheelEvent): void {
  event.preventDefault()
  const { view } = editor.store.getState()
  if (event.ctrlKey || event.altKey) {
    editor.view.set(zoomedView(view, screenPoint(frame, event), Math.exp(-event.deltaY / 400)))
    return
  }
  const [x, y] = event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY]
  editor.view.set({ ...view, x: view.x - Math.round(x), y: view.y - Math.round(y) })
}
