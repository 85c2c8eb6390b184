import { ErrorReply } from '../protocol/errors.ts'
import { clientMessages, PROTOCOL_VERSION, ServerMessage } from '../protocol/messages.ts'
import { schemaComments } from '../schema-comments.ts'
import { apiSchemas, apiTable, type ApiRoute, type Content } from './api-table.ts'

const modules = [
  'annotators.ts',
  'catalogue.ts',
  'downloads.ts',
  'errors.ts',
  'messages.ts',
  'prompt.ts'
] as const
const further = ['results.ts', 'status.ts', 'tokens.ts'] as const

/** The comments of all schemas, which stand where the schemas do. */
const comments = () => new Map([...modules, ...further].flatMap((module) => [...schemaComments(module)]))

type Schema = Readonly<Record<string, unknown>>

/** A schema with what its comments say. */
function described(name: string, schema: object, all: ReturnType<typeof comments>): Schema {
  const { about, fields } = all.get(name) ?? { about: null, fields: new Map<string, string>() }
  const plain = JSON.parse(JSON.stringify(schema)) as Schema
  const { properties } = plain
  const told =
    typeof properties !== 'object' || properties === null
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([field, inner]: [string, unknown]) => {
              const description = fields.get(field)
              return [field, description === undefined ? inner : { ...Object(inner), description }]
            })
          )
        }
  return { ...plain, ...told, ...(about === null ? {} : { description: about }) }
}

/** OpenAPI 3.1 of the server's own API. */
export function openApi(version: string) {
  const all = comments()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of apiTable) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  const schemas = Object.entries({ ...apiSchemas, ErrorReply }).map(
    ([name, schema]) => [name, described(name, schema, all)] as const
  )
  return {
    openapi: '3.1.0',
    info: {
      title: 'Marquee',
      version,
      description: 'The bridge server’s own API. Pixels travel as blobs, never in JSON.'
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'The token of the printed link, or one that the owner made.'
        }
      },
      schemas: Object.fromEntries(schemas)
    }
  }
}

function operation({ method, path, about, who, body, status, answer, query = {}, headers = {} }: ApiRoute) {
  const parameter = (place: string) => (entry: readonly [string, string]) => ({
    ...{ name: entry[0], in: place, required: place === 'path', description: entry[1] },
    schema: { type: 'string' }
  })
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, ''] as const)
  const good = String(status ?? (answer === undefined ? 204 : 200))
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[/:]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/\W/g, '')}`,
    summary: who === 'owner' ? `${about} For the owner.` : about,
    ...(who === 'anybody' ? { security: [] } : {}),
    parameters: [
      ...inPath.map(parameter('path')),
      ...Object.entries(query).map(parameter('query')),
      ...Object.entries(headers).map(parameter('header'))
    ],
    ...(body === undefined ? {} : { requestBody: { content: contentOf(body) } }),
    responses: {
      [good]: { description: 'Done', ...(answer === undefined ? {} : { content: contentOf(answer) }) },
      default: { description: 'What went wrong, and what to do about it', content: contentOf('ErrorReply') }
    }
  }
}

const contentOf = (content: Content | 'ErrorReply') =>
  content.includes('/')
    ? { [content]: {} }
    : { 'application/json': { schema: { $ref: `#/components/schemas/${content}` } } }

/** AsyncAPI 3.0 of the socket. */
export function asyncApi(version: string) {
  const all = comments()
  const fromClient = Object.entries(clientMessages).map(([type, schema]) => {
    const name = `${type.charAt(0).toUpperCase()}${type.slice(1)}`
    return [type, described(name, schema, all)] as const
  })
  const fromServer = ServerMessage.anyOf.map(
    (schema) => [schema.properties.type.const, described('', schema, all)] as const
  )
  const messages = (entries: readonly (readonly [string, Schema])[]) =>
    Object.fromEntries(entries.map(([name, payload]) => [name, { name, payload }]))
  const refs = (entries: readonly (readonly [string, Schema])[]) =>
    entries.map(([name]) => ({ $ref: `#/channels/socket/messages/${name}` }))
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Marquee’s socket',
      version,
      description: `Protocol ${PROTOCOL_VERSION}. ${all.get('ServerMessage')?.about ?? ''}`
    },
    channels: {
      socket: { address: '/api/socket', messages: { ...messages(fromClient), ...messages(fromServer) } }
    },
    operations: {
      receive: { action: 'receive', channel: { $ref: '#/channels/socket' }, messages: refs(fromClient) },
      send: { action: 'send', channel: { $ref: '#/channels/socket' }, messages: refs(fromServer) }
    }
  }
}
