import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { aRequest, openSocket } from '../support/bridge.ts'
import type { Figure } from './figure.ts'

const panels = 100
const jobsOfPanel = 100
const megabyte = 2 ** 20

/**
 * A hundred panels that press a hundred times each, a server that is started anew over all that, and an engine that only seems
 * to work through it: how late news comes, and whether the server's memory grows.
 */
export async function loadFigures(folder: string): Promise<readonly Figure[]> {
  const data = path.join(folder, 'load')
  const first = await startServer(data)
  const answers = await Promise.all(
    numbers(panels).map(async (panel) => {
      const socket = await panelOf(first, panel)
      const times = await pressAll(socket)
      socket.close()
      return times
    })
  )
  await first.stop()

  const second = await startServer(data)
  const sockets = await Promise.all(numbers(panels).map((panel) => panelOf(second, panel)))
  const before = await second.memory()
  const delays = sockets.map(delaysOf)
  const started = performance.now()
  second.work()
  const all = (await Promise.all(delays)).flat()
  const seconds = (performance.now() - started) / 1000
  const after = await second.memory()
  sockets.forEach((socket) => socket.close())
  await second.stop()
  return [
    { name: 'a press is answered after (median)', value: percentile(answers.flat(), 0.5), unit: 'ms' },
    { name: 'start with all of them waiting', value: second.seconds, unit: 's', goal: 2 },
    { name: 'news of a result comes after (median)', value: percentile(all, 0.5), unit: 'ms' },
    { name: 'news of a result comes after (99 of 100)', value: percentile(all, 0.99), unit: 'ms', goal: 50 },
    { name: 'all results', value: seconds, unit: 's' },
    { name: 'memory gained by them', value: (after - before) / megabyte, unit: 'MB', goal: 64 }
  ]
}

type Socket = Awaited<ReturnType<typeof openSocket>>

async function panelOf(server: LoadServer, panel: number): Promise<Socket> {
  const socket = await openSocket(server.port, `panel-of-load-${panel}`)
  await socket.hello()
  return socket
}

/** Presses again and again, each time after the answer; milliseconds to each answer. */
async function pressAll(socket: Socket): Promise<readonly number[]> {
  const times: number[] = []
  for (const job of numbers(jobsOfPanel)) {
    const jobId = `job-of-load-${job}`
    const pressed = performance.now()
    socket.say({ type: 'generate', jobId, request: aRequest() })
    await socket.next('queued', jobId)
    times.push(performance.now() - pressed)
  }
  return times
}

/** Waits for all results; milliseconds from the engine's last word on each to the news of it. */
const delaysOf = (socket: Socket): Promise<readonly number[]> =>
  new Promise((resolve) => {
    const delays: number[] = []
    socket.listen((message) => {
      if (message.type !== 'done') return
      delays.push(performance.timeOrigin + performance.now() - message.result.seconds * 1000)
      if (delays.length === jobsOfPanel) resolve(delays)
    })
  })

interface LoadServer {
  readonly port: number
  /** From its first line to its open port. */
  readonly seconds: number
  /** Lets the engine work. */
  work(): void
  /** Bytes. */
  memory(): Promise<number>
  stop(): Promise<void>
}

async function startServer(folder: string): Promise<LoadServer> {
  const file = path.join(import.meta.dirname, 'load-server.ts')
  const child = fork(file, [folder], { execArgv: ['--import', 'tsx', '--expose-gc'] })
  const [port, seconds] = await told(child, ['port', 'seconds'])
  return {
    port: port ?? 0,
    seconds: seconds ?? NaN,
    work: () => child.send('work'),
    memory: async () => {
      child.send('memory')
      const [bytes] = await told(child, ['memory'])
      return bytes ?? NaN
    },
    stop: async () => {
      child.disconnect()
      await once(child, 'exit')
    }
  }
}

async function told(child: ChildProcess, names: readonly string[]): Promise<readonly number[]> {
  const message: unknown = (await once(child, 'message')).at(0)
  if (typeof message !== 'object' || message === null) throw new Error('The server said nothing of use')
  return names.map((name) => Number(Reflect.get(message, name)))
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? NaN
