import type { ModelInfo } from '#protocol/catalogue.ts'

export const families: Readonly<Record<ModelInfo['family'], string>> = {
  sd1: 'SD 1',
  sd2: 'SD 2',
  sdxl: 'SDXL',
  'sdxl-refiner': 'SDXL refiner'
}

const distillations: Readonly<Record<ModelInfo['distillation'], string | null>> = {
  none: null,
  turbo: 'Turbo',
  lcm: 'LCM',
  lightning: 'Lightning'
}

const conditionings: Readonly<Record<ModelInfo['conditioning'], string | null>> = {
  none: null,
  inpaint: 'inpainting',
  depth: 'depth'
}

/** A1111's short hash: the first digits of the sha256. */
const SHORT_HASH = 10

/** `SDXL Turbo · inpainting · 1024 px · fp16 · 6.9 GB · 31e35c80fc` */
export const modelWords = (model: ModelInfo): string =>
  [
    [families[model.family], distillations[model.distillation]].filter((word) => word !== null).join(' '),
    conditionings[model.conditioning],
    `${model.nativeSize} px`,
    model.precision,
    bytesWords(model.bytes),
    model.sha256?.slice(0, SHORT_HASH) ?? null
  ]
    .filter((words) => words !== null)
    .join(' · ')

/** As file managers count, in thousands. */
export function bytesWords(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} KB`
}
