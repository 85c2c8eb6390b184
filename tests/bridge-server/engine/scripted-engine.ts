import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AppError, toErrorReply } from '../../../bridge-server/errors.ts'
import { isToEngine, type FromEngine, type ToEngine } from '../../../bridge-server/engine/engine-messages.ts'

// An engine process that does what the prompt of its job says, so that tests can see how the supervisor takes it.

const tell = (message: FromEngine): void => void process.send?.(message)
const cancels = new Map<number, () => void>()
let cacheFolder = ''

process.on('disconnect', () => process.exit())
process.on('message', (message) => {
  if (!isToEngine(message)) return
  if (message.type === 'open') {
    cacheFolder = message.settings.cacheFolder
    tell({
      type: 'ready',
      device: {
        asked: { device: 'auto', precision: 'auto' },
        device: 'paper',
        precision: 'fp32',
        precisionReason: 'paper has no other',
        trials: []
      }
    })
    return
  }
  if (message.type === 'warm') return
  if (message.type === 'cancel') {
    cancels.get(message.run)?.()
    return
  }
  if (message.type === 'annotate') annotate(message)
  else perform(message)
})

function annotate({ run, request }: Extract<ToEngine, { type: 'annotate' }>): void {
  if (request.annotator === 'hold') cancels.set(run, () => undefined)
  else tell({ type: 'annotated', run, image: { ...request.image, width: process.pid } })
}

function perform({ run, job }: Extract<ToEngine, { type: 'run' }>): void {
  const { area, prompt } = job.request
  const progress = { phase: 'sampling', variation: 0, variations: 1, step: 1, steps: 2 } as const
  tell({ type: 'progress', run, progress })
  tell({
    type: 'preview',
    run,
    preview: { variation: 0, area, width: 1, height: 1, bytes: new Uint8Array([9, 8, 7, 6]) }
  })
  const done = (): void =>
    tell({
      type: 'done',
      run,
      result: { area, variations: [], workingSize: { width: 8, height: process.pid }, seconds: 0 }
    })
  const fail = (error: unknown): void =>
    tell({
      type: 'failed',
      run,
      error: toErrorReply(error),
      trace: error instanceof AppError ? null : String(error)
    })
  const died = path.join(cacheFolder, 'died')
  switch (prompt) {
    case 'hold':
      cancels.set(run, () => fail(new Error('aborted')))
      return
    case 'deaf':
      return
    case 'die':
      process.kill(process.pid, 'SIGKILL')
      return
    case 'exit':
      process.exit(3)
      return
    case 'die once':
      if (existsSync(died)) {
        done()
        return
      }
      writeFileSync(died, '')
      process.kill(process.pid, 'SIGKILL')
      return
    case 'fail':
      fail(
        new AppError('out-of-memory', { message: '8 GB are needed, 4 GB are there.', hint: 'Choose less.' })
      )
      return
    case 'bug':
      fail(new Error('a stack'))
      return
    default:
      done()
  }
}
