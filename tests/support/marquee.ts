import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'

const root = path.resolve(import.meta.dirname, '../..')

export interface RunningMarquee {
  /** The line's address, with the token. */
  readonly url: string
  /** From the start of the process to the ready line. */
  readonly seconds: number
  readonly process: ChildProcess
  stop(): Promise<void>
}

/** Starts Marquee as `npm start` does, and waits for its ready line. */
export async function startMarquee(folder: string, options: readonly string[] = []): Promise<RunningMarquee> {
  const started = performance.now()
  const server = spawn(
    process.execPath,
    ['bridge-server/start.mjs', '--no-open', '--port', '0', '--data', folder, ...options],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] }
  )
  let log = ''
  server.stderr.on('data', (text: Buffer) => (log += text.toString()))
  const url = await new Promise<string>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`Marquee ended with ${String(code)}: ${log}`)))
    createInterface(server.stdout).on('line', (line) => {
      const address = /^Marquee is ready at (http:\S+)$/.exec(line)?.[1]
      if (address !== undefined) resolve(address)
    })
  })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  return {
    url,
    seconds: (performance.now() - started) / 1000,
    process: server,
    stop: async () => {
      server.kill('SIGTERM')
      await ended
    }
  }
}
