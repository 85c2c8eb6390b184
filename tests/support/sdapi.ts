import { request as httpRequest } from 'node:http'
import { decodePicture, encodePng } from '../../bridge-server/image/codec.ts'
import type { Rgba } from '../../bridge-server/image/pixels.ts'

interface Answer {
  readonly status: number
  readonly json: Record<string, unknown>
}

/** Asks an open `/sdapi/v1` as programs do: without any header of a browser. */
export function askSdapi(url: string, route: string, body?: unknown): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const text = body === undefined ? null : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        ...{ hostname, port, path: route, method: text === null ? 'GET' : 'POST' },
        headers: text === null ? {} : { 'content-type': 'application/json' }
      },
      (reply) => {
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('end', () => {
          const json: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
          resolve({ status: reply.statusCode ?? 0, json: json as Record<string, unknown> })
        })
      }
    )
    request.on('error', reject)
    request.end(text ?? undefined)
  })
}

/** A picture that changes from pixel to pixel, opaque. */
export const patterned = (width: number, height: number, step = 7): Rgba => ({
  width,
  height,
  data: new Uint8ClampedArray(width * height * 4).map((_, i) => (i % 4 === 3 ? 255 : (i * step) % 256))
})

export const base64 = async (picture: Rgba, text: Readonly<Record<string, string>> = {}): Promise<string> =>
  (await encodePng(picture, text)).toString('base64')

export const unpacked = (file: unknown): Promise<Rgba> => decodePicture(Buffer.from(String(file), 'base64'))

/** The pictures of an answer. */
export const imagesOf = ({ status, json }: Answer): readonly string[] => {
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(json).slice(0, 500)}`)
  return json.images as string[]
}
