import type { Command } from '../commands.ts'
import type { Editor } from '../editor.ts'
import { toolForKey } from '../tools/tools.ts'
import { commands } from './all-commands.ts'

/** Listens for shortcuts on the whole page, but never where a person types or a dialog is open. */
export function listenForKeys(editor: Editor): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || isTyping(event.target) || isInDialog(event.target)) return
    const written = writtenKey(event)
    const command = commands.find((each) => each.keys.includes(written) && each.can(editor.store.getState()))
    if (command !== undefined && !isTaken(written, event.target)) {
      event.preventDefault()
      command.run(editor)
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return
    const tool = toolForKey(event.key, editor.store.getState().tool)
    if (tool !== null) editor.chooseTool(tool.name)
  }
  window.addEventListener('keydown', listener)
  return () => window.removeEventListener('keydown', listener)
}

/** The event as commands write their keys: `Ctrl+Shift+Z`. */
export function writtenKey({ key, code, ctrlKey, metaKey, shiftKey, altKey }: KeyInput): string {
  // With Shift, a bracket key gives a brace on some keyboards; its place is what a person means.
  const byPlace = code === 'BracketLeft' ? '[' : code === 'BracketRight' ? ']' : key
  const name = byPlace.length === 1 ? byPlace.toUpperCase() : byPlace
  // Signs such as + and ? need Shift on many keyboards, which then says nothing of its own.
  const shift = shiftKey && (byPlace !== key || /^[A-Z[\]]$|^..+$/.test(name))
  return [ctrlKey || metaKey ? 'Ctrl+' : '', altKey ? 'Alt+' : '', shift ? 'Shift+' : '', name].join('')
}

type KeyInput = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>

/** Whether what has the focus has its own use for a key: Enter presses buttons, arrows move sliders and walk lists. */
function isTaken(written: string, target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  if (written === 'Enter') return target.closest('button, a, input, [role=button]') !== null
  const moves = /^(Shift\+)?(Escape|Delete|Backspace|Arrow.*)$/.test(written)
  return moves && target.closest('input, [role=slider], [role=radiogroup], li') !== null
}

/** Whether keys are letters to what has the focus. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches('textarea, select, input:not([type=range], [type=checkbox], [type=radio])'))

const isInDialog = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('[role=dialog], [role=alertdialog], [role=menu], [role=listbox]') !== null

/** A command's first shortcut as it is shown, or null. */
export const shownKey = ({ keys }: Command): string | null => keys[0]?.replace('Arrow', '') ?? null
