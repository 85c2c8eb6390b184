import type { FastifyInstance } from 'fastify'
import { AppError, toErrorReply } from '../errors.ts'
import type { ErrorCode } from '../protocol/errors.ts'

const statuses: Record<ErrorCode, number> = {
  'bad-message': 400,
  'unknown-message': 400,
  'protocol-version': 426,
  unauthorized: 401,
  'forbidden-host': 403,
  'not-found': 404,
  'too-large': 413,
  'too-many': 429,
  'too-slow': 408,
  'blob-missing': 404,
  'blob-mismatch': 409,
  'picture-unreadable': 422,
  'selection-empty': 422,
  'model-missing': 404,
  'model-unreadable': 422,
  'model-unsupported': 422,
  'model-incomplete': 422,
  'model-cannot': 422,
  'model-exists': 409,
  'model-outside': 422,
  'prompt-invalid': 422,
  'out-of-memory': 507,
  'disk-full': 507,
  'engine-died': 503,
  'device-unavailable': 503,
  'data-damaged': 500,
  'data-folder-in-use': 503,
  'port-in-use': 503,
  'settings-invalid': 422,
  'job-conflict': 409,
  'download-failed': 502,
  'download-unverified': 409,
  internal: 500
}

/** Answers everything that a route throws, and every address that is no route, with an ErrorReply. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const known = asAppError(error)
    const isLost = request.raw.destroyed && !request.raw.complete
    if (isLost) request.log.info(error, 'the connection was lost')
    else if (known === null) request.log.error(error)
    const body = toErrorReply(known ?? error)
    return reply.status(statuses[body.code]).send(body)
  })
  app.setNotFoundHandler((request) => {
    throw new AppError('not-found', {
      message: `There is nothing at ${request.method} ${request.url.slice(0, 200)}.`,
      hint: 'Open the address that Marquee printed when it started.'
    })
  })
}

/** Fastify's own complaints about a request (a wrong content type, a broken header) are the client's to mend. */
function asAppError(error: unknown): AppError | null {
  if (error instanceof AppError) return error
  if (!(error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')) return null
  if (error.statusCode < 400 || error.statusCode >= 500) return null
  const { message } = error
  return error.statusCode === 413
    ? new AppError('too-large', { message, hint: 'Send less at once.', cause: error })
    : new AppError('bad-message', {
        message,
        hint: 'Look at the method, the headers and the body: whoever sent this made the request wrong.',
        cause: error
      })
}
