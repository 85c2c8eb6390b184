import { spawn } from 'node:child_process'
import path from 'node:path'

const program = path.resolve(import.meta.dirname, '../../../bridge-server/marquee.mjs')

export interface Ended {
  readonly code: number | null
  readonly out: Buffer
  readonly errors: string
}

interface RunOptions {
  /** Where it runs, and so where relative names lie. */
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** Called with the process, to disturb it. */
  readonly meanwhile?: (child: ReturnType<typeof spawn>) => void
}

/** Runs `marquee` as `npx marquee` does, to its end. */
export function runCli(
  args: readonly string[],
  { cwd, env = {}, input, meanwhile }: RunOptions
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { cwd, env: { ...process.env, ...env } })
  const out: Buffer[] = []
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdin.end(input)
  meanwhile?.(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out), errors }))
  })
}
