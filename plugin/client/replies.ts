import type { AnnotateReply } from '#protocol/annotators.ts'
import type { Catalogue } from '#protocol/catalogue.ts'
import type { DownloadList } from '#protocol/downloads.ts'
import type { ErrorReply } from '#protocol/errors.ts'
import type { ServerMessage } from '#protocol/messages.ts'
import type { PromptReport } from '#protocol/prompt.ts'
import type { Job } from '#protocol/results.ts'
import type { ServerStatus } from '#protocol/status.ts'

// A server of the same protocol version is trusted to keep to the schemas; these checks tell its replies from those of
// something else on the port, and keep the validator of the schemas out of the panel.

const messageTypes: Readonly<Record<ServerMessage['type'], true>> = {
  welcome: true,
  queued: true,
  started: true,
  progress: true,
  preview: true,
  done: true,
  failed: true,
  cancelled: true,
  error: true
}

const has = <K extends string>(value: unknown, key: K): value is Record<K, unknown> =>
  typeof value === 'object' && value !== null && key in value

export const isServerMessage = (value: unknown): value is ServerMessage =>
  has(value, 'type') && typeof value.type === 'string' && Object.hasOwn(messageTypes, value.type)

export const isErrorReply = (value: unknown): value is ErrorReply =>
  has(value, 'code') &&
  has(value, 'message') &&
  typeof value.code === 'string' &&
  typeof value.message === 'string'

export const isCatalogue = (value: unknown): value is Catalogue =>
  has(value, 'models') && Array.isArray(value.models) && has(value, 'samplers') && has(value, 'schedules')

export const isJob = (value: unknown): value is Job =>
  has(value, 'id') && has(value, 'state') && has(value, 'request')

export const isJobList = (value: unknown): value is { readonly jobs: readonly Job[] } =>
  has(value, 'jobs') && Array.isArray(value.jobs) && value.jobs.every(isJob)

export const isDownloadList = (value: unknown): value is DownloadList =>
  has(value, 'items') && Array.isArray(value.items) && has(value, 'freeBytes')

export const isAnnotateReply = (value: unknown): value is AnnotateReply =>
  has(value, 'image') && has(value.image, 'blob') && has(value.image, 'format')

export const isServerStatus = (value: unknown): value is ServerStatus =>
  has(value, 'uptimeSeconds') && has(value, 'jobs') && has(value, 'engine') && has(value, 'disk')

export const isPromptReport = (value: unknown): value is PromptReport =>
  has(value, 'prompt') && has(value.prompt, 'problems') && has(value, 'negativePrompt')

/** `protocol` is absent where the server does not tell. */
export const isHealth = (value: unknown): value is { readonly protocol?: unknown } =>
  typeof value === 'object' && value !== null

/** JSON, or undefined where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
