import type { Making, RgbaImage } from '../host.ts'
import { flatten } from './composite.ts'
import { createDocument, selectionBounds, type CanvasDocument } from './document.ts'
import type { Editor } from './editor.ts'
import { areaOf } from './geometry.ts'
import { insertLayers } from './layer-edits.ts'
import { layerFrom } from './layer.ts'
import { makingOf, marked, textsOf } from './making.ts'
import { readMaking } from './picture-text.ts'
import { decodePicture, PictureProblem } from './pictures.ts'
import { encodePng } from './png.ts'
import { pictured } from './seen-layers.ts'

/** Opens a picture as a new document in place of the present one. Tells the person where that fails. */
export const openPicture = (editor: Editor, file: Blob, name: string): Promise<void> =>
  reported(editor, async () => {
    const pixels = await decodePicture(file, name)
    editor.open(documentOf(editor, { pixels, made: await makingTold(editor, file, name) }, name))
  })

/** Puts a picture into the document as a layer, in the middle of the selection or canvas; with none open, opens it. */
export const placePicture = (editor: Editor, file: Blob, name: string): Promise<void> =>
  reported(editor, async () => {
    const pixels = await decodePicture(file, name)
    const made = await makingTold(editor, file, name)
    const { document } = editor.store.getState()
    if (document === null) {
      editor.open(documentOf(editor, { pixels, made }, name))
      return
    }
    const layer = layerFrom(editor.newId(), {
      ...{ name: baseName(name), area: middle(document, pixels), pixels },
      ...(made === null ? {} : { made })
    })
    editor.apply(`Place “${layer.name}”`, insertLayers([layer]))
  })

/** What the picture says of how it was made, which whoever wants to know is told. */
async function makingTold(editor: Editor, file: Blob, name: string): Promise<Making | null> {
  const made = await readMaking(file)
  if (made !== null && made.parameters !== null) editor.tellOfParameters(name, made.parameters)
  return made
}

interface Opened {
  readonly pixels: RgbaImage
  readonly made: Making | null
}

function documentOf(editor: Editor, { pixels, made }: Opened, name: string): CanvasDocument {
  const canvas = { width: pixels.width, height: pixels.height }
  const layer = layerFrom(editor.newId(), {
    ...{ name: 'Background', area: areaOf(canvas), pixels },
    ...(made === null ? {} : { made })
  })
  return createDocument({ id: editor.newId(), name: baseName(name), canvas, layers: [layer] })
}

const baseName = (name: string): string => name.replace(/\.(png|jpe?g|webp)$/i, '')

function middle(document: CanvasDocument, { width, height }: RgbaImage): ReturnType<typeof areaOf> {
  const within = selectionBounds(document) ?? areaOf(document.canvas)
  const x = within.x + Math.round((within.width - width) / 2)
  const y = within.y + Math.round((within.height - height) / 2)
  return { x, y, width, height }
}

async function reported(editor: Editor, open: () => Promise<void>): Promise<void> {
  editor.notify(null)
  try {
    await open()
  } catch (error) {
    if (!(error instanceof PictureProblem)) throw error
    editor.notify({ kind: 'error', message: error.message, hint: error.hint })
  }
}

/**
 * The document as a person sees it, without maps of ControlNets, as a PNG, and a file name for it; null where nothing is open. Where
 * a model had part in it the file says so, and has the invisible watermark if exports are to have it.
 */
export async function pictureOf(
  editor: Editor
): Promise<{ readonly blob: Blob; readonly fileName: string } | null> {
  const { document } = editor.store.getState()
  if (document === null) return null
  const picture = pictured(document)
  const made = makingOf(picture)
  const pixels = flatten(picture, areaOf(document.canvas))
  const isMarked = made !== null && editor.marksExports()
  const blob = await encodePng(isMarked ? marked(pixels, picture) : pixels, textsOf(made))
  return { blob, fileName: `${document.name}.png` }
}
