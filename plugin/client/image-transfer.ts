import type { ImageRef } from '#protocol/images.ts'
import { bytesPerPixel } from '#protocol/pixels.ts'
import { CodedError } from './coded-error.ts'
import type { Http } from './http.ts'

/** Most bytes that go over the network in one piece. */
const PIECE = 16 * 1024 * 1024

export type Bytes = Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>

/** Sends a blob unless the server has it: whole where it is small, else in pieces that follow each other. */
export async function sendBlob({ ask }: Http, blob: string, parts: readonly Bytes[]): Promise<void> {
  const path = `/blobs/${blob}`
  const known = await ask(path, { method: 'HEAD' })
  if (known.ok) return
  const pieces = parts.flatMap(piecesOf)
  const total = pieces.reduce((sum, { length }) => sum + length, 0)
  const type = { 'Content-Type': 'application/octet-stream' }
  let from = 0
  for (const body of pieces.length === 0 ? [new Uint8Array()] : pieces) {
    const range = `bytes ${from}-${from + body.length - 1}/${total}`
    const headers = pieces.length <= 1 ? type : { ...type, 'Content-Range': range }
    await ask(path, { method: 'PUT', body, headers })
    from += body.length
  }
}

/** Usually the part itself. */
function piecesOf(part: Bytes): readonly Bytes[] {
  if (part.length <= PIECE) return [part]
  const count = Math.ceil(part.length / PIECE)
  return Array.from({ length: count }, (_, at) => part.subarray(at * PIECE, (at + 1) * PIECE))
}

/** The bytes of an image in full-width bands from the top. */
export async function receiveBands(
  http: Http,
  path: string,
  image: ImageRef
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const perRow = image.width * bytesPerPixel(image.format)
  const total = perRow * image.height
  const perBand = Math.max(1, Math.floor(PIECE / perRow)) * perRow
  if (total <= perBand) return [await received(http, path, total, null)]
  const bands: Uint8Array<ArrayBuffer>[] = []
  for (let from = 0; from < total; from += perBand)
    bands.push(await received(http, path, total, { from, to: Math.min(total, from + perBand) }))
  return bands
}

/** The bytes of an image in one buffer. */
export async function receiveWhole(
  http: Http,
  path: string,
  image: ImageRef
): Promise<Uint8Array<ArrayBuffer>> {
  const bands = await receiveBands(http, path, image)
  const [only] = bands
  if (only !== undefined && bands.length === 1) return only
  const whole = new Uint8Array(image.width * image.height * bytesPerPixel(image.format))
  let at = 0
  for (const band of bands) {
    whole.set(band, at)
    at += band.length
  }
  return whole
}

/** `to` is exclusive; null: everything. */
async function received(
  { ask }: Http,
  path: string,
  total: number,
  range: { readonly from: number; readonly to: number } | null
): Promise<Uint8Array<ArrayBuffer>> {
  const asked = range === null ? {} : { headers: { Range: `bytes=${range.from}-${range.to - 1}` } }
  const response = await ask(path, asked)
  const bytes = new Uint8Array(await response.arrayBuffer())
  // Who does not know of ranges sends everything.
  const isPart = range !== null && response.status === 206
  const expected = isPart ? range.to - range.from : total
  if (bytes.length !== expected)
    throw new CodedError('blob-mismatch', `The image has ${bytes.length} bytes instead of ${expected}.`)
  return range === null || isPart ? bytes : bytes.slice(range.from, range.to)
}
