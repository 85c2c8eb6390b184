import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { startBridge, testToken } from '../../support/bridge.ts'
import { safetensorsOf } from '../../support/tensor-files.ts'

const layer = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k'
const lora = safetensorsOf({ [`${layer}.lora_down.weight`]: [4, 768], [`${layer}.lora_up.weight`]: [320, 4] })
const picture = (background: string) =>
  sharp({ create: { width: 300, height: 200, channels: 3, background } })

const folder = mkdtempSync(path.join(tmpdir(), 'marquee-pictures-'))
const root = path.join(folder, 'models')
const extensions = openExtensions({
  folders: () => Promise.resolve([root]),
  cacheFolder: path.join(folder, 'cache')
})
let bridge: Awaited<ReturnType<typeof startBridge>>

beforeAll(async () => {
  const write = (name: string, bytes: Uint8Array) => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), bytes)
  }
  for (const name of ['Lora/ink', 'Lora/sub/both', 'Lora/Plain', 'Lora/broken', 'Lora/huge', 'photo'])
    write(`${name}.safetensors`, lora)
  write('Lora/ink.webp', await picture('#ff0000').webp({ lossless: true }).toBuffer())
  write('Lora/sub/both.png', await picture('#00ff00').png().toBuffer())
  write('Lora/sub/both.preview.png', await picture('#0000ff').png().toBuffer())
  write('Lora/broken.png', Buffer.from('no picture at all'))
  write('Lora/huge.jpg', Buffer.alloc(33 * 2 ** 20))
  write(
    'photo.JPG',
    await picture('#888888')
      .withExif({ IFD0: { Copyright: 'somebody' } })
      .jpeg()
      .toBuffer()
  )
  write('secret.png', await picture('#123456').png().toBuffer())
  bridge = await startBridge({
    run: () => () => Promise.reject(new Error('no job is expected')),
    extensionPicture: (id) => extensions.picture(id)
  })
})
afterAll(async () => {
  await bridge.close()
  rmSync(folder, { recursive: true, force: true })
})

const get = (id: string, query = '', headers = {}) =>
  fetch(`${bridge.url}/api/extensions/${encodeURIComponent(id)}/picture${query}`, {
    headers: { authorization: `Bearer ${testToken}`, ...headers }
  })
/** The colour in the middle of a picture, within what JPEG makes of it. */
async function colourOf(response: Response): Promise<readonly number[]> {
  const { data, info } = await sharp(await response.arrayBuffer())
    .raw()
    .toBuffer({ resolveWithObject: true })
  const at = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * info.channels
  return [...data.subarray(at, at + 3)].map((value) => Math.round(value / 16) * 16)
}

describe('the picture beside an extension’s file', () => {
  it('is told of in the list', async () => {
    const told = (await extensions.list()).filter(({ hasPicture }) => hasPicture).map(({ id }) => id)
    expect(told.sort()).toEqual(['Lora/broken', 'Lora/huge', 'Lora/ink', 'Lora/sub/both', 'photo'])
  })

  it('comes small, as JPEG, whatever it is', async () => {
    const response = await get('Lora/ink')
    expect(response.headers.get('content-type')).toBe('image/jpeg')
    const look = await sharp(await response.clone().arrayBuffer()).metadata()
    expect([look.format, look.width, look.height]).toEqual(['jpeg', 160, 107])
    expect(await colourOf(response)).toEqual([256, 0, 0])
    const small = await sharp(await (await get('Lora/ink', '?side=30')).arrayBuffer()).metadata()
    expect([small.width, small.height]).toEqual([30, 20])
  })

  it('is the preview where there are two, found in any case, and tells nothing else of itself', async () => {
    expect(await colourOf(await get('Lora/sub/both'))).toEqual([0, 0, 256])
    const photo = await sharp(await (await get('photo')).arrayBuffer()).metadata()
    expect(photo.exif).toBeUndefined()
  })

  it('is not sent again while it is the same', async () => {
    const etag = (await get('Lora/ink')).headers.get('etag') ?? ''
    expect((await get('Lora/ink', '', { 'if-none-match': etag })).status).toBe(304)
    expect((await get('Lora/ink', '?side=80', { 'if-none-match': etag })).status).toBe(200)
  })

  it.each([
    ['one without a picture', 'Lora/Plain', 404, 'not-found'],
    ['a picture of no extension', 'secret', 404, 'not-found'],
    ['a way out of the folder', '../secret', 404, 'not-found'],
    ['what is no picture', 'Lora/broken', 422, 'picture-unreadable'],
    ['more bytes than are read', 'Lora/huge', 413, 'too-large']
  ])('is refused for %s', async (_case, id, status, code) => {
    const response = await get(id)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code])
  })

  it('is for nobody without a token, and no larger than a look', async () => {
    expect((await get('Lora/ink', '', { authorization: 'Bearer other' })).status).toBe(401)
    expect((await get('Lora/ink', '?side=5000')).status).toBe(400)
  })
})
