import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Terminal } from '../../../bridge-server/cli/command.ts'
import { models } from '../../../bridge-server/cli/models.ts'
import { readCommandLine } from '../../../bridge-server/command-line.ts'

const fixtures = path.resolve(import.meta.dirname, '../../fixtures')

let data = ''
const own = (...names: string[]) => path.join(data, 'models', ...names)
const style = () => own('loras', 'style.safetensors')
const year2001 = 1e9
beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'marquee-verify-'))
  await mkdir(own('loras'), { recursive: true })
  await mkdir(own('upscalers'))
  await cp(path.join(fixtures, 'adaptations', 'plain.safetensors'), style())
  await utimes(style(), year2001, year2001)
})
afterEach(() => rm(data, { recursive: true }))

const terminal: Terminal = {
  env: {},
  signal: new AbortController().signal,
  progress: { show: () => undefined, clear: () => undefined },
  readInput: () => Promise.resolve(''),
  write: () => Promise.resolve(),
  note: () => undefined,
  ask: () => Promise.resolve(null)
}
const options = Object.fromEntries(models.options.flatMap((group) => Object.entries(group.options)))
const run = (...args: string[]) => models.run(readCommandLine([...args, '--data', data], options), terminal)

/** Another last byte. */
async function flip(file: string): Promise<void> {
  const bytes = await readFile(file)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  await writeFile(file, bytes)
}

it('finds a byte that changed by itself, in what lies beside models too', async () => {
  expect(await run('verify', 'style')).toMatchObject({
    isBad: false,
    text: expect.stringMatching(/^ok +loras\/style {2}lora .*nothing to compare it with yet/) as string
  })
  expect(await run('verify', 'style')).toMatchObject({
    isBad: false,
    text: expect.stringContaining('(as it was read before)') as string
  })
  await flip(style())
  await utimes(style(), year2001, year2001)
  expect(await run('verify', 'style')).toMatchObject({
    isBad: true,
    text: expect.stringMatching(/^problem +loras\/style: its bytes are others than before/) as string
  })
})

it('compares what the catalogue has with its sha256, and says what is cut short', async () => {
  const file = own('upscalers', 'x4.safetensors')
  const bytes = await readFile(path.join(fixtures, 'upscalers', 'compact-x2.safetensors'))
  await writeFile(file, bytes)
  const entry = {
    ...{ id: 'x4', name: 'X4', kind: 'upscaler', about: 'It enlarges.' },
    licence: { name: 'none', url: 'https://example.com/' },
    ...{ file: 'x4.safetensors', bytes: bytes.length },
    sha256: createHash('sha256').update(bytes).digest('hex'),
    mirrors: ['https://example.com/x4.safetensors']
  }
  await writeFile(path.join(data, 'catalogue.json'), JSON.stringify({ version: 1, entries: [entry] }))
  expect(await run('verify', 'x4')).toMatchObject({
    isBad: false,
    value: { models: [{ id: 'upscalers/x4', kind: 'upscaler', checkedBy: 'sha256', problem: null }] }
  })
  await flip(file)
  expect(await run('verify', 'x4')).toMatchObject({
    isBad: true,
    text: expect.stringMatching(/sha256 is \w{64} and should be \w{64}/) as string
  })
  await writeFile(file, bytes.subarray(0, bytes.length - 1))
  expect(await run('verify', 'x4')).toMatchObject({
    isBad: true,
    text: expect.stringContaining('truncated') as string
  })
})

it('removes what lies beside models', async () => {
  await expect(run('remove', 'style')).rejects.toThrow(/Nobody is there/)
  await run('remove', 'style', '--yes')
  expect(await readdir(own('loras'))).toEqual([])
})
