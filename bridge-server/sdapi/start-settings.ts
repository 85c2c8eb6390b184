import type { Size } from '../protocol/geometry.ts'
import type { ResizeMode } from '../image/webui-resize.ts'
import type { Fields } from './fields.ts'
import type { StartSettings } from './starts.ts'

/** By the web UI's numbers; the last one resizes masks, and what is only masked, as the one before. */
const resizeModes: readonly ResizeMode[] = ['stretch', 'crop', 'fill', 'fill']
const latentMode = 3
const fills = ['fill', 'original', 'noise', 'nothing'] as const
const blurs = { min: 0, max: 256 }

/** How an img2img request wants its picture and mask read. Throws AppError that names the field. */
export function startSettings(fields: Fields, size: Size, overlay: boolean): StartSettings {
  const mode = fields.integer('resize_mode', 0, { min: 0, max: latentMode })
  return {
    size,
    resize: resizeModes[mode] ?? 'stretch',
    latents: mode === latentMode,
    blur: blurOf(fields),
    rounded: fields.flag('mask_round', true),
    inverted: fields.integer('inpainting_mask_invert', 0, { min: 0, max: 1 }) === 1,
    onlyMasked: fields.flag('inpaint_full_res', true),
    padding: fields.integer('inpaint_full_res_padding', 0, { min: 0, max: 8192 }),
    fill: fills[fields.integer('inpainting_fill', 0, { min: 0, max: 3 })] ?? 'fill',
    overlay
  }
}

/** `mask_blur` counts more than its parts, as in the web UI: programs send all three. */
function blurOf(fields: Fields): readonly [number, number] {
  const parts = [fields.integer('mask_blur_x', 4, blurs), fields.integer('mask_blur_y', 4, blurs)] as const
  const both = fields.given('mask_blur') === undefined ? null : fields.integer('mask_blur', 4, blurs)
  return both === null ? parts : [both, both]
}
