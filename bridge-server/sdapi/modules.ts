import type { AnnotatorInfo } from '../protocol/annotators.ts'
import { shown, wrong } from './fields.ts'

/**
 * What the ControlNet extension calls a preprocessor, by our annotator's id; what is not listed here has the same name in both.
 * The first name is the one that is told.
 */
const names: Readonly<Record<string, readonly string[]>> = {
  xdog: ['scribble_xdog'],
  lineart: ['lineart_standard', 'lineart_standard (from white bg & black line)'],
  invert: ['invert', 'invert (from white bg & black line)'],
  tile: ['tile_resample', 'tile_colorfix', 'tile'],
  blur: ['blur_gaussian', 'blur'],
  color: ['color', 't2ia_color_grid'],
  depth: ['depth_midas', 'depth_anything', 'depth_anything_v2', 'depth'],
  softedge: ['softedge_hed', 'hed'],
  normal: ['normal_midas', 'normal_map']
}

/** The names of one annotator, the one that is told first. */
export const moduleNames = ({ id }: AnnotatorInfo): readonly string[] => {
  const known = Object.hasOwn(names, id) ? (names[id] ?? []) : []
  return [...new Set([...known, id])]
}

/** Those that can run, in the order of menus. */
export const usable = (annotators: readonly AnnotatorInfo[]): readonly AnnotatorInfo[] =>
  annotators.filter(({ available }) => available)

/** The annotator that a client means; null for “none”. Throws AppError that names the field. */
export function chosenModule(
  name: string,
  annotators: readonly AnnotatorInfo[],
  field: string
): AnnotatorInfo | null {
  const wanted = name.trim().toLowerCase()
  if (wanted === '' || wanted === 'none') return null
  const found = usable(annotators).find((annotator) => moduleNames(annotator).includes(wanted))
  if (found !== undefined) return found
  const known = ['none', ...usable(annotators).flatMap((each) => moduleNames(each).slice(0, 1))]
  throw wrong(field, `names no preprocessor there is: ${shown(name)}.`, `There are ${known.join(', ')}.`)
}

/**
 * The values for an annotator's first two parameters, which are the extension's threshold_a and threshold_b; what is no number in
 * their range is the default, as there.
 */
export function thresholds(
  { parameters }: AnnotatorInfo,
  given: readonly unknown[]
): Readonly<Record<string, number>> {
  const values = parameters.slice(0, 2).flatMap(({ id, min, max }, i): [string, number][] => {
    const value = given[i]
    return typeof value === 'number' && value >= min && value <= max ? [[id, value]] : []
  })
  return Object.fromEntries(values)
}

/** Pixels of a map's shorter side: 512 where nothing else makes sense, as the extension has it. */
export const resolutionOf = (given: unknown): number =>
  typeof given === 'number' && given >= 64 && given <= 2048 ? Math.round(given) : 512
