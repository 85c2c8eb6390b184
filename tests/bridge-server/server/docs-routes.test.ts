import Fastify from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checked } from '../../../bridge-server/parse.ts'
import { apiSchemas, apiTable, type ApiRoute } from '../../../bridge-server/server/api-table.ts'
import { checkDescribed } from '../../../bridge-server/server/docs-routes.ts'
import { newJobId, openSocket, aRequest, startBridge, testToken } from '../../support/bridge.ts'

let bridge: Awaited<ReturnType<typeof startBridge>>
const jobId = newJobId()
beforeAll(async () => {
  bridge = await startBridge({
    run:
      () =>
      ({ request }) =>
        Promise.resolve({ area: request.area, variations: [], workingSize: request.canvas, seconds: 0 }),
    readPrompt: () =>
      Promise.resolve({
        prompt: { tokens: 1, chunks: 1, chunkTokens: 75, problems: [] },
        negativePrompt: { tokens: 0, chunks: 1, chunkTokens: 75, problems: [] }
      })
  })
  const socket = await openSocket(bridge.port)
  await socket.hello()
  socket.say({ type: 'generate', jobId, request: aRequest() })
  await socket.next('done', jobId)
  socket.close()
})
afterAll(() => bridge.close())

const call = ({ method, path }: ApiRoute, body?: object) =>
  fetch(`${bridge.url}${path.replace(':id', jobId)}`, {
    method,
    headers: {
      authorization: `Bearer ${testToken}`,
      'x-marquee-client': 'client-of-tests',
      ...(body === undefined ? {} : { 'content-type': 'application/json' })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
const isSchema = (name: string): name is keyof typeof apiSchemas => Object.hasOwn(apiSchemas, name)

it('does not start with a route that nobody describes, nor with a description of none', async () => {
  const app = Fastify()
  checkDescribed(app)
  app.get('/api/secret', () => null)
  await expect(app.ready()).rejects.toThrow(/nobody describes: GET \/api\/secret.*not there: GET \/health/)
})

// Their answers are seen where jobs and tokens are made and pairs are paired.
const answering = apiTable.filter(
  ({ method, answer }) => method === 'GET' && answer !== undefined && isSchema(answer)
)
it.each(answering.map((route) => [route.path, route] as const))(
  'answers GET %s with what is described, and no field more',
  async (_, route) => {
    const value = (await (await call(route)).json()) as object
    if (route.answer !== undefined && isSchema(route.answer)) checked(apiSchemas[route.answer], value)
    const described = (await (await fetch(`${bridge.url}/docs/openapi.json`)).json()) as {
      components: { schemas: Record<string, { properties: object }> }
    }
    expect(Object.keys(described.components.schemas[route.answer ?? '']!.properties)).toEqual(
      expect.arrayContaining(Object.keys(value))
    )
  }
)

it.each([
  ['POST', '/api/tokens', { name: 'Tablet' }, 'MadeToken'],
  ['POST', '/api/pairing', undefined, 'PairingOffer'],
  ['POST', '/api/prompt', { model: 'pocket', prompt: 'a', negativePrompt: '', steps: 4 }, 'PromptReport']
] as const)('answers %s %s with what is described', async (method, path, body, answer) => {
  const response = await call({ method, path, about: '' }, body)
  checked(apiSchemas[answer], await response.json())
})

const taking = apiTable.filter(({ body }) => body !== undefined && isSchema(body))
it.each(taking.map((route) => [route.method, route.path, route] as const))(
  'checks the body of %s %s by the schema that is described',
  async (_method, _path, route) => {
    const response = await call(route, { nothing: 'of the kind' })
    expect([response.status, (await response.json()) as object]).toEqual([
      400,
      expect.objectContaining({ code: 'bad-message' })
    ])
  }
)

it('gives the descriptions to anybody: one page without scripts, and both for programs', async () => {
  const page = await fetch(`${bridge.url}/docs`)
  const html = await page.text()
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(html).not.toMatch(/<script|<img|https?:\/\/|(src|href)="(?!#|\/docs\/|data:,")/)
  for (const { path } of apiTable) expect(html).toContain(`<code>${path}</code>`)
  for (const name of ['hello', 'generate', 'queued', 'preview', 'done', 'ErrorReply', 'Catalogue'])
    expect(html).toContain(`id="${name}"`)
  const open = (await (await fetch(`${bridge.url}/docs/openapi.json`)).json()) as {
    openapi: string
    components: { schemas: object }
  }
  const refs = [...JSON.stringify(open).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name)
  expect(open.openapi).toBe('3.1.0')
  expect(Object.keys(open.components.schemas)).toEqual(expect.arrayContaining([...new Set(refs)]))
  const async = (await (await fetch(`${bridge.url}/docs/asyncapi.json`)).json()) as {
    asyncapi: string
    channels: { socket: { messages: object } }
  }
  expect(async.asyncapi).toBe('3.0.0')
  expect(Object.keys(async.channels.socket.messages)).toEqual([
    ...['hello', 'generate', 'cancel', 'reorder'],
    ...['welcome', 'queued', 'started', 'progress', 'preview', 'done', 'failed', 'cancelled', 'error']
  ])
})
