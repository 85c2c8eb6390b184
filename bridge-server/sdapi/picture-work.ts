import { AppError, assert } from '../errors.ts'
import { decodePicture, encodePng, pictureTexts } from '../image/codec.ts'
import { correctColors } from '../image/color-correction.ts'
import { fittedMap } from '../image/fit-map.ts'
import { markMade } from '../image/mark-made.ts'
import { readGray, readImage, readRgba, storeImage } from '../image/picture-blobs.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { resizeGray, resizeRgba } from '../image/resize.ts'
import { maskFrom } from '../image/webui-mask.ts'
import { cutToMiddle, mixed } from '../image/webui-enlarge.ts'
import { cutOut, joinedTiles, type Placed } from '../image/webui-tiles.ts'
import type { BlobStore } from '../jobs/blobs.ts'
import type { Size } from '../protocol/geometry.ts'
import type { ImageRef } from '../protocol/images.ts'
import { shown, wrong } from './fields.ts'
import { infoOf } from './png-info.ts'
import type { PictureReply, PictureTask, Sent, StoredFinish, StoredStart } from './picture-tasks.ts'
import { finished, flattened, startOf, type Finish } from './starts.ts'

/** Longest side and pixels of a picture that is sent: 64 megapixels, told by its header before it is unpacked. */
const limits = { side: 32_768, pixels: 2 ** 26 }

/** Does what the thread of pictures is asked for; images come from the store and go there. */
export async function workOn(task: PictureTask, blobs: BlobStore): Promise<PictureReply> {
  if (task.name === 'start') return { name: 'start', start: await started(task, blobs) }
  if (task.name === 'info')
    return { name: 'info', info: infoOf(await named(task.sent, pictureTexts(bytesOf(task.sent)))) }
  if (task.name === 'encode') return { name: 'file', file: (await encoded(task, blobs)).toString('base64') }
  return { name: 'image', image: await storeImage(blobs, await imageFor(task, blobs)) }
}

type Task<Name extends PictureTask['name']> = Extract<PictureTask, { name: Name }>

async function imageFor(
  task: Task<'decode' | 'fit-map' | 'blend' | 'flatten' | 'cut' | 'join'>,
  blobs: BlobStore
): Promise<Rgba | Gray> {
  switch (task.name) {
    case 'decode':
      return decoded(task)
    case 'fit-map':
      return overArea(fittedMap(await readImage(blobs, task.map), task.area, task.resize), task.area)
    case 'blend':
      return blended(task, blobs)
    case 'flatten':
      return flattened(await opened(task.sent), task.background)
    case 'cut':
      return cutOut(await readRgba(blobs, task.picture), task.at)
    case 'join':
      return joined(task, blobs)
  }
}

async function joined({ pictures, rows, size, overlap }: Task<'join'>, blobs: BlobStore): Promise<Rgba> {
  const left = [...pictures]
  const placed: Placed[][] = []
  for (const row of rows) {
    const tiles: Placed[] = []
    for (const { x, y } of row) {
      const picture = left.shift()
      assert(picture !== undefined, 'a layout of more tiles than were made')
      tiles.push({ x, y, picture: await readRgba(blobs, picture) })
    }
    placed.push(tiles)
  }
  return joinedTiles(placed, size, overlap)
}

const opened = (sent: Sent): Promise<Rgba> => named(sent, decodePicture(bytesOf(sent), limits))

async function decoded({ sent, as, size, shortSide }: Task<'decode'>): Promise<Rgba | Gray> {
  const picture = await opened(sent)
  const target = size ?? (shortSide === undefined ? picture : sizeOfShortSide(picture, shortSide))
  const isSame = target.width === picture.width && target.height === picture.height
  if (as === 'rgba') return isSame ? picture : resizeRgba(picture, target, 'lanczos')
  const mask = maskFrom(picture, false)
  return isSame ? mask : resizeGray(mask, target, 'lanczos')
}

function sizeOfShortSide({ width, height }: Size, side: number): Size {
  const scale = side / Math.min(width, height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

async function started(
  { picture, mask, settings, background }: Task<'start'>,
  blobs: BlobStore
): Promise<StoredStart> {
  const whole = flattened(await opened(picture), background)
  const sentMask = mask === null ? null : await opened(mask)
  const start = startOf(whole, sentMask, settings)
  return {
    ...start,
    picture: await storeImage(blobs, start.picture),
    mask: start.mask === null ? null : await storeImage(blobs, start.mask),
    finish: await storeFinish(start.finish, blobs)
  }
}

async function storeFinish(finish: Finish<Rgba, Gray>, blobs: BlobStore): Promise<StoredFinish> {
  if (finish.kind === 'all') return finish
  return { ...finish, old: await storeImage(blobs, finish.old), mask: await storeImage(blobs, finish.mask) }
}

async function readFinish(finish: StoredFinish, blobs: BlobStore): Promise<Finish<Rgba, Gray>> {
  if (finish.kind === 'all') return finish
  return { ...finish, old: await readRgba(blobs, finish.old), mask: await readGray(blobs, finish.mask) }
}

async function blended({ pictures, size, cut, visibility }: Task<'blend'>, blobs: BlobStore): Promise<Rgba> {
  const read = async (ref: ImageRef): Promise<Rgba> => {
    const picture = await readRgba(blobs, ref)
    const resized =
      picture.width === size.width && picture.height === size.height
        ? picture
        : resizeRgba(picture, size, 'lanczos')
    return cut === null ? resized : cutToMiddle(resized, cut)
  }
  const [first, second] = pictures
  if (first === undefined) throw new Error('Bug: nothing to blend')
  return second === undefined ? read(first) : mixed(await read(first), await read(second), visibility)
}

async function encoded(
  { picture, finish: stored, text, colors, marked = false }: Task<'encode'>,
  blobs: BlobStore
): Promise<Buffer> {
  const finish = await readFinish(stored, blobs)
  const made = colours(await readImage(blobs, picture))
  const corrected = colors === undefined ? made : correctColors(made, await readRgba(blobs, colors))
  const whole = finished(corrected, finish)
  const before = finish.kind === 'all' ? null : finish.old
  return encodePng(marked ? markMade(whole, before) : whole, text, 'opaque')
}

function overArea(map: Rgba | Gray, { width, height }: Size): Rgba | Gray {
  if (map.width === width && map.height === height) return map
  return map.data instanceof Uint8Array
    ? resizeGray({ ...map, data: map.data }, { width, height }, 'bicubic')
    : resizeRgba({ ...map, data: map.data }, { width, height }, 'bicubic')
}

/** Grey levels as colours. */
function colours({ width, height, data }: Rgba | Gray): Rgba {
  if (data instanceof Uint8ClampedArray) return { width, height, data }
  const out = new Uint8ClampedArray(4 * data.length).fill(255)
  for (let i = 0; i < data.length; i++) out.fill(data[i] ?? 0, 4 * i, 4 * i + 3)
  return { width, height, data: out }
}

/** The file that was sent. Throws AppError that names the field. */
function bytesOf({ text, field }: Sent): Buffer {
  const trimmed = text.trim()
  const mark = /^data:[^,]{0,100};base64,/i.exec(trimmed.slice(0, 120))?.[0] ?? ''
  const bytes = Buffer.from(trimmed.slice(mark.length), 'base64')
  if (bytes.length > 0) return bytes
  throw wrong(field, `must be a picture as base64 text, but is ${shown(text)}.`)
}

/** Has an error say in which field the picture came. */
async function named<T>({ field }: Sent, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof AppError) || error.field !== undefined) throw error
    throw new AppError(error.code, {
      message: `${field}: ${error.message}`,
      field,
      ...(error.hint === undefined ? {} : { hint: error.hint })
    })
  }
}
