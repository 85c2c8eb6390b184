import { randomUUID } from 'node:crypto'
import type { Marquee } from '../../plugin/client/marquee-client.ts'
import type { CommandLine } from '../command-line.ts'
import { invalid } from '../config-values.ts'
import { markMade } from '../image/mark-made.ts'
import type { Gray, Rgba } from '../image/pixels.ts'
import { provenanceText, sourceOf } from '../image/provenance.ts'
import { parametersOf } from '../image/request-parameters.ts'
import type { ImageRef } from '../protocol/images.ts'
import type { JobResult } from '../protocol/results.ts'
import { textOf, type Answer, type Terminal } from './command.ts'
import { watchJob } from './job-progress.ts'
import { pictureFiles } from './picture-files.ts'
import { readControls, readWhole } from './picture-options.ts'
import { modelOf, newSeed, readWish, requestOf, type PictureJob } from './picture-request.ts'
import { withMarquee } from './reach.ts'
import { checkSameSize, readPicture } from './read-pictures.ts'
import { applied, type Scene } from './scene.ts'

/** Has a job done and writes its pictures. */
export async function makePictures(line: CommandLine, terminal: Terminal, job: PictureJob): Promise<Answer> {
  const count = readWhole(line, 'count', [1, 8]) ?? 1
  const out = textOf(line, 'out')
  if (out === '-' && line.flags.has('json'))
    throw invalid('--out - and --json both want standard output.', 'Leave one of them out.')
  if (out === '-' && count > 1) throw invalid('--out - is for one picture, and --count asks for more.')
  const files =
    out === '-'
      ? null
      : pictureFiles({ out, count, force: line.flags.has('force'), prompt: job.prompt || job.mode })
  const wish = readWish(line, count)
  const controls = await Promise.all(
    readControls(line).map(async (control) => ({ control, map: await readPicture(control.file) }))
  )
  if (job.scene !== null)
    for (const { control, map } of controls) checkSameSize(control.file, map, job.scene.canvas)
  // The same over all attempts, so that another server goes on with it.
  const [jobId, seed] = [randomUUID(), newSeed(wish)]
  return withMarquee(line, terminal, async (marquee) => {
    const catalogue = await marquee.catalogue()
    const model = modelOf(line, job.mode, catalogue)
    const request = await requestOf(marquee, { job, wish, controls, model, catalogue, seed })
    const scene = job.mode === 'upscale' ? null : job.scene
    const { result } = await watchJob(marquee, { jobId, request, terminal })
    const written: { file: string; seed: number }[] = []
    for (const [index, variation] of result.variations.entries()) {
      const pixels = await rgbaOf(marquee, jobId, variation.pixels)
      const whole = await shown(marquee, { jobId, scene, result, pixels })
      const picture = line.flags.has('no-watermark') ? whole : markMade(whole, scene?.canvas ?? null)
      const text = parametersOf({ request, result, variation, catalogue, version: marquee.version })
      const { encodePng } = await import('../image/codec.ts')
      const png = await encodePng(
        picture,
        provenanceText(text, sourceOf(request)),
        isOpaque(picture) ? 'opaque' : 'with alpha'
      )
      if (files === null) await terminal.write(png)
      else {
        const naming = { seed: variation.seed, number: index + 1, model: model.id }
        written.push({ file: await files.write(png, naming), seed: variation.seed })
      }
    }
    // What is on this disk now need not be kept by the server.
    await marquee.remove(jobId)
    return {
      text: written.map(({ file }) => file).join('\n'),
      value: { files: written, seconds: result.seconds, workingSize: result.workingSize, request }
    }
  })
}

/** Of a command without a prompt option: PROMPT, or - for standard input. */
export async function promptOf({ positionals }: CommandLine, terminal: Terminal): Promise<string> {
  const [prompt, extra] = positionals
  if (prompt === undefined)
    throw invalid('The prompt is missing.', 'Give it as one argument, or - to read it from standard input.')
  if (extra !== undefined)
    throw invalid(`“${extra}” is one argument too many.`, 'Put the prompt into quotation marks.')
  return prompt === '-' ? (await terminal.readInput()).trim() : prompt
}

interface ShownParts {
  readonly jobId: string
  readonly scene: Scene | null
  readonly result: JobResult
  readonly pixels: Rgba
}

async function shown(marquee: Marquee, { jobId, scene, result, pixels }: ShownParts): Promise<Rgba> {
  if (scene === null) return pixels
  return applied(
    scene,
    result.area,
    pixels,
    result.mask === undefined ? null : await grayOf(marquee, jobId, result.mask)
  )
}

async function rgbaOf(marquee: Marquee, jobId: string, ref: ImageRef): Promise<Rgba> {
  const bytes = await marquee.pixels(jobId, ref)
  return { width: ref.width, height: ref.height, data: new Uint8ClampedArray(bytes.buffer) }
}

const grayOf = async (marquee: Marquee, jobId: string, ref: ImageRef): Promise<Gray> => ({
  ...{ width: ref.width, height: ref.height },
  data: await marquee.pixels(jobId, ref)
})

function isOpaque({ data }: Rgba): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false
  return true
}
