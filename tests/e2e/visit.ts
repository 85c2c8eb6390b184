import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startMarquee } from '../support/marquee.ts'
import { sitDown, type Person } from './person.ts'

/** A person at a Marquee of their own, which nobody used before. */
export interface Visit extends Person {
  /** They go, and nothing is left of it. */
  end(): Promise<void>
}

interface VisitOptions {
  /** Fills a folder of models beside those that come along. */
  readonly prepare?: (folder: string) => Promise<void> | void
  readonly size?: Parameters<typeof sitDown>[1]
}

export async function visit({ prepare, size }: VisitOptions = {}): Promise<Visit> {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-visit-'))
  const models = path.join(folder, 'models')
  await prepare?.(models)
  const marquee = await startMarquee(
    path.join(folder, 'data'),
    prepare === undefined ? [] : ['--models', models]
  )
  const person = await sitDown(marquee.url, size)
  await person.button('Generate').waitFor()
  return {
    ...person,
    async end() {
      await person.close()
      await marquee.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
