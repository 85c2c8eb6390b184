import type { FastifyInstance } from 'fastify'
import { checked } from '../parse.ts'
import { PromptQuestion, type PromptReport } from '../protocol/prompt.ts'

/** Two prompts of 20,000 characters, each of them escaped. */
const maxQuestionBytes = 256 * 1024

/** How a model reads prompts. Rejects with AppError, such as 'model-missing'. */
export type ReadPrompt = (question: PromptQuestion) => Promise<PromptReport>

/** `POST /api/prompt`: tokens, chunks and oddities of both prompts. */
export function promptRoutes(app: FastifyInstance, readPrompt: ReadPrompt): void {
  app.post('/api/prompt', { bodyLimit: maxQuestionBytes }, (request) =>
    readPrompt(checked(PromptQuestion, request.body))
  )
}
