import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodePicture, pictureTexts } from '../../../bridge-server/image/codec.ts'
import { startMarquee, type RunningMarquee } from '../../support/marquee.ts'

// `marquee/client` from where a stranger uses it: a folder of their own, with the program of docs/client.md.

const root = path.resolve(import.meta.dirname, '../../..')
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-stranger-'))
const program = /```js\n([^]*?)```/.exec(readFileSync(path.join(root, 'docs/client.md'), 'utf8'))?.[1] ?? ''
const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, args, { cwd: folder })
let marquee: RunningMarquee

beforeAll(async () => {
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(root, path.join(folder, 'node_modules/marquee'), 'junction')
  marquee = await startMarquee(path.join(folder, 'data'), ['--models', path.join(root, 'models')])
})
afterAll(async () => {
  await marquee.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('the documented program runs in plain Node, and makes the picture', async () => {
  writeFileSync(path.join(folder, 'picture.mjs'), program)
  const { origin, hash } = new URL(marquee.url)
  const { stdout, stderr } = await run('picture.mjs', origin, hash.replace('#token=', ''), 'red boat.png')
  expect(stdout).toBe('red boat.png\n')
  expect(stderr).toContain('sampling 8/8')
  const file = readFileSync(path.join(folder, 'red boat.png'))
  expect(await decodePicture(file)).toMatchObject({ width: 128, height: 128 })
  expect((await pictureTexts(file)).parameters).toMatch(/^a red boat\nSteps: 8, .*Seed: 7/)
})

test('its types are found, and are strict', async () => {
  const typed = (line: string) => `import { connect, type Marquee } from 'marquee/client'
export async function make(marquee: Marquee): Promise<Blob> {
  const { result, jobId } = await marquee.generate({ ...(await marquee.job('a')).request, count: 1 })
  const [first] = result.variations
  if (first === undefined) throw new Error('Nothing was made')
  return marquee.png(jobId, first.pixels)
}
${line}
`
  const options = {
    ...{ target: 'es2023', lib: ['es2023', 'dom'], module: 'nodenext', strict: true, noEmit: true },
    ...{ allowImportingTsExtensions: true, skipLibCheck: true, types: [] }
  }
  writeFileSync(path.join(folder, 'right.mts'), typed(`void connect({ url: 'http://x', token: 't' })`))
  writeFileSync(path.join(folder, 'wrong.mts'), typed(`void connect({ url: 'http://x', tokn: 't' })`))
  const check = (file: string) => {
    writeFileSync(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: [file] })
    )
    return run(path.join(root, 'node_modules/typescript/bin/tsc'), '-p', '.')
  }
  expect((await check('right.mts')).stdout).toBe('')
  await expect(check('wrong.mts')).rejects.toMatchObject({
    stdout: expect.stringContaining("'tokn' does not exist") as string
  })
})
