import type { ModelChoice } from '#protocol/catalogue.ts'
import type { PromptQuestion, PromptReport } from '#protocol/prompt.ts'
import type { Ask, Http } from './http.ts'
import { isPromptReport } from './replies.ts'

/** What is asked about models and of them, without a job. Promises reject with CodedError. */
export interface ModelRequests {
  /** How a model reads prompts. */
  readonly readPrompt: (question: PromptQuestion) => Promise<PromptReport>
  /** Sends a model file, to be kept where the server keeps models. */
  readonly addModel: (name: string, file: Blob) => Promise<void>
  /** The picture beside an extension's file, small, as the bytes of a JPEG. */
  readonly extensionPicture: (id: string) => Promise<Uint8Array<ArrayBuffer>>
  readonly chooseForModel: (id: string, choice: ModelChoice) => Promise<void>
  /** A folder with models, by its absolute path on the server's computer. */
  readonly addFolder: (folder: string) => Promise<void>
  readonly removeFolder: (folder: string) => Promise<void>
}

export function createModelRequests({ ask, askJson }: Http): ModelRequests {
  return {
    readPrompt: (question) => askJson('/prompt', isPromptReport, asJson('POST', question)),
    async addModel(name, file) {
      const headers = { 'Content-Type': 'application/octet-stream' }
      await ask(`/models/${encodeURIComponent(name)}`, { method: 'PUT', body: file, headers })
    },
    async extensionPicture(id) {
      const reply = await ask(`/extensions/${encodeURIComponent(id)}/picture`)
      return new Uint8Array(await reply.arrayBuffer())
    },
    async chooseForModel(id, choice) {
      await ask(`/model-choices/${encodeURIComponent(id)}`, asJson('PUT', choice))
    },
    async addFolder(folder) {
      await ask('/model-folders', asJson('POST', { folder }))
    },
    async removeFolder(folder) {
      await ask('/model-folders', asJson('DELETE', { folder }))
    }
  }
}

const asJson = (method: NonNullable<Ask['method']>, value: object): Ask => ({
  method,
  body: JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' }
})
