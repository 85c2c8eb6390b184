import type { ModelInfo } from './catalogue.ts'
import type { Mode } from './request.ts'

/** Which models can do a mode, best first. A depth model needs a depth map, and only a depth model can use one. */
const suited: Readonly<Record<Mode, readonly ModelInfo['conditioning'][]>> = {
  txt2img: ['none', 'inpaint'],
  img2img: ['none', 'inpaint'],
  inpaint: ['inpaint', 'none'],
  outpaint: ['inpaint', 'none'],
  depth2img: ['depth'],
  upscale: ['none', 'inpaint', 'depth']
}

/** The models that can do `mode`, best first and then in their own order. */
export const modelsFor = (mode: Mode, models: readonly ModelInfo[]): readonly ModelInfo[] =>
  suited[mode].flatMap((conditioning) => models.filter((model) => model.conditioning === conditioning))
