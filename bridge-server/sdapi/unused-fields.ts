import { isObject, shown, wrong, type Fields } from './fields.ts'

/**
 * Fields that would change the picture and cannot be had, with the values that ask for nothing. `restore_faces` is not among them:
 * without a network that does it, the web UI too leaves faces as they are, and many programs always send it.
 */
const notHere: Readonly<Record<string, readonly unknown[]>> = {
  refiner_checkpoint: ['', 'None'],
  s_min_uncond: [0],
  firstpass_image: [''],
  latent_mask: ['']
}

/** What the web UI does beside making pictures. */
const flags = [
  ...['restore_faces', 'save_images', 'do_not_save_samples', 'do_not_save_grid'],
  ...['disable_extra_networks', 'include_init_images', 'send_images']
]

/** Has fields without effect say something possible, and nothing that would change a picture. Throws AppError that names the field. */
export function checkUnused(fields: Fields): void {
  for (const name of flags) fields.flag(name, false)
  fields.number('refiner_switch_at', 0, { min: 0, max: 1 })
  fields.number('image_cfg_scale', 0, { min: 0, max: 100 })
  fields.text('force_task_id', '')
  const args = fields.given('script_args') ?? []
  if (!Array.isArray(args)) throw wrong('script_args', `must be a list, but is ${shown(args)}.`)
  const comments = fields.given('comments') ?? {}
  if (!isObject(comments)) throw wrong('comments', `must be an object, but is ${shown(comments)}.`)
  for (const [name, empty] of Object.entries(notHere)) {
    const value = fields.given(name)
    if (value !== undefined && !empty.includes(value))
      throw wrong(name, `is not available here, and is ${shown(value)}.`, 'Leave it out.')
  }
}
