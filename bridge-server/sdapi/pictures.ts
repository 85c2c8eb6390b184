import { assert } from '../errors.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { Thread } from '../thread/thread.ts'
import { shown, wrong } from './fields.ts'
import type { PictureInfo, PictureReply, PictureTask, Sent, StoredStart } from './picture-tasks.ts'

type Task<Name extends PictureTask['name']> = Omit<Extract<PictureTask, { name: Name }>, 'name'>

/** Work on pictures, in a thread beside the server's own. Rejects with AppError that names the field, and when aborted. */
export interface Pictures {
  decode(task: Task<'decode'>, signal: AbortSignal): Promise<ImageRef>
  start(task: Task<'start'>, signal: AbortSignal): Promise<StoredStart>
  /** Base64 of an opaque PNG. */
  encode(task: Task<'encode'>, signal: AbortSignal): Promise<string>
  fitMap(task: Task<'fit-map'>, signal: AbortSignal): Promise<ImageRef>
  blend(task: Task<'blend'>, signal: AbortSignal): Promise<ImageRef>
  flatten(task: Task<'flatten'>, signal: AbortSignal): Promise<ImageRef>
  cut(task: Task<'cut'>, signal: AbortSignal): Promise<ImageRef>
  join(task: Task<'join'>, signal: AbortSignal): Promise<ImageRef>
  info(task: Task<'info'>, signal: AbortSignal): Promise<PictureInfo>
}

export function picturesIn(thread: Thread<PictureTask, PictureReply>): Pictures {
  const image = async (task: PictureTask, signal: AbortSignal): Promise<ImageRef> => {
    const reply = await thread.ask(task, signal)
    assert(reply.name === 'image', `${task.name} was answered by ${reply.name}`)
    return reply.image
  }
  return {
    decode: (task, signal) => image({ name: 'decode', ...task }, signal),
    fitMap: (task, signal) => image({ name: 'fit-map', ...task }, signal),
    blend: (task, signal) => image({ name: 'blend', ...task }, signal),
    flatten: (task, signal) => image({ name: 'flatten', ...task }, signal),
    cut: (task, signal) => image({ name: 'cut', ...task }, signal),
    join: (task, signal) => image({ name: 'join', ...task }, signal),
    start: async (task, signal) => {
      const reply = await thread.ask({ name: 'start', ...task }, signal)
      assert(reply.name === 'start', `start was answered by ${reply.name}`)
      return reply.start
    },
    encode: async (task, signal) => {
      const reply = await thread.ask({ name: 'encode', ...task }, signal)
      assert(reply.name === 'file', `encode was answered by ${reply.name}`)
      return reply.file
    },
    info: async (task, signal) => {
      const reply = await thread.ask({ name: 'info', ...task }, signal)
      assert(reply.name === 'info', `info was answered by ${reply.name}`)
      return reply.info
    }
  }
}

/** What was sent in the place of a picture. Throws AppError that names the field. */
export function sentPicture(value: unknown, field: string): Sent {
  if (typeof value !== 'string' || value === '')
    throw wrong(field, `must be a picture as base64 text, but is ${shown(value)}.`)
  if (/^\s*https?:/i.test(value.slice(0, 32)))
    throw wrong(field, 'must be the picture itself; this server fetches no addresses.')
  return { text: value, field }
}
