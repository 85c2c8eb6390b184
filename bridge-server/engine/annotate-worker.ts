import { workerData } from 'node:worker_threads'
import { assert } from '../errors.ts'
import { createBlobStore } from '../jobs/blobs.ts'
import type { AnnotateRequest } from '../protocol/annotators.ts'
import { answerInThread } from '../thread/answer.ts'
import { annotateBlob } from './annotate-blob.ts'

// Makes the maps that need no network.

assert(typeof workerData === 'string', 'the thread was started without the folder of blobs')
const blobs = createBlobStore(workerData)

const isRequest = (message: unknown): message is AnnotateRequest =>
  typeof message === 'object' && message !== null && 'annotator' in message && 'image' in message

answerInThread(isRequest, async (request) => annotateBlob(request, await blobs, withoutNetworks))

const withoutNetworks = (kind: string): never => {
  throw new Error(`Bug: a network, ${kind}, was asked for in the thread without networks`)
}
