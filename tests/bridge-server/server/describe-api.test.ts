import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, it } from 'vitest'
import { clientMessages, ServerMessage } from '../../../bridge-server/protocol/messages.ts'
import { apiTable } from '../../../bridge-server/server/api-table.ts'
import { asyncApi, openApi } from '../../../bridge-server/server/describe-api.ts'
import { aRequest } from '../../support/bridge.ts'

const require = createRequire(import.meta.url)
const open = openApi('1.2.3')
const async = asyncApi('1.2.3')

it('is OpenAPI 3.1 by the specification’s own schema, its references resolved', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate({ ...open })
  expect([valid, errors]).toEqual([true, undefined])
  expect(validator.version).toBe('3.1')
  expect(JSON.stringify(validator.resolveRefs())).not.toContain('$ref')
})

it('has every route once, each with a name of its own', () => {
  const operations = Object.entries(open.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${path}`, operation }))
  )
  const described = apiTable.map(
    ({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`
  )
  expect(operations.map(({ route }) => route).sort()).toEqual(described.sort())
  const ids = operations.map(({ operation }) => (operation as { operationId: string }).operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

it('holds schemas that a validator of JSON Schema 2020-12 takes', () => {
  const { schemas } = open.components
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTuples: false })
  for (const [name, schema] of Object.entries(schemas)) expect(() => ajv.compile(schema), name).not.toThrow()
})

it('is AsyncAPI 3.0 by the specification’s own schema', () => {
  const file = require.resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json')
  const ajv = new Ajv({ strict: false })
  addFormats.default(ajv)
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object)
  validate(JSON.parse(JSON.stringify(async)))
  expect(validate.errors).toBeNull()
})

it('tells of every message of the socket, with payloads that the described schemas take', () => {
  const messages = Object.keys(async.channels.socket.messages)
  const told = ServerMessage.anyOf.map(({ properties }) => properties.type.const)
  expect(messages.sort()).toEqual([...Object.keys(clientMessages), ...told].sort())
  const ajv = new Ajv2020({ strict: false })
  const { generate } = async.channels.socket.messages as Record<string, { payload: object }>
  const takes = ajv.compile(generate!.payload)
  const message = { type: 'generate', jobId: 'job-of-a-stranger', request: aRequest() }
  expect([takes(message), takes.errors]).toEqual([true, null])
  expect(takes({ ...message, request: { ...aRequest(), count: 99 } })).toBe(false)
})
