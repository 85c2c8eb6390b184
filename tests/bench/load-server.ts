import { EventEmitter, once } from 'node:events'
import { setImmediate as immediate } from 'node:timers/promises'
import type { RunJob } from '../../bridge-server/jobs/job.ts'
import { startBridge } from '../support/bridge.ts'

/**
 * The bridge server with an engine that only seems to work, and not before it is told to `work`. Tells its parent when it
 * listens, and how much memory it has when asked for it.
 */
const started = performance.now()
const [folder = ''] = process.argv.slice(2)
const told = new EventEmitter()
process.on('message', (message) => told.emit(String(message)))
const mayWork = once(told, 'work')

/** `seconds` of the result is the moment at which the engine was done, by the clock of the machine. */
const stub =
  (): RunJob =>
  async ({ request }, { onProgress, signal }) => {
    const { area, count: variations } = request
    await Promise.race([mayWork, aborted(signal)])
    for (let step = 1; step <= 4; step++) {
      signal.throwIfAborted()
      onProgress({ phase: 'sampling', variation: 0, variations, step, steps: 4 })
      await immediate()
    }
    return { area, variations: [], workingSize: area, seconds: clock() / 1000 }
  }

const aborted = (signal: AbortSignal): Promise<unknown> => once(signal, 'abort')

const clock = (): number => performance.timeOrigin + performance.now()

const bridge = await startBridge({ run: stub, folder, limits: { messagesPerSecond: 1e6 } })
told.on('memory', () => {
  globalThis.gc?.()
  process.send?.({ memory: process.memoryUsage().rss })
})
process.on('disconnect', () => void bridge.close().then(() => process.exit(0)))
process.send?.({ port: bridge.port, seconds: (performance.now() - started) / 1000 })
