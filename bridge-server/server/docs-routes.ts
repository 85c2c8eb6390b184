import type { FastifyInstance } from 'fastify'
import { assert } from '../errors.ts'
import { apiTable } from './api-table.ts'
import { asyncApi, openApi } from './describe-api.ts'
import { docsPage } from './docs-page.ts'

/** `GET /docs`: what the API is, for people and programs. Nothing in it is secret, so it needs no token. */
export function docsRoutes(app: FastifyInstance, version: string): void {
  app.get('/docs', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(docsPage({ open: openApi(version), async: asyncApi(version) }))
  )
  app.get('/docs/openapi.json', () => openApi(version))
  app.get('/docs/asyncapi.json', () => asyncApi(version))
}

/** Holds the description to what there is: a route that is not in the table, or the other way round, is a bug. Call it first. */
export function checkDescribed(app: FastifyInstance): void {
  const found = new Set<string>()
  app.addHook('onRoute', ({ method, url }) => {
    // The page's files and the A1111 API, which docs/a1111-api.md describes, are no part of ours.
    if (url.includes('*') || url === '/' || /^\/(sdapi|controlnet|internal)\//.test(url)) return
    for (const one of [method].flat()) found.add(`${one} ${url}`)
  })
  app.addHook('onReady', (done) => {
    const told = new Set(apiTable.map(({ method, path }) => `${method} ${path}`))
    const untold = [...found].filter((route) => !told.has(route) && !told.has(route.replace(/^HEAD/, 'GET')))
    const missing = [...told].filter((route) => !found.has(route))
    assert(
      untold.length + missing.length === 0,
      `routes that nobody describes: ${untold.join(', ')}; that are not there: ${missing.join(', ')}`
    )
    done()
  })
}
