import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import { wordsOf } from '../../../bridge-server/sdapi/scripts/shell-words.ts'
import { base64, patterned, unpacked } from '../../support/sdapi.ts'
import { stubbedSdapi, type StubbedSdapi } from '../../support/stubbed-sdapi.ts'

let sdapi: StubbedSdapi
beforeAll(async () => {
  sdapi = await stubbedSdapi()
})
afterAll(() => sdapi.close())

const small = { prompt: 'a red car', steps: 3, width: 64, height: 64, seed: 5 }

interface Scripted {
  readonly jobs: readonly GenerateRequest[]
  readonly images: readonly string[]
  readonly info: Readonly<Record<string, unknown>>
}

async function scripted(mode: 'txt2img' | 'img2img', body: object): Promise<Scripted> {
  const before = sdapi.jobs.length
  const answer = (await sdapi.ask(`/sdapi/v1/${mode}`, { ...small, ...body })) as {
    images: string[]
    info: string
  }
  const info = JSON.parse(answer.info) as Scripted['info']
  return { jobs: sdapi.jobs.slice(before), images: answer.images, info }
}

describe('Prompt matrix', () => {
  const matrix = (script_args: readonly unknown[], more: object = {}) =>
    scripted('txt2img', { prompt: 'a car|red,|at night', script_name: 'Prompt matrix', script_args, ...more })

  test('is every combination of the parts behind the first one', async () => {
    const { jobs, images, info } = await matrix([])
    const prompts = ['a car', 'a car, red', 'a car, at night', 'a car, red, at night']
    expect(jobs.map(({ prompt }) => prompt)).toEqual(prompts)
    expect(jobs.map(({ sampling }) => sampling.seed)).toEqual([5, 5, 5, 5])
    expect(images).toHaveLength(4)
    expect(info).toMatchObject({ all_prompts: prompts, all_seeds: [5, 5, 5, 5], index_of_first_image: 0 })
  })

  test('puts parts first, counts seeds, takes the negative prompt, and joins by spaces', async () => {
    const { jobs } = await matrix([true, true, 'negative', 'space'], { negative_prompt: 'blue|wet' })
    expect(jobs.map(({ negativePrompt }) => negativePrompt)).toEqual(['blue', 'wet blue'])
    expect(jobs.map(({ sampling }) => sampling.seed)).toEqual([5, 6])
    expect(jobs[0]?.prompt).toBe('a car|red,|at night')
  })

  test.each([
    [['perhaps'], 'script_args.0'],
    [[false, false, 'both'], 'script_args.2'],
    [[false, false, 'positive', 'dash'], 'script_args.3'],
    [[1, 2, 3, 4, 5, 6], 'script_args']
  ])('refuses %j by its place', async (args, field) => {
    await expect(matrix(args)).rejects.toMatchObject({ field })
  })
})

describe('Prompts from file or textbox', () => {
  const lines = (text: string, args: readonly unknown[] = [], more: object = {}) =>
    scripted('txt2img', {
      ...{ prompt: '', script_name: 'prompts from FILE or textbox', ...more },
      script_args: [args[0] ?? false, args[1] ?? false, args[2] ?? 'start', text]
    })

  test('makes each line; one that names fields has them', async () => {
    const { jobs, info } = await lines(
      'a boat\r\n\n  --prompt a "blue car" --steps 7 --cfg_scale 2.5 --negative_prompt wet\nit\'s -- nothing\n'
    )
    expect(jobs.map(({ prompt }) => prompt)).toEqual(['a boat', 'a blue car', "it's -- nothing"])
    expect(jobs[1]).toMatchObject({ negativePrompt: 'wet', sampling: { steps: 7, guidance: 2.5 } })
    expect(info.infotexts).toHaveLength(3)
  })

  test('lines stand before or behind the request’s own prompt', async () => {
    expect((await lines('big', [], small)).jobs[0]?.prompt).toBe('big a red car')
    expect((await lines('big', [false, false, 'end'], small)).jobs[0]?.prompt).toBe('a red car big')
  })

  test('seeds count on by the pictures of a line, or are the same for all', async () => {
    const seedsOf = ({ jobs }: Scripted) => jobs.map(({ sampling }) => sampling.seed)
    expect(seedsOf(await lines('a\nb', [true], { batch_size: 2 }))).toEqual([5, 7])
    expect(seedsOf(await lines('a\nb', []))).toEqual([5, 5])
    const [one, other] = seedsOf(await lines('a\nb', [false, true], { seed: -1 }))
    expect(one).toBe(other)
  })

  test('a wrong value in a line names its field', async () => {
    await expect(lines('--prompt a --steps many')).rejects.toMatchObject({ field: 'steps' })
    await expect(lines('--prompt a --sd_model nobody')).rejects.toMatchObject({
      field: 'override_settings.sd_model_checkpoint'
    })
    await expect(lines(' \n')).rejects.toMatchObject({ field: 'script_args.3' })
  })
})

describe('SD upscale', () => {
  const upscaled = async (script_args: readonly unknown[], more: object = {}) =>
    scripted('img2img', {
      ...{ init_images: [await base64(patterned(64, 48))], denoising_strength: 0.3 },
      ...{ script_name: 'SD upscale', script_args, ...more }
    })

  test('makes the picture larger, then each tile, and lays them together', async () => {
    const { jobs, images, info } = await upscaled([null, 16, 'Lanczos', 2])
    const [enlarging, ...tiles] = jobs
    expect(enlarging).toMatchObject({ mode: 'upscale', upscale: { size: { width: 128, height: 96 } } })
    // ceil((128 − 16) / 48) = 3 columns, ceil((96 − 16) / 48) = 2 rows.
    expect(tiles.map(({ sampling }) => sampling.seed)).toEqual([5, 6, 7, 8, 9, 10])
    expect(tiles[0]).toMatchObject({ mode: 'img2img', strength: 0.3, canvas: { width: 64, height: 64 } })
    expect(images).toHaveLength(1)
    const made = await unpacked(images[0])
    expect([made.width, made.height]).toEqual([128, 96])
    // The first corner is the first tile's alone.
    expect(made.data.slice(0, 4 * 20)).toEqual(patterned(64, 64, 5 + 2).data.slice(0, 4 * 20))
    expect(info).toMatchObject({ all_seeds: [5] })
    expect(String((info.infotexts as string[])[0])).toContain(
      'SD upscale overlap: 16, SD upscale upscaler: Lanczos'
    )
  })

  test('an upscaler may be named by its place, and each iteration is a picture', async () => {
    const { jobs, images } = await upscaled(['', 0, 2, 2], { n_iter: 2, batch_size: 2 })
    expect(jobs[0]).toMatchObject({ upscale: { upscaler: 'nearest' } })
    expect(images).toHaveLength(2)
    // Batches of two tiles: seeds 5, 6 | 6, 7; then all from 6 on.
    expect(jobs.slice(1).map(({ sampling }) => sampling.seed)).toEqual([5, 6, 6, 7, 6, 7, 7, 8])
  })

  test('without an upscaler the picture keeps its size', async () => {
    const { jobs, images } = await upscaled([null, 16])
    expect(jobs.map(({ mode }) => mode)).toEqual(['img2img'])
    expect(await unpacked(images[0])).toMatchObject({ width: 64, height: 48 })
  })

  test.each([
    [[null, 64], {}, 'script_args.1'],
    [[null, 16, 'nobody'], {}, 'script_args.2'],
    [[null, 16, 99], {}, 'script_args.2'],
    [[null, 16, 'Lanczos', 9], {}, 'script_args.3'],
    [[null, 16], { init_images: [] }, 'init_images'],
    [[null, 16], { mask: 'AAAA' }, 'mask'],
    [
      [null, 16],
      { override_settings: { img2img_color_correction: true } },
      'override_settings.img2img_color_correction'
    ],
    [[null, 16, 'Lanczos', 2], { seed: 2 ** 32 - 1 }, 'seed']
  ])('refuses %j with %j by name', async (args, more, field) => {
    await expect(upscaled(args, more)).rejects.toMatchObject({ field })
  })
})

test('a script there is not is refused with those there are; txt2img has no SD upscale', async () => {
  const asked = scripted('txt2img', { script_name: 'SD upscale' })
  await expect(asked).rejects.toMatchObject({
    field: 'script_name',
    message: expect.stringMatching(/Prompt matrix, Prompts from file or textbox\.$/) as string
  })
})

test('scripts and script-info list what there is, with the arguments in their order', async () => {
  const lists = (await sdapi.ask('/sdapi/v1/scripts')) as Record<string, string[]>
  const both = ['controlnet', 'prompt matrix', 'prompts from file or textbox']
  expect(lists).toEqual({ txt2img: both, img2img: [...both, 'sd upscale'] })
  const infos = (await sdapi.ask('/sdapi/v1/script-info')) as { name: string; args: { label: string }[] }[]
  expect(infos.find(({ name }) => name === 'sd upscale')).toMatchObject({
    is_alwayson: false,
    is_img2img: true,
    args: [{ label: '' }, { label: 'Tile overlap', minimum: 0, maximum: 256 }, { label: 'Upscaler' }, {}]
  })
})

test.each([
  ['--prompt "a b" c', ['--prompt', 'a b', 'c']],
  [`a\\ b 'c "d' "e\\"f\\g"`, ['a b', 'c "d', 'e"f\\g']],
  ['x""y', ['xy']],
  ["it's", null],
  ['a "b', null]
])('words of %s', (line, words) => {
  expect(wordsOf(line)).toEqual(words)
})
