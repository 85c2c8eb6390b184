import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTokenizers } from '../../../bridge-server/prompt/tokenizer.ts'
import type { PromptReport } from '../../../bridge-server/protocol/prompt.ts'
import { createPromptReader } from '../../../bridge-server/read-prompt.ts'
import { createModelInbox } from '../../../bridge-server/weights/model-inbox.ts'
import { openExtensions } from '../../../bridge-server/weights/extensions/extension-library.ts'
import { openLibrary } from '../../../bridge-server/weights/library.ts'
import { emptyCatalogue, startBridge, testToken } from '../../support/bridge.ts'
import { loraBytes, modelBytes } from '../../support/model-bytes.ts'
import { safetensorsOf } from '../../support/tensor-files.ts'

const pocket = path.resolve(import.meta.dirname, '../../../models/pocket')

let root = ''
let bridge: Awaited<ReturnType<typeof startBridge>>
let library: ReturnType<typeof openLibrary>
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'marquee-models-'))
  await writeFile(path.join(root, 'a.safetensors'), modelBytes)
  library = openLibrary({
    folders: [root, pocket],
    cacheFolder: path.join(root, '.cache'),
    settingsFile: path.join(root, '.models.json')
  })
  bridge = await startBridge({
    run: () => () => Promise.reject(new Error('no job is expected')),
    models: { ...library, ...(await createModelInbox(root)) },
    readPrompt: createPromptReader({
      find: (id) => library.find(id),
      openTokenizer: createTokenizers(),
      extensions: openExtensions({
        folders: () => library.searched(),
        cacheFolder: path.join(root, '.cache')
      })
    })
  })
})
afterAll(async () => {
  await bridge.close()
  library.close()
  await rm(root, { recursive: true, force: true })
})

const headers = { authorization: `Bearer ${testToken}` }
const ask = (method: 'POST' | 'PUT' | 'DELETE', url: string, payload: object) =>
  bridge.app.inject({ method, url, payload, headers: { ...headers, host: `localhost:${bridge.port}` } })
const send = (name: string, body: Uint8Array<ArrayBuffer>) =>
  fetch(`${bridge.url}/api/models/${name}`, {
    method: 'PUT',
    body,
    headers: { ...headers, 'content-type': 'application/octet-stream' }
  })
const ids = async () => (await library.catalogue()).models.map(({ id }) => id)

it('lets nobody in without the token', async () => {
  const host = `localhost:${bridge.port}`
  for (const [method, url] of [
    ['POST', '/api/prompt'],
    ['PUT', '/api/models/x.safetensors'],
    ['PUT', '/api/model-choices/a'],
    ['POST', '/api/model-folders'],
    ['DELETE', '/api/model-folders']
  ] as const)
    expect((await bridge.app.inject({ method, url, headers: { host } })).statusCode, url).toBe(401)
})

it('counts and reads both prompts as the model would', async () => {
  const question = {
    model: 'pocket',
    prompt: `a (red car, ${'word, '.repeat(50)}`,
    negativePrompt: '',
    steps: 20
  }
  const response = await ask('POST', '/api/prompt', question)
  expect(response.statusCode).toBe(200)
  const { prompt, negativePrompt } = response.json<PromptReport>()
  expect(prompt.tokens).toBeGreaterThan(100)
  expect(prompt.chunks).toBe(Math.ceil(prompt.tokens / prompt.chunkTokens))
  expect(prompt.problems).toEqual([
    { from: 2, to: 3, message: expect.stringContaining('never closed') as string }
  ])
  expect(negativePrompt).toEqual({ tokens: 0, chunks: 1, chunkTokens: prompt.chunkTokens, problems: [] })
})

it('counts an embedding by its vectors, and says at its place what a tag names and is not there', async () => {
  const { textEncoders } = await library.find('pocket')
  const [, width = 0] =
    textEncoders[0]?.weights.get('text_model.embeddings.token_embedding.weight')?.shape ?? []
  const read = async (prompt: string, negativePrompt = '') =>
    (
      await ask('POST', '/api/prompt', { model: 'pocket', prompt, negativePrompt, steps: 20 })
    ).json<PromptReport>()
  const words = await read('foreign', 'a torn')
  await writeFile(path.join(root, 'grumpy-fox.safetensors'), safetensorsOf({ emb_params: [9, width] }))
  await writeFile(path.join(root, 'foreign.safetensors'), safetensorsOf({ emb_params: [9, width + 8] }))
  expect((await read('a grumpy-fox, a', 'Grumpy-Fox')).prompt.tokens).toBe(1 + 9 + 2)
  expect((await read('a', 'Grumpy-Fox')).negativePrompt.tokens).toBe(9)
  const down = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight'
  await writeFile(
    path.join(root, 'zoo.safetensors'),
    safetensorsOf({
      [down]: [2, width],
      [down.replace('down', 'up')]: [192, 2],
      'bundle_emb.okapi.emb_params': [7, width]
    })
  )
  // What lies in a LoRA's file counts once the LoRA is named, in both prompts.
  const okapi = (await read('okapi')).prompt.tokens
  expect(okapi).not.toBe(7)
  const withLora = await read('okapi, <lora:zoo:0.5>', 'an okapi')
  expect([withLora.prompt.tokens, withLora.negativePrompt.tokens]).toEqual([7 + 1, 1 + 7])
  expect(withLora.prompt.problems).toEqual([])
  // Made for other encoders, it is a word.
  expect((await read('foreign')).prompt.tokens).toBe(words.prompt.tokens)
  expect((await read('a <lora:grumpy:1> b')).prompt.problems).toEqual([
    { from: 2, to: 17, message: expect.stringContaining('There is no LoRA “grumpy”') as string }
  ])
  const damaged = path.join(root, 'embeddings', 'torn.safetensors')
  await mkdir(path.dirname(damaged))
  await writeFile(damaged, 'torn')
  expect((await read('a torn')).prompt).toMatchObject({
    tokens: words.negativePrompt.tokens,
    problems: [{ from: 2, to: 6, message: expect.stringContaining('torn') as string }]
  })
})

it('refuses a question that is none, and says what is wrong', async () => {
  const question = { model: 'pocket', prompt: 'x', negativePrompt: '', steps: 20 }
  for (const [change, status, code] of [
    [{ steps: 0 }, 400, 'bad-message'],
    [{ prompt: 'x'.repeat(20_001) }, 400, 'bad-message'],
    [{ more: 1 }, 400, 'bad-message'],
    [{ model: 'nowhere' }, 404, 'model-missing'],
    [{ prompt: 'x'.repeat(300_000) }, 413, 'too-large']
  ] as const) {
    const response = await ask('POST', '/api/prompt', { ...question, ...change })
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([status, code])
  }
})

it('takes a model in, and refuses what is none without leaving anything', async () => {
  expect((await send('my%20model.safetensors', new Uint8Array(modelBytes))).status).toBe(201)
  expect(await ids()).toContain('my model')
  expect((await send('my%20model.safetensors', new Uint8Array(modelBytes))).status).toBe(409)
  const lora = await send('style.safetensors', new Uint8Array(loraBytes))
  expect(lora.status).toBe(422)
  expect(await lora.json()).toMatchObject({ code: 'model-unsupported' })
  expect((await send('..%2Fevil.safetensors', new Uint8Array(modelBytes))).status).toBe(400)
  expect((await send('nothing.safetensors', new Uint8Array(0))).status).toBe(422)
  const files = readdirSync(root, { recursive: true }).map(String)
  expect(files.filter((file) => /style|evil|nothing/.test(file))).toEqual([])
})

it('remembers what is said of a model, by any id', async () => {
  const choice = { prediction: 'v', vae: null }
  expect((await ask('PUT', `/api/model-choices/${encodeURIComponent('my model')}`, choice)).statusCode).toBe(
    204
  )
  expect((await library.find('my model')).info.prediction).toBe('v')
  expect((await ask('PUT', '/api/model-choices/nowhere', choice)).statusCode).toBe(404)
  expect((await ask('PUT', '/api/model-choices/a', { prediction: 'x', vae: null })).statusCode).toBe(400)
})

it('adds folders of this computer, for who sits at it', async () => {
  const folder = path.dirname(pocket)
  expect((await ask('POST', '/api/model-folders', { folder })).statusCode).toBe(204)
  expect((await library.catalogue()).folders).toEqual([folder])
  const wrong = await ask('POST', '/api/model-folders', { folder: '/nowhere/at/all' })
  expect([wrong.statusCode, wrong.json<{ code: string }>().code]).toEqual([422, 'settings-invalid'])
  const afar = await bridge.app.inject({
    method: 'POST',
    url: '/api/model-folders',
    payload: { folder },
    remoteAddress: '192.168.0.7',
    headers: { ...headers, host: `localhost:${bridge.port}` }
  })
  expect(afar.statusCode).toBe(403)
  for (const name of [
    ...['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-proto'],
    'x-real-ip',
    'cf-connecting-ip'
  ]) {
    const proxied = await fetch(`${bridge.url}/api/model-folders`, {
      method: 'POST',
      body: JSON.stringify({ folder: path.dirname(folder) }),
      headers: { ...headers, 'content-type': 'application/json', [name]: '127.0.0.1' }
    })
    expect(proxied.status, name).toBe(403)
    expect(await proxied.json()).toMatchObject({ message: expect.stringContaining('a proxy') as unknown })
  }
  expect((await library.catalogue()).folders).toEqual([folder])
  expect((await ask('DELETE', '/api/model-folders', { folder })).statusCode).toBe(204)
  expect((await library.catalogue()).folders).toEqual([])
})

it('tells where things lie on this computer only to who sits at it', async () => {
  const refused = { id: 'a', name: 'A', code: 'model-outside' as const, message: 'A link.', hint: 'Add it.' }
  const told = { ...emptyCatalogue, folders: ['/srv/more'], refused: [{ ...refused, leadsTo: '/srv/a' }] }
  const other = await startBridge({
    run: () => () => Promise.reject(new Error('no job is expected')),
    catalogue: told
  })
  const catalogue = (more: object) =>
    fetch(`${other.url}/api/catalogue`, { headers: { ...headers, ...more } }).then((reply) => reply.json())
  try {
    expect(await catalogue({})).toEqual(told)
    expect(await catalogue({ 'x-forwarded-for': '192.168.0.7' })).toEqual({
      ...emptyCatalogue,
      refused: [refused]
    })
  } finally {
    await other.close()
  }
})

it('lives where a file is too much before anybody reads it', async () => {
  const slow = await startBridge({
    run: () => () => Promise.reject(new Error('no job is expected')),
    models: {
      ...library,
      async receive(_id, body) {
        await setTimeout(100)
        await pipeline(body, new PassThrough().resume())
      }
    },
    limits: { modelBytes: 10 }
  })
  const reply = await fetch(`${slow.url}/api/models/long.safetensors`, {
    method: 'PUT',
    body: new Blob([new Uint8Array(1000)]).stream(),
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    ...{ duplex: 'half' }
  })
  expect(reply.status).toBe(429)
  await slow.close()
})

it('takes no more of model files than a token may send in an hour, whether their length is announced or not', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-models-'))
  const small = await startBridge({
    run: () => () => Promise.reject(new Error('no job is expected')),
    models: { ...library, ...(await createModelInbox(folder)) },
    limits: { modelBytes: modelBytes.length * 2 }
  })
  const put = (name: string, body: BodyInit) =>
    fetch(`${small.url}/api/models/${name}`, {
      method: 'PUT',
      body,
      headers: { ...headers, 'content-type': 'application/octet-stream' },
      ...{ duplex: 'half' }
    })
  const content = new Uint8Array(modelBytes)
  expect((await put('one.safetensors', content)).status).toBe(201)
  const long = new Uint8Array(Math.ceil(modelBytes.length * 1.5))
  expect((await put('two.safetensors', long)).status).toBe(429)
  expect((await put('three.safetensors', new Blob([long]).stream())).status).toBe(429)
  const files = readdirSync(folder, { recursive: true }).map(String)
  expect(files.filter((file) => /two|three/.test(file))).toEqual([])
  await small.close()
  await rm(folder, { recursive: true, force: true })
})
