import { writeParameters } from './metadata.ts'
import { numberOrNull, recordIn } from './told-json.ts'

/** InvokeAI's metadata, told as the web UI tells it; null where they hold no prompt. */
export function invokeAiText(metadata: string): string | null {
  const told = recordIn(metadata)
  if (told === null || typeof told.positive_prompt !== 'string') return null
  const { positive_prompt: prompt, negative_prompt: negative, scheduler, width, height, strength } = told
  const isKarras = typeof scheduler === 'string' && scheduler.endsWith('_k')
  const sampler = typeof scheduler === 'string' ? scheduler.replace(/_k$/, '') : null
  const clipSkip = numberOrNull(told.clip_skip) ?? 0
  return writeParameters(prompt, typeof negative === 'string' ? negative : '', [
    ['Steps', numberOrNull(told.steps)],
    ['Sampler', sampler === null ? null : (samplers.get(sampler) ?? sampler)],
    ['Schedule type', isKarras ? 'Karras' : null],
    ['CFG scale', numberOrNull(told.cfg_scale)],
    ['Seed', numberOrNull(told.seed)],
    ['Size', numberOrNull(width) === null ? null : `${String(width)}x${String(height)}`],
    ['Model', modelIn(told.model)],
    ['Denoising strength', told.generation_mode === 'txt2img' ? null : numberOrNull(strength)],
    // Layers that are skipped; the web UI counts the one that is taken.
    ['Clip skip', clipSkip === 0 ? null : clipSkip + 1],
    ['RNG', told.rand_device === 'cuda' ? 'NV' : 'CPU'],
    ['Version', 'InvokeAI']
  ])
}

const samplers = new Map(
  Object.entries({
    ...{ euler: 'Euler', euler_a: 'Euler a', heun: 'Heun', lms: 'LMS', kdpm_2: 'DPM2', kdpm_2_a: 'DPM2 a' },
    ...{ dpmpp_2m: 'DPM++ 2M', dpmpp_2m_sde: 'DPM++ 2M SDE', dpmpp_sde: 'DPM++ SDE', dpmpp_3m: 'DPM++ 3M' },
    ...{ ddim: 'DDIM', ddpm: 'DDPM', deis: 'DEIS', unipc: 'UniPC', pndm: 'PLMS', lcm: 'LCM', tcd: 'TCD' }
  })
)

/** Older versions have other names for the name. */
function modelIn(model: unknown): string | null {
  if (typeof model !== 'object' || model === null) return null
  const names = new Map<string, unknown>(Object.entries(model))
  const name = names.get('name') ?? names.get('model_name')
  return typeof name === 'string' ? name : null
}
