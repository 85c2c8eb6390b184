import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { decodePicture, encodePng } from '../../../bridge-server/image/codec.ts'
import { readParameters } from '../../../bridge-server/image/metadata.ts'
import { markMade } from '../../../bridge-server/image/mark-made.ts'
import { readText } from '../../../bridge-server/image/png-text.ts'
import { sourceIn } from '../../../bridge-server/image/provenance.ts'
import type { Job } from '../../../bridge-server/protocol/results.ts'
import { findGolden } from '../../support/golden.ts'
import { startMarquee } from '../../support/marquee.ts'
import { runCli, type Ended } from './run-cli.ts'

// The program that `npx marquee` runs, on the embedded models: each run starts a server of its own and ends it.

let folder = ''
let data = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-cli-'))
  data = path.join(folder, 'data')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const marquee = (...args: string[]) => runCli([...args, '--data', data], { cwd: folder })
const at = (name: string) => path.join(folder, name)
const picture = async (name: string) => decodePicture(await readFile(at(name)))
const json = ({ out }: Ended): unknown => JSON.parse(out.toString('utf8'))
const quick = ['--steps', '3', '--seed', '7', '--sampler', 'Euler']

/** Processes that were started from this data folder and still run. */
const left = (): string[] =>
  execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(data))

/** A picture with a colour of its own at every pixel. */
async function writeSource(name: string, size = 128): Promise<Uint8ClampedArray> {
  const pixels = Uint8ClampedArray.from({ length: 4 * size * size }, (_, i) =>
    i % 4 === 3 ? 255 : (i * 7 + (i >> 7)) % 256
  )
  await writeFile(at(name), await encodePng({ width: size, height: size, data: pixels }))
  return pixels
}

async function writeMask(name: string): Promise<void> {
  const mask = new Uint8Array(128 * 128)
  for (let y = 56; y < 72; y++) mask.fill(255, y * 128 + 56, y * 128 + 72)
  await writeFile(at(name), await encodePng({ width: 128, height: 128, data: mask }))
}

it('makes a picture that says how it was made, and leaves no process behind', async () => {
  const ended = await marquee('txt2img', 'a red boat', '--out', 'boat.png', ...quick)
  expect([ended.code, ended.errors, ended.out.toString()]).toEqual([0, '', 'boat.png\n'])
  expect(await picture('boat.png')).toMatchObject({ width: 128, height: 128 })
  const { prompt, fields } = readParameters(readText(await readFile(at('boat.png'))).parameters!)
  expect(prompt).toBe('a red boat')
  expect(Object.fromEntries(fields)).toMatchObject({
    Steps: '3',
    Seed: '7',
    Sampler: 'Euler',
    Model: 'pocket'
  })
  expect(sourceIn(readText(await readFile(at('boat.png'))))).toBe('trainedAlgorithmicMedia')
  expect(left()).toEqual([])
  const told = await runCli(['info', 'boat.png', '--json'], { cwd: folder })
  expect(json(told)).toMatchObject({
    width: 128,
    parameters: { prompt: 'a red boat', fields: { Seed: '7' } }
  })
})

it('marks pictures that have room for it, unless it is told not to', async () => {
  const args = ['txt2img', 'a boat', '--size', '256x256', ...quick, '--steps', '1']
  const [marked, plain] = [
    await marquee(...args, '--out', 'marked.png'),
    await marquee(...args, '--out', 'plain.png', '--no-watermark')
  ]
  expect([marked.code, plain.code]).toEqual([0, 0])
  const expected = markMade(await picture('plain.png'), null)
  expect(Buffer.compare(Buffer.from((await picture('marked.png')).data), Buffer.from(expected.data))).toBe(0)
})

it('never replaces a file unless it is told to', async () => {
  const before = await readFile(at('boat.png'))
  const refused = await marquee('txt2img', 'a cat', '--out', 'boat.png', ...quick)
  expect([refused.code, refused.errors]).toEqual([2, expect.stringContaining('--force')])
  expect((await readFile(at('boat.png'))).equals(before)).toBe(true)
  const forced = await marquee('txt2img', 'a cat', '--out', 'boat.png', '--force', ...quick)
  expect(forced.code).toBe(0)
  expect((await readFile(at('boat.png'))).equals(before)).toBe(false)
})

it('takes the prompt from standard input, and gives the picture to standard output', async () => {
  const args = ['txt2img', '-', '--out', '-', '--data', data, ...quick]
  const { code, out } = await runCli(args, { cwd: folder, input: 'a red car\n' })
  expect(code).toBe(0)
  expect(await decodePicture(out)).toMatchObject({ width: 128, height: 128 })
  expect(readText(out).parameters).toMatch(/^a red car\n/)
})

it('inpaints inside the mask, and leaves every byte far outside of it', async () => {
  const source = await writeSource('source.png')
  await writeMask('mask.png')
  const masks = ['--grow', '2', '--feather', '0.01', '--min-transition', '2', '--blend', '2']
  const ended = await marquee(
    ...['inpaint', 'a red ball', '--image', 'source.png', '--mask', 'mask.png', '--out', 'in.png'],
    ...masks,
    ...quick
  )
  expect([ended.code, ended.errors]).toEqual([0, ''])
  const { data: made } = await picture('in.png')
  const changed = (x: number, y: number) =>
    [0, 1, 2].some((c) => made[4 * (y * 128 + x) + c] !== source[4 * (y * 128 + x) + c])
  let [inside, outside] = [0, 0]
  for (let y = 0; y < 128; y++)
    for (let x = 0; x < 128; x++) {
      const distance = Math.max(Math.abs(x - 63.5), Math.abs(y - 63.5))
      if (changed(x, y) && distance < 8) inside++
      if (changed(x, y) && distance > 20) outside++
    }
  expect(inside).toBeGreaterThan(200)
  expect(outside).toBe(0)
})

it('goes on beyond the edges that it is told, and keeps the old pixels', async () => {
  const source = await writeSource('source.png')
  const ended = await marquee(
    ...[
      'outpaint',
      'a beach',
      '--image',
      'source.png',
      '--outpaint',
      'left=64,bottom=32',
      '--out',
      'out.png'
    ],
    ...quick
  )
  expect([ended.code, ended.errors]).toEqual([0, ''])
  const { width, height, data: made } = await picture('out.png')
  expect([width, height]).toEqual([192, 160])
  const centre = 4 * (32 * 192 + 64 + 96)
  expect(made.slice(centre, centre + 4)).toEqual(source.slice(4 * (32 * 128 + 96), 4 * (32 * 128 + 96) + 4))
  expect(made[3]).toBe(255)
})

it('changes, reads depth and enlarges', async () => {
  await writeSource('source.png')
  const changed = await marquee(
    'img2img',
    'a sea',
    '-i',
    'source.png',
    '--strength',
    '0.5',
    '-o',
    'i.png',
    ...quick
  )
  expect([changed.code, changed.errors]).toEqual([0, ''])
  const deep = await marquee('depth2img', 'snow', '-i', 'source.png', '-o', 'd.png', ...quick)
  expect([deep.code, deep.errors]).toEqual([0, ''])
  expect(readText(await readFile(at('d.png'))).parameters).toContain('Model: pocket-depth')
  const large = await marquee(
    'upscale',
    'source.png',
    '--factor',
    '2',
    '--upscaler',
    'lanczos',
    '-o',
    'u.png'
  )
  expect([large.code, large.errors]).toEqual([0, ''])
  expect(await picture('u.png')).toMatchObject({ width: 256, height: 256 })
})

it('cancels at Ctrl+C: 130, no file, no process, and no job that comes back', async () => {
  const started = runCli(
    [
      'txt2img',
      'a boat',
      '--count',
      '8',
      '--steps',
      '150',
      '--out',
      'never.png',
      '--data',
      data,
      '--log',
      'info'
    ],
    {
      cwd: folder,
      meanwhile: (child) => {
        let log = ''
        child.stderr?.on('data', (text: Buffer) => {
          const hadStarted = log.includes('job started')
          log += text.toString()
          if (!hadStarted && log.includes('job started')) child.kill('SIGINT')
        })
      }
    }
  )
  const { code, errors } = await started
  expect(code).toBe(130)
  expect(errors).toContain('Cancelled')
  expect((await readdir(folder)).filter((name) => name.startsWith('never'))).toEqual([])
  expect(left()).toEqual([])
})

it('uses the server that runs on the data folder, and one that is named', async () => {
  const server = await startMarquee(data)
  try {
    const { origin, hash } = new URL(server.url)
    const headers = {
      authorization: `Bearer ${hash.replace('#token=', '')}`,
      'x-marquee-client': 'marquee-cli'
    }
    // Finished jobs are forgotten once their pictures are written; the cancelled one stays cancelled.
    const { jobs } = (await (await fetch(`${origin}/api/jobs`, { headers })).json()) as { jobs: Job[] }
    expect(jobs.map(({ state }) => state)).toEqual(['cancelled'])
    const found = await marquee('txt2img', 'a boat', '--out', 'found.png', '--device', 'cpu', ...quick)
    expect([found.code, found.errors]).toEqual([0, expect.stringContaining('--device changes nothing')])
    const elsewhere = ['--server', origin, '--token', hash.replace('#token=', '')]
    const named = await runCli(['txt2img', 'a boat', '--out', 'named.png', ...elsewhere, ...quick], {
      cwd: folder
    })
    expect([named.code, named.errors]).toEqual([0, ''])
    expect((await picture('named.png')).data).toEqual((await picture('found.png')).data)
    const wrong = await runCli(['models', '--server', origin, '--token', 'wrong'], { cwd: folder })
    expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining('does not know this token')])
  } finally {
    await server.stop()
  }
})

it('goes on with another server where the one it found ends in the middle', async () => {
  const server = await startMarquee(data)
  const args = [
    'txt2img',
    'a boat',
    '--count',
    '4',
    '--steps',
    '40',
    '--out',
    'on-{number}.png',
    '--data',
    data
  ]
  const ended = await runCli(args, {
    cwd: folder,
    meanwhile: () => setTimeout(() => void server.stop(), 3000)
  })
  expect([ended.code, ended.errors]).toEqual([0, ''])
  expect((await readdir(folder)).filter((name) => name.startsWith('on-'))).toHaveLength(4)
})

it('lists, shows and verifies models, and deletes none that is not its own', async () => {
  const list = await marquee('models', 'list')
  expect([list.code, list.out.toString()]).toEqual([0, expect.stringMatching(/^pocket +sd1/m)])
  const shown = await marquee('models', 'info', 'pocket-d', '--json')
  expect(json(shown)).toMatchObject({
    id: expect.stringContaining('pocket-depth') as unknown,
    conditioning: 'depth'
  })
  const bad = await marquee('models', 'verify', 'pocket-depth', '--sha256', '0'.repeat(64))
  expect([bad.code, bad.out.toString()]).toEqual([1, expect.stringContaining('should be')])
  const kept = await marquee('models', 'remove', 'pocket-depth', '--yes')
  expect([kept.code, kept.errors]).toEqual([1, expect.stringContaining('not Marquee’s to delete')])
})

const golden = findGolden('checkpoints/sd1-small.fp32.safetensors')
if (golden === null) process.stderr.write('SKIPPED: the golden checkpoints are not here\n')

it.skipIf(golden === null)('refuses a damaged model file, and knows and deletes a whole one', async () => {
  await writeFile(at('broken.safetensors'), (await readFile(golden!)).subarray(0, 100_000))
  const broken = await marquee('models', 'add', 'broken.safetensors')
  expect([broken.code, broken.errors]).toEqual([1, expect.stringContaining('truncated')])
  const kept = path.join(data, 'models')
  expect(await readdir(kept)).not.toContain('broken.safetensors')

  await copyFile(golden!, path.join(kept, 'added.safetensors'))
  await copyFile(golden!.replace('.fp32.safetensors', '.json'), path.join(kept, 'added.json'))
  const verified = await marquee('models', 'verify', 'adde', '--json')
  const sha256 = createHash('sha256')
    .update(await readFile(golden!))
    .digest('hex')
  expect(json(verified)).toMatchObject({ models: [{ id: 'added', sha256, problem: null }] })
  const info = await marquee('info', path.join(kept, 'added.safetensors'))
  expect([info.code, info.out.toString()]).toEqual([0, expect.stringContaining(sha256)])
  const unasked = await marquee('models', 'remove', 'added')
  expect([unasked.code, unasked.errors]).toEqual([2, expect.stringContaining('--yes')])
  expect((await marquee('models', 'remove', 'added', '--yes')).code).toBe(0)
  expect((await readdir(kept)).filter((name) => name.startsWith('added'))).toEqual([])
})

it('has exit codes and words for what cannot be', async () => {
  const cases: readonly (readonly [number, RegExp, ...string[]])[] = [
    [2, /no command txt2im\.\nDid you mean txt2img/, 'txt2im'],
    [2, /no option --stesp\.\nDid you mean --steps/, 'txt2img', 'x', '--stesp', '4'],
    [2, /--json stands where a command should/, '--json', 'models'],
    [2, /“pocket” is one argument too many/, 'models', 'list', 'pocket'],
    [2, /nowhere-file: it is no folder/, 'txt2img', 'x', '--out', 'nowhere-file/x.png'],
    [2, /prompt is missing/, 'txt2img'],
    [2, /quotation marks/, 'txt2img', 'a', 'cat'],
    [2, /whole number of 1 to 150, but is 900/, 'txt2img', 'x', '--steps', '900'],
    [2, /must end in \.png/, 'txt2img', 'x', '--out', 'x.jpg'],
    [2, /--image is missing/, 'img2img', 'x'],
    [2, /--mask is missing/, 'inpaint', 'x', '--image', 'source.png'],
    [2, /models has no lits\.\nDid you mean list/, 'models', 'lits'],
    [2, /downloads only what its catalogue has/, 'models', 'add', 'https://example.com/x.safetensors'],
    [1, /no such file/, 'info', 'nowhere.png'],
    [1, /nowhere-file is neither a picture .* nor a model file/, 'info', 'nowhere-file'],
    [1, /is a folder, and no model of diffusers/, 'info', '.'],
    [1, /cannot be read: there is no such file/, 'img2img', 'x', '--image', 'nowhere.png']
  ]
  await writeFile(at('nowhere-file'), '')
  for (const [code, words, ...args] of cases) {
    const ended = await runCli(args, { cwd: folder })
    expect([ended.code, ended.errors], args.join(' ')).toEqual([code, expect.stringMatching(words)])
  }
  const twice = await runCli(['txt2img', 'x', '--out', '-', '--json'], { cwd: folder })
  expect([twice.code, twice.out.toString()]).toEqual([
    2,
    expect.stringContaining('both want standard output')
  ])
  const inJson = await runCli(['txt2im', '--json'], { cwd: folder })
  expect(json(inJson)).toMatchObject({ error: { code: 'settings-invalid' } })
})

it('says nothing where a reader has read enough, and says it where output cannot be written', () => {
  const program = path.resolve(import.meta.dirname, '../../../bridge-server/marquee.mjs')
  const shell = (rest: string) =>
    spawnSync('sh', ['-c', `"${process.execPath}" "${program}" --help ${rest}`], { encoding: 'utf8' })
  expect(shell('| true').stderr).toBe('')
  if (process.platform !== 'linux') return
  const full = shell('> /dev/full')
  expect([full.status, full.stderr]).toEqual([
    1,
    expect.stringMatching(/^Standard output cannot be written: ENOSPC/)
  ])
})

it('finds that all is well with the doctor, and what is not', async () => {
  const well = await marquee('doctor', '--json', '--port', '0')
  expect(well.code).toBe(0)
  const { findings } = json(well) as { findings: { name: string; state: string }[] }
  for (const name of ['marquee', 'settings', 'packages', 'data', 'memory', 'device', 'models', 'catalogue'])
    expect(findings.map((finding) => finding.name)).toContain(name)
  const told = await runCli(['doctor', '--port', '0', '--device', 'cpu', '--data', data], {
    cwd: folder,
    env: {
      HTTPS_PROXY: 'http://me:hunter2@proxy.example:3128',
      HF_TOKEN: 'hf_hunter2',
      MARQUEE_LOG: 'info',
      MARQUEE_SERVER: 'http://localhost:7421/#token=hunter2'
    }
  })
  expect(told.out.toString()).toMatch(
    /settings +.*--device cpu.*HF_TOKEN \(set\), HTTPS_PROXY \(set\), MARQUEE_LOG=info/
  )
  expect(told.out.toString() + told.errors).not.toContain('hunter2')
  await writeFile(path.join(data, 'catalogue.json'), '{"version": 1,\n"entries": [}')
  const mistaken = await marquee('doctor', '--port', '0', '--device', 'cpu')
  expect(mistaken.out.toString()).toMatch(/warning +catalogue +.*catalogue\.json: line 2 is no JSON/)
  await rm(path.join(data, 'catalogue.json'))
  await writeFile(at('file'), '')
  const ill = await runCli(['doctor', '--data', at('file')], { cwd: folder })
  expect([ill.code, ill.out.toString()]).toEqual([1, expect.stringMatching(/PROBLEM +data/)])
})
