import { workerData } from 'node:worker_threads'
import { assert } from '../errors.ts'
import { createBlobStore } from '../jobs/blobs.ts'
import { answerInThread } from '../thread/answer.ts'
import type { PictureTask } from './picture-tasks.ts'
import { workOn } from './picture-work.ts'

// What clients of the web UI's API send and get as base64 is read, resized, masked and written here.

assert(typeof workerData === 'string', 'the thread was started without the folder of blobs')
const blobs = createBlobStore(workerData)

const isTask = (message: unknown): message is PictureTask =>
  typeof message === 'object' && message !== null && 'name' in message

answerInThread(isTask, async (task) => workOn(task, await blobs))
