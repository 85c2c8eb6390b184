import type { CanvasDocument } from './document.ts'
import type { Editor } from './editor.ts'
import { openSample, samples } from './samples.ts'
import { createDocumentStore, type DocumentStore } from './stored-document.ts'
import { browserStorage } from './storage.ts'

/** Opens what was open when the page was left, or a sample for a newcomer, and from then on keeps every change. */
export async function resumeSession(editor: Editor): Promise<void> {
  const documents = createDocumentStore(browserStorage(), editor.newId)
  const document = await restored(editor, documents)
  if (document !== null) editor.open(document)
  else if (samples[0] !== undefined) await openSample(editor, samples[0])
  const autosave = startAutosave(editor, documents)
  window.addEventListener('pagehide', () => autosave.flush())
  globalThis.document.addEventListener('visibilitychange', () => autosave.flush())
}

async function restored(editor: Editor, documents: DocumentStore): Promise<CanvasDocument | null> {
  try {
    return await documents.load()
  } catch (cause) {
    const message = `The document of the last visit cannot be restored. ${cause instanceof Error ? cause.message : ''}`
    editor.notify({ kind: 'error', message, hint: 'Open your picture again.' })
    return null
  }
}

/** How long changes may gather before they are written, in milliseconds. */
const saveDelay = 400

interface Autosave {
  /** Writes now what waits to be written. */
  readonly flush: () => void
  readonly stop: () => void
}

/** Saves the document a moment after it changed; one save at a time, the latest state last. */
function startAutosave(editor: Editor, documents: DocumentStore): Autosave {
  let timer: ReturnType<typeof setTimeout> | undefined
  let saved: CanvasDocument | null = null
  let running = false

  const flush = (): void => {
    clearTimeout(timer)
    const { document } = editor.store.getState()
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
  const unsubscribe = editor.store.subscribe(({ document }, before) => {
    if (document === before.document) return
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
