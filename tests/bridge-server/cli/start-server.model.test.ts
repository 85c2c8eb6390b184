import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startServer } from '../../../bridge-server/cli/start-server.ts'

// Ends only when the server's process has ended, and so hangs where that goes on by itself.
test.each([0, 300, 1000])(
  'a server whose owner goes away %i ms after its start ends, too',
  async (milliseconds) => {
    const data = mkdtempSync(path.join(tmpdir(), 'marquee-start-'))
    const leaving = new AbortController()
    const starting = startServer(['--data', data], { env: process.env, signal: leaving.signal })
    const ended = starting.then(
      (server) => server.stop(),
      (error: unknown) => expect(error).toMatchObject({ message: 'Aborted' })
    )
    await wait(milliseconds)
    leaving.abort()
    await ended
    rmSync(data, { recursive: true })
  },
  30_000
)
