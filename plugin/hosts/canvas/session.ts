import type { CanvasDocument } from './document.ts'
import { holdByAsking } from './ask-tabs.ts'
import { claimSlot, holdByLock } from './document-slot.ts'
import type { EditorState, Notice } from './editor-state.ts'
import type { Editor } from './editor.ts'
import { openSample, samples } from './samples.ts'
import { createDocumentStore, type DocumentStore } from './stored-document.ts'
import { browserStorage, foldersOf, storageIn, type Storage } from './storage.ts'

/** Opens what was open when the tab was left, or a sample for a newcomer, and from then on keeps every change. */
export async function resumeSession(editor: Editor): Promise<void> {
  const storage = browserStorage()
  const { own, source } = await claimSlot({
    remembered: sessionStorage.getItem(slotKey),
    stored: await storedSlots(storage, editor.newId),
    hold: 'locks' in navigator ? holdByLock : holdByAsking(editor.newId),
    newId: editor.newId
  })
  sessionStorage.setItem(slotKey, own)
  const documents = createDocumentStore(storageIn(storage, own), editor.newId)
  const { document, problem } = await restored(
    source === null || source === own
      ? documents
      : createDocumentStore(storageIn(storage, source), editor.newId)
  )
  if (document !== null) editor.open(document)
  else if (samples[0] !== undefined) await openSample(editor, samples[0])
  // What was left for another one, in this tab.
  const leftStore = createDocumentStore(storageIn(storageIn(storage, own), LEFT), editor.newId)
  const left = source === own ? await restored(leftStore) : nothingLeft
  // Last, for a picture that opens takes earlier notices away.
  if (left.document !== null && editor.store.getState().previous === null) editor.offer(left.document)
  const problems = problem ?? left.problem
  if (problems !== null) editor.notify(problems)
  const autosaves = [
    startAutosave(editor, documents, ({ document: present }) => present),
    startAutosave(editor, leftStore, ({ previous }) => previous?.document ?? null)
  ]
  const flush = (): void => {
    for (const autosave of autosaves) autosave.flush()
  }
  window.addEventListener('pagehide', flush)
  globalThis.document.addEventListener('visibilitychange', flush)
}

/** The folder in a tab's slot of the document that can be reopened. */
const LEFT = 'left'
const nothingLeft = { document: null, problem: null }

const slotKey = 'marquee.document-slot'

/** Slots that hold a document, the one saved last first. */
async function storedSlots(storage: Storage, newId: () => string): Promise<readonly string[]> {
  const times = new Map<string, number>()
  for (const slot of await foldersOf(storage)) {
    const saved = await createDocumentStore(storageIn(storage, slot), newId).savedAt()
    if (saved !== null) times.set(slot, saved)
  }
  return [...times].sort(([, a], [, b]) => b - a).map(([slot]) => slot)
}

async function restored(
  documents: DocumentStore
): Promise<{ readonly document: CanvasDocument | null; readonly problem: Notice | null }> {
  try {
    return { document: await documents.load(), problem: null }
  } catch (cause) {
    const message = `The document of the last visit cannot be restored. ${cause instanceof Error ? cause.message : ''}`
    return { document: null, problem: { kind: 'error', message, hint: 'Open your picture again.' } }
  }
}

/** How long changes may gather before they are written, in milliseconds. */
const saveDelay = 400

interface Autosave {
  /** Writes now what waits to be written. */
  readonly flush: () => void
  readonly stop: () => void
}

/** Saves a document of the editor a moment after it changed; one save at a time, the latest state last. */
function startAutosave(
  editor: Editor,
  documents: DocumentStore,
  documentOf: (state: EditorState) => CanvasDocument | null
): Autosave {
  let timer: ReturnType<typeof setTimeout> | undefined
  let saved: CanvasDocument | null = null
  let running = false

  const flush = (): void => {
    clearTimeout(timer)
    const document = documentOf(editor.store.getState())
    if (running || document === saved) return
    running = true
    saved = document
    void (document === null ? documents.forget() : documents.save(document))
      .catch((cause: unknown) => {
        const message =
          'This document could not be kept for your next visit: the browser’s storage refused it.'
        const hint = `Save it as PNG before you leave. (${cause instanceof Error ? cause.message : 'unknown reason'})`
        editor.notify({ kind: 'error', message, hint })
      })
      .finally(() => {
        running = false
        flush()
      })
  }
  const unsubscribe = editor.store.subscribe((state, before) => {
    if (documentOf(state) === documentOf(before)) return
    clearTimeout(timer)
    timer = setTimeout(flush, saveDelay)
  })
  timer = setTimeout(flush, saveDelay)
  return {
    flush,
    stop: () => {
      clearTimeout(timer)
      unsubscribe()
    }
  }
}
