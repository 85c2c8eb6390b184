import type { asyncApi, openApi } from './describe-api.ts'
import { apiTable, type ApiRoute } from './api-table.ts'

interface Descriptions {
  readonly open: ReturnType<typeof openApi>
  readonly async: ReturnType<typeof asyncApi>
}

/** The API as one page of HTML: no script, and nothing from elsewhere. */
export function docsPage({ open, async }: Descriptions): string {
  const { schemas } = open.components
  const { messages } = async.channels.socket
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Marquee: the API</title>',
    '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">',
    `<style>${style}</style></head><body><main>`,
    `<h1>Marquee ${escaped(open.info.version)}: the API</h1>`,
    `<p>${escaped(open.info.description)} Send the token as <code>Authorization: Bearer …</code>; what fails is answered with an <a href="#ErrorReply">ErrorReply</a>. For programs: <a href="/docs/openapi.json">OpenAPI</a>, <a href="/docs/asyncapi.json">AsyncAPI</a>.</p>`,
    '<h2>HTTP</h2>',
    ...apiTable.map(routeHtml),
    '<h2>The socket</h2>',
    `<p>${escaped(async.info.description)} Every message is one JSON object in a text frame.</p>`,
    ...part('From the client', async.operations.receive.messages, messages),
    ...part('From the server', async.operations.send.messages, messages),
    '<h2>Schemas</h2>',
    ...Object.entries(schemas).map(([name, schema]) => schemaHtml(name, schema)),
    '</main></body></html>'
  ].join('\n')
}

function part(
  title: string,
  refs: readonly { readonly $ref: string }[],
  messages: Descriptions['async']['channels']['socket']['messages']
): string[] {
  const names = refs.map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1))
  return [`<h3>${title}</h3>`, ...names.map((name) => schemaHtml(name, messages[name]?.payload, 'h4'))]
}

function routeHtml({
  method,
  path,
  about,
  who,
  body,
  status,
  answer,
  query = {},
  headers = {}
}: ApiRoute): string {
  const rows = [
    ['For', who === 'owner' ? 'the owner' : who === 'anybody' ? 'anybody' : 'whoever has a token'],
    ...Object.entries(query).map(([name, words]) => [`?${name}`, words] as const),
    ...Object.entries(headers),
    ...(body === undefined ? [] : [['Body', body] as const]),
    ['Answer', `${status ?? (answer === undefined ? 204 : 200)} ${answer ?? ''}`]
  ] as const
  return `<section><h3><b>${method}</b> <code>${escaped(path)}</code></h3><p>${escaped(about)}</p><dl>${rows
    .map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${linked(value)}</dd>`)
    .join('')}</dl></section>`
}

const linked = (value: string): string =>
  escaped(value).replace(/\b[A-Z][a-z]+(?:[A-Z]?[a-z]+)+$/, (name) => `<a href="#${name}">${name}</a>`)

function schemaHtml(name: string, schema: unknown, heading = 'h3'): string {
  const description = fieldOf(schema, 'description')
  const words = typeof description === 'string' ? `<p>${escaped(description)}</p>` : ''
  return `<section id="${escaped(name)}"><${heading}>${escaped(name)}</${heading}>${words}<pre>${escaped(typeOf(schema, ''))}</pre></section>`
}

/** A schema as a type is written in TypeScript, with what its ranges are. */
function typeOf(schema: unknown, indent: string): string {
  const anyOf = fieldOf(schema, 'anyOf')
  if (Array.isArray(anyOf)) return anyOf.map((one: unknown) => typeOf(one, indent)).join(' | ')
  const fixed = fieldOf(schema, 'const')
  if (fixed !== undefined) return JSON.stringify(fixed)
  const type = fieldOf(schema, 'type')
  if (type === 'object') return objectOf(schema, indent)
  if (type === 'array') {
    const inner = typeOf(fieldOf(schema, 'items'), indent)
    return inner.includes(' | ') ? `(${inner})[]` : `${inner}[]`
  }
  return type === 'integer' ? 'whole number' : String(type)
}

const limits = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern']

function objectOf(schema: unknown, indent: string): string {
  const properties = fieldOf(schema, 'properties')
  const required: unknown = fieldOf(schema, 'required')
  const lines = entriesOf(properties).map(([name, inner]) => {
    const mark = Array.isArray(required) && required.includes(name) ? '' : '?'
    const ranges = limits.flatMap((limit) => {
      const value = fieldOf(inner, limit)
      return value === undefined
        ? []
        : [`${limit} ${typeof value === 'string' ? value : JSON.stringify(value)}`]
    })
    const description = fieldOf(inner, 'description')
    const words = [...(typeof description === 'string' ? [description] : []), ...ranges].join('; ')
    return `${indent}  ${name}${mark}: ${typeOf(inner, `${indent}  `)}${words === '' ? '' : `   // ${words}`}`
  })
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null ? Object.entries<unknown>({ ...value }) : []

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const style = `:root{color-scheme:light dark}body{margin:0;font:15px/1.5 system-ui,sans-serif}
main{max-width:52rem;margin:0 auto;padding:1.5rem}h2{margin-top:2.5rem}section{border-top:1px solid #8884;padding:.4rem 0}
h3,h4{margin:.4rem 0;font-size:1rem}p{margin:.3rem 0}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.3rem 0}
dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}pre{overflow:auto;padding:.6rem;background:#8881;border-radius:4px;font-size:13px;white-space:pre-wrap}`
