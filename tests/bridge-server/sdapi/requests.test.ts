import { afterAll, beforeAll, expect, test } from 'vitest'
import { correctColors } from '../../../bridge-server/image/color-correction.ts'
import type { GenerateRequest } from '../../../bridge-server/protocol/request.ts'
import { base64, patterned, unpacked } from '../../support/sdapi.ts'
import { stubbedSdapi, type StubbedSdapi } from '../../support/stubbed-sdapi.ts'

// What programs made for the web UI send, and which jobs that makes.

let sdapi: StubbedSdapi
beforeAll(async () => {
  sdapi = await stubbedSdapi()
})
afterAll(() => sdapi.close())

const small = { prompt: 'a red car', steps: 3, width: 64, height: 64, seed: 5 }

async function jobOf(route: 'txt2img' | 'img2img', body: object): Promise<GenerateRequest> {
  await sdapi.ask(`/sdapi/v1/${route}`, { ...small, ...body })
  const job = sdapi.jobs.at(-1)
  if (job === undefined) throw new Error('no job was made')
  return job
}

async function infoOf(body: object): Promise<Readonly<Record<string, unknown>>> {
  const answer = (await sdapi.ask('/sdapi/v1/txt2img', { ...small, ...body })) as { info: string }
  return JSON.parse(answer.info) as Record<string, unknown>
}

test('a second pass by the upscaler “None” is one by Lanczos, as in the web UI', async () => {
  const hires = { enable_hr: true, hr_scale: 2, hr_upscaler: 'None' }
  expect((await jobOf('txt2img', hires)).hires).toMatchObject({ upscaler: 'lanczos' })
})

test('firstphase_width and firstphase_height are the size of the first pass', async () => {
  const hires = { enable_hr: true, hr_scale: 2, firstphase_width: 72, firstphase_height: 80 }
  expect(await jobOf('txt2img', hires)).toMatchObject({
    workingSize: { width: 72, height: 80 },
    canvas: { width: 144, height: 160 }
  })
})

test('info has every field that the web UI writes, each of its kind', async () => {
  const info = await infoOf({ batch_size: 2 })
  const [text, number, flag, list] = ['string', 'number', 'boolean', 'object']
  const kinds: Readonly<Record<string, string | undefined>> = {
    ...{ prompt: text, all_prompts: list, negative_prompt: text, all_negative_prompts: list },
    ...{ seed: number, all_seeds: list, subseed: number, all_subseeds: list, subseed_strength: number },
    ...{ width: number, height: number, sampler_name: text, cfg_scale: number, steps: number },
    ...{ batch_size: number, restore_faces: flag, face_restoration_model: list },
    ...{ sd_model_name: text, sd_model_hash: text, sd_vae_name: list, sd_vae_hash: list },
    ...{ seed_resize_from_w: number, seed_resize_from_h: number, denoising_strength: list },
    ...{ extra_generation_params: list, index_of_first_image: number, infotexts: list, styles: list },
    ...{ job_timestamp: text, clip_skip: number, is_using_inpainting_conditioning: flag, version: text }
  }
  expect(Object.fromEntries(Object.entries(info).map(([name, value]) => [name, typeof value]))).toEqual(kinds)
  expect(info.job_timestamp).toMatch(/^\d{14}$/)
  for (const name of ['all_prompts', 'all_negative_prompts', 'all_seeds', 'all_subseeds', 'infotexts'])
    expect(info[name], name).toHaveLength(2)
})

test('what describes pictures is not here, and the answer says so', async () => {
  await expect(sdapi.ask('/sdapi/v1/interrogate', { image: '', model: 'clip' })).rejects.toMatchObject({
    code: 'not-found'
  })
})

test.each([
  // Sides follow one another, as the web UI computes them.
  [{ hr_scale: 2 }, [128, 128], undefined],
  [{ hr_resize_x: 96 }, [96, 96], undefined],
  [{ hr_resize_y: 96 }, [96, 96], undefined],
  // Another form is the middle of a picture that keeps it.
  [{ hr_resize_x: 128, hr_resize_y: 96 }, [128, 96], [128, 128]],
  [{ hr_resize_x: 72, hr_resize_y: 160 }, [72, 160], [160, 160]],
  // Sides that are no multiples of 8 lose a part of a latent, or keep one more: floor(u / 8) − floor((u − wanted) / 8).
  [{ hr_scale: 1.3 }, [80, 80], [83, 83]],
  [{ hr_resize_x: 125, hr_resize_y: 90 }, [120, 88], [125, 125]]
])('the size of a second pass: %j', async (asked, [width, height], cover) => {
  const job = await jobOf('txt2img', { enable_hr: true, hr_upscaler: 'Lanczos', ...asked })
  expect(job.canvas).toEqual({ width, height })
  expect(job.hires?.size).toEqual({ width, height })
  expect(job.hires?.cover).toEqual(cover && { width: cover[0], height: cover[1] })
})

test.each([{ hr_scale: 1.3 }, { hr_resize_x: 125, hr_resize_y: 90 }, { hr_resize_x: 128, hr_resize_y: 96 }])(
  'the size of a second pass comes back from its infotext: %j',
  async (asked) => {
    const hires = { enable_hr: true, hr_upscaler: 'Lanczos', denoising_strength: 0.5, ...asked }
    const { infotexts } = (await infoOf(hires)) as { infotexts: string[] }
    const first = sdapi.jobs.at(-1)
    await sdapi.ask('/sdapi/v1/txt2img', { infotext: infotexts[0] })
    expect(sdapi.jobs.at(-1)?.hires).toEqual(first?.hires)
  }
)

test('img2img_color_correction gives a picture the colours that it began from, before the old one is laid over it', async () => {
  const body = { init_images: [await base64(patterned(64, 64))], denoising_strength: 0.5 }
  const one = async (override_settings: object) => {
    const answer = (await sdapi.ask('/sdapi/v1/img2img', { ...small, ...body, override_settings })) as {
      images: string[]
    }
    return unpacked(answer.images[0])
  }
  const made = await one({})
  const corrected = correctColors(made, patterned(64, 64))
  expect(corrected).not.toEqual(made)
  expect(await one({ img2img_color_correction: true })).toEqual(corrected)
  await expect(one({ img2img_color_correction: 'perhaps' })).rejects.toMatchObject({
    field: 'override_settings.img2img_color_correction'
  })
})

test.each(['txt2img', 'img2img'] as const)(
  '%s tells what it was asked for with all that it took for said: sent back, that asks for the same',
  async (mode) => {
    const pictures = mode === 'img2img' ? { init_images: [await base64(patterned(64, 64))] } : {}
    const body = { ...pictures, include_init_images: true, seed: 5, subseed: 6, width: 64, height: 64 }
    const url = `/sdapi/v1/${mode}`
    const { parameters } = (await sdapi.ask(url, body)) as { parameters: object }
    expect(parameters).toMatchObject({ ...body, steps: 50, cfg_scale: 7, sampler_index: 'Euler' })
    const first = sdapi.jobs.at(-1)
    await sdapi.ask(url, parameters)
    expect(sdapi.jobs.at(-1)).toEqual(first)
  }
)

test('mask_blur counts more than mask_blur_x and mask_blur_y, which programs send beside it', async () => {
  const picture = await base64(patterned(64, 64))
  const body = { init_images: [picture], mask: picture, inpaint_full_res: false, denoising_strength: 0.5 }
  const maskOf = async (blurs: object) => (await jobOf('img2img', { ...body, ...blurs })).selection?.blob
  const both = await maskOf({ mask_blur: 8 })
  expect(await maskOf({ mask_blur: 8, mask_blur_x: 4, mask_blur_y: 4 })).toBe(both)
  expect(await maskOf({ mask_blur_x: 8, mask_blur_y: 8 })).toBe(both)
  expect(await maskOf({})).not.toBe(both)
})
