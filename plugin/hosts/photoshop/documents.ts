import { CodedError } from '../../client/coded-error.ts'
import type { App, ColorSpace, Document } from './photoshop-api.ts'
import type { Depth } from './samples.ts'

/** How pixels of a document are read and written. */
export interface PixelForm {
  readonly isGrey: boolean
  readonly depth: Depth
  readonly colorSpace: ColorSpace
  /** What Photoshop converts from and to; absent where the document has no profile, so its numbers are taken as they are. */
  readonly colorProfile?: string
  /** What the panel reads, 8 bits of sRGB or its grey, is all there is of a pixel. */
  readonly isExact: boolean
}

export const SRGB = 'sRGB IEC61966-2.1'
/** Nearest to sRGB's grey axis of what every Photoshop has; grey numbers are taken for sRGB's. */
const GREY = 'Gray Gamma 2.2'

const refusedModes: Readonly<Record<string, string>> = {
  CMYKColorMode: 'CMYK',
  labColorMode: 'Lab',
  indexedColorMode: 'Indexed Color',
  bitmapMode: 'Bitmap',
  duotoneMode: 'Duotone',
  multichannelMode: 'Multichannel'
}

/**
 * The form of a document's pixels. Throws CodedError 'document-unsupported', before any of them is touched, with the
 * menu command that helps: Photoshop may crash when pixels of some modes are asked for.
 */
export function pixelFormOf(document: Document): PixelForm {
  const { mode, bitsPerChannel, name } = document
  const isGrey = mode === 'grayscaleMode'
  if (!isGrey && mode !== 'RGBColorMode')
    throw refusal(
      `“${name}” is in ${refusedModes[mode] ?? mode} mode; Marquee works on RGB and Grayscale.`,
      'Convert it (or a copy of it) with Image › Mode › RGB Color.'
    )
  const depth = bitsPerChannel === 'bitDepth8' ? 8 : bitsPerChannel === 'bitDepth16' ? 16 : null
  if (depth === null)
    throw refusal(
      `“${name}” has ${bitsPerChannel.replace('bitDepth', '')} bits a channel; Marquee works on 8 and 16.`,
      'Convert it (or a copy of it) with Image › Mode › 16 Bits/Channel.'
    )
  if (document.quickMaskMode)
    throw new CodedError(
      'host-busy',
      `“${name}” is in Quick Mask mode, which hides its selection.`,
      'Leave it with Q, then try again.'
    )
  const colorSpace = isGrey ? 'Grayscale' : 'RGB'
  if (document.colorProfileType === 'none') return { isGrey, depth, colorSpace, isExact: depth === 8 }
  const colorProfile = isGrey ? GREY : SRGB
  const isExact = depth === 8 && document.colorProfileName === colorProfile
  return { isGrey, depth, colorSpace, colorProfile, isExact }
}

const refusal = (message: string, hint: string): CodedError =>
  new CodedError('document-unsupported', message, hint)

/** Names documents: the same name in every session for a file, and for one session where it was never saved. */
export interface Documents {
  readonly idOf: (document: Document) => string
  /** The open document of a name. Throws CodedError 'not-found'. */
  readonly find: (id: string) => Document
}

/** `session` tells this start of Photoshop, which counts its documents anew, from others. */
export function createDocuments(app: App, session: string): Documents {
  /** By Photoshop's number: a document keeps its name when it is saved under another. */
  const names = new Map<number, string>()

  function idOf(document: Document): string {
    const known = names.get(document.id)
    if (known !== undefined) return known
    const open = new Set([...app.documents].map(({ id }) => names.get(id)))
    const byPath = isPath(document.path) ? `file-${hashOf(document.path)}` : null
    const name = byPath !== null && !open.has(byPath) ? byPath : `${session}-${document.id}`
    names.set(document.id, name)
    return name
  }

  return {
    idOf,
    find(id) {
      const open = [...app.documents]
      const found = open.find((document) => idOf(document) === id)
      if (found !== undefined) return found
      throw new CodedError(
        'not-found',
        open.length === 0
          ? 'The document was closed, so the new layers have no place to go.'
          : 'The document is no longer open.',
        'Open it again; the result is in its history.'
      )
    }
  }
}

const isPath = (path: string): boolean => /[\\/]/.test(path)

/** 53 bits of a text (cyrb53, public domain): enough to tell the files of one person apart. */
function hashOf(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(16).padStart(14, '0')
}
