import type { Editor } from '../editor.ts'
import { placePicture } from '../open-pictures.ts'

/** Pictures dropped on the page or pasted become layers of the open document; with none open they become one. */
export function listenForPictures(editor: Editor): () => void {
  const stop = new AbortController()
  const { signal } = stop
  window.addEventListener(
    'paste',
    (event) => {
      const file = pictureIn(event.clipboardData)
      if (file === null) return
      event.preventDefault()
      // The clipboard calls every picture “image.png”.
      void placePicture(editor, file, 'Pasted picture')
    },
    { signal }
  )
  window.addEventListener(
    'dragover',
    (event) => {
      // Without this the browser would leave the page for the file.
      if (event.dataTransfer?.types.includes('Files') === true) event.preventDefault()
    },
    { signal }
  )
  window.addEventListener(
    'drop',
    (event) => {
      const file = event.dataTransfer?.files[0]
      if (file === undefined) return
      event.preventDefault()
      void placePicture(editor, file, file.name)
    },
    { signal }
  )
  return () => stop.abort()
}

function pictureIn(clipboard: DataTransfer | null): File | null {
  const item = [...(clipboard?.items ?? [])].find(
    ({ kind, type }) => kind === 'file' && type.startsWith('image/')
  )
  return item?.getAsFile() ?? null
}
