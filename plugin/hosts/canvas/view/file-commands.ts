import type { Command } from '../commands.ts'
import type { Editor } from '../editor.ts'
import { openPicture, pictureOf, placePicture } from '../open-pictures.ts'

const acceptedTypes = 'image/png,image/jpeg,image/webp'

export const fileCommands: readonly Command[] = [
  {
    id: 'new',
    group: 'File',
    label: 'New document…',
    // Ctrl+N is every browser's own.
    keys: ['Ctrl+Alt+N'],
    can: () => true,
    run: (editor) => editor.set({ dialog: 'new' })
  },
  {
    id: 'open',
    group: 'File',
    label: 'Open picture…',
    keys: ['Ctrl+O'],
    can: () => true,
    run: (editor) => chooseFile((file) => void openPicture(editor, file, file.name))
  },
  {
    id: 'place',
    group: 'File',
    label: 'Place picture as layer…',
    keys: ['Ctrl+Shift+P'],
    can: ({ document }) => document !== null,
    run: (editor) => chooseFile((file) => void placePicture(editor, file, file.name))
  },
  {
    id: 'save',
    group: 'File',
    label: 'Save as PNG',
    keys: ['Ctrl+S'],
    can: ({ document }) => document !== null,
    run: (editor) => void savePicture(editor)
  },
  {
    id: 'close',
    group: 'File',
    label: 'Close document',
    keys: [],
    can: ({ document }) => document !== null,
    run: (editor) => editor.close()
  }
]

function chooseFile(chosen: (file: File) => void): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.accept = acceptedTypes
  input.addEventListener('change', () => {
    const file = input.files?.[0]
    if (file !== undefined) chosen(file)
  })
  input.click()
}

async function savePicture(editor: Editor): Promise<void> {
  const picture = await pictureOf(editor)
  if (picture === null) return
  const link = document.createElement('a')
  link.href = URL.createObjectURL(picture.blob)
  link.download = picture.fileName
  link.click()
  // The download reads the address after this turn; a minute later it surely has.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
