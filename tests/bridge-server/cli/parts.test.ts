import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { choose } from '../../../bridge-server/cli/choose.ts'
import type { Command } from '../../../bridge-server/cli/command.ts'
import { commandHelp } from '../../../bridge-server/cli/help.ts'
import { pictureFiles } from '../../../bridge-server/cli/picture-files.ts'
import { readControls, samplingOptions } from '../../../bridge-server/cli/picture-options.ts'
import { createProgress } from '../../../bridge-server/cli/progress.ts'
import { applied, extended, partOf, readSides } from '../../../bridge-server/cli/scene.ts'
import { readFields, readSchemaOptions, schemaOptions } from '../../../bridge-server/cli/schema-options.ts'
import { readCommandLine } from '../../../bridge-server/command-line.ts'
import { readText, withText } from '../../../bridge-server/image/png-text.ts'
import { encodePng } from '../../../bridge-server/image/codec.ts'
import { Sampling } from '../../../bridge-server/protocol/request.ts'
import { Hires } from '../../../bridge-server/protocol/upscale.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-parts-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const things = ['sd/dreamshaper_8', 'sd/dreamlike', 'pocket'].map((id) => ({ id, label: `Model ${id}` }))

it('finds the one thing that begins so, and says which may be meant', () => {
  expect(choose('model', 'pocket', things).id).toBe('pocket')
  expect(choose('model', 'DREAMSH', things).id).toBe('sd/dreamshaper_8')
  expect(() => choose('model', 'dream', things)).toThrow(/2 models begin with “dream”/)
  expect(() => choose('model', 'pokcet', things)).toThrow(
    expect.objectContaining({ hint: 'Did you mean “pocket”?' })
  )
})

it('has an option for every field of a request’s sampling, with words for it', () => {
  const options = samplingOptions.options
  expect(Object.keys(options)).toHaveLength(Object.keys(Sampling.properties).length)
  for (const [name, { about }] of Object.entries(options)) expect(about, name).not.toBe('')
})

const read = (...argv: string[]) =>
  readSchemaOptions(
    Sampling.properties,
    readCommandLine(argv, schemaOptions(Sampling.properties, { about: null, fields: new Map() }))
  )

it('reads settings as the schema types them, and refuses in its words', () => {
  expect(
    read(
      '--steps',
      '12',
      '--guidance',
      '6.5',
      '--seed-resize',
      '512x768',
      '--zero-terminal-snr',
      '--noise',
      'gpu'
    )
  ).toEqual({
    ...{ steps: 12, guidance: 6.5, zeroTerminalSnr: true, noise: 'gpu' },
    seedResize: { width: 512, height: 768 }
  })
  expect(() => read('--steps', '1.5')).toThrow(/--steps must be a whole number of 1 to 150, but is 1.5/)
  expect(() => read('--noise', 'nv')).toThrow(/--noise must be cpu or gpu, but is "nv"/)
  expect(readFields(Hires.properties, 'size=2,strength=0.3', '--hires')).toEqual({ size: 2, strength: 0.3 })
  expect(readFields(Hires.properties, 'size=512x512', '--hires')).toEqual({
    size: { width: 512, height: 512 }
  })
  expect(() => readFields(Hires.properties, 'sise=2', '--hires')).toThrow(/--hires has no “sise”/)
})

it('reads ControlNets with their maps', () => {
  const line = readCommandLine(['--controls', 'model=canny,image=a map.png,weight=0.5'], {
    controls: { type: 'string' }
  })
  const [control] = readControls(line)
  expect(control).toMatchObject({ model: 'canny', file: 'a map.png' })
  const image = { blob: 'a'.repeat(64), width: 8, height: 8, format: 'rgba8' } as const
  expect(control!.with('id', image)).toEqual({
    ...{ model: 'id', image, weight: 0.5, start: 0, end: 1 },
    mode: 'balanced'
  })
})

it('names files by prompt and seed, and never takes a name that is taken', async () => {
  const png = new Uint8Array([1])
  const out = path.join(folder, 'a.png')
  const one = pictureFiles({ out, prompt: 'x', count: 1, force: false })
  expect(await one.write(png, { seed: 1, number: 1, model: 'm' })).toBe(out)
  expect(() => pictureFiles({ out, prompt: 'x', count: 1, force: false })).toThrow(/--force|already/)
  await expect(one.write(png, { seed: 1, number: 1, model: 'm' })).rejects.toThrow(/already/)
  const two = pictureFiles({ out: path.join(folder, 'b.png'), prompt: 'x', count: 2, force: false })
  for (const number of [1, 2]) await two.write(png, { seed: number, number, model: 'm' })
  await writeFile(path.join(folder, 'keep.txt'), '')
  expect(await readdir(folder)).toEqual(['a.png', 'b-1.png', 'b-2.png', 'keep.txt'])
})

it('refuses a folder that cannot be written to before any work is done, and says what is wrong', async () => {
  await writeFile(path.join(folder, 'file'), '')
  const files = (out: string) => () => pictureFiles({ out, prompt: 'x', count: 1, force: false })
  expect(files(path.join(folder, 'file', 'a.png'))).toThrow(/file: it is no folder/)
  expect(files(path.join(folder, 'file', 'deeper', 'a.png'))).toThrow(/file: it is no folder/)
  expect(files(path.join(folder, 'new', 'deeper', 'a.png'))).not.toThrow()
})

it('wraps its help to the window', () => {
  const command: Command = {
    usage: 'FILE',
    about: 'Words that say what it does, more than one line of a narrow window has.',
    options: [
      { title: 'How', options: { name: { type: 'string', value: 'NAME', about: 'a word '.repeat(20) } } }
    ],
    examples: [],
    run: () => Promise.reject(new Error('it is not run'))
  }
  for (const columns of [48, 79, 80, 100, 200]) {
    const lines = commandHelp('try', command, columns).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
    expect(lines.join(' ').match(/a\s+word/g)).toHaveLength(20)
  }
})

it('draws a bar for those who watch and nothing for others, no wider than the window is now', () => {
  let seen = ''
  let columns = 60
  const progress = createProgress({ write: (text) => (seen += text), columns: () => columns })
  progress.show('step 1 of 2', 0.5)
  expect(seen).toContain('█'.repeat(12) + '░'.repeat(12) + ' step 1 of 2')
  columns = 20
  progress.show('step 2 of 2', 1)
  expect(seen.split('\r\u001B[2K').at(-1)).toBe('█'.repeat(19))
  progress.clear()
  expect(seen.endsWith('\r\u001B[2K')).toBe(true)
  createProgress(null).show('nobody', 0.5)
})

it('extends a canvas by what is empty, and puts what was made back over the rest', () => {
  const picture = { width: 2, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 255]) }
  const scene = extended(picture, readSides('left=1'))
  expect([...scene.selection!.data]).toEqual([255, 0, 0])
  const part = partOf(scene, { strength: 1, nativeSize: 64, settings: null })
  const pixels = { ...part.snapshot, data: new Uint8ClampedArray(part.snapshot.data.length).fill(9) }
  const made = applied(scene, part.area, pixels, part.selection)
  expect([...made.data]).toEqual([9, 9, 9, 9, 1, 2, 3, 255, 4, 5, 6, 255])
  expect(() => extended(picture, readSides('top=0'))).toThrow(/nothing to fill/)
  expect(() => readSides('up=3')).toThrow(/left, right, top, bottom/)
})

it('reads the texts of a PNG back as they were written, in any script, and takes any bytes', async () => {
  const text = { parameters: 'a cat\nSteps: 1', Comment: 'Ð ñ — 猫' }
  const plain = await encodePng({ width: 1, height: 1, data: new Uint8Array(1) })
  expect(readText(withText(plain, text))).toEqual(text)
  expect(readText(Buffer.from('no picture at all'))).toEqual({})
  for (let end = 0; end < plain.length; end += 7) expect(readText(plain.subarray(0, end))).toEqual({})
})
