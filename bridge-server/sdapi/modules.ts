import type { AnnotatorInfo } from '../protocol/annotators.ts'
import type { ControlKind } from '../protocol/request.ts'
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

/** What threshold_a or threshold_b of a unit is. */
interface Threshold {
  /** As clients lay out a slider. */
  readonly slider: { name: string; value: number; min: number; max: number; step: number }
  /** An annotator's parameter, and its value where the slider stands at `value`. */
  readonly sets: string
  readonly as: (value: number) => number
}

/**
 * Where they are not the first two parameters. The extension's XDoG draws more ink the lower its threshold is, ours the higher;
 * its 32 is our 80.
 */
const otherThresholds: Readonly<Record<string, readonly Threshold[]>> = {
  xdog: [
    {
      slider: { name: 'XDoG Threshold', value: 32, min: 1, max: 64, step: 1 },
      sets: 'limit',
      as: (value) => Math.min(255, (80 * 32) / value)
    }
  ]
}

/** What threshold_a and threshold_b are to an annotator: at most two. */
export function thresholdsOf({ id, parameters }: AnnotatorInfo): readonly Threshold[] {
  if (Object.hasOwn(otherThresholds, id)) return otherThresholds[id] ?? []
  return parameters.slice(0, 2).map(({ label: name, default: value, min, max, step, ...parameter }) => ({
    slider: { name, value, min, max, step },
    sets: parameter.id,
    as: (level) => level
  }))
}

/** The parameters for threshold_a and threshold_b; what is no number in their range is the default, as in the extension. */
export function thresholds(
  annotator: AnnotatorInfo,
  given: readonly unknown[]
): Readonly<Record<string, number>> {
  const values = thresholdsOf(annotator).flatMap(({ slider, sets, as }, i): [string, number][] => {
    const value = given[i]
    return typeof value === 'number' && value >= slider.min && value <= slider.max ? [[sets, as(value)]] : []
  })
  return Object.fromEntries(values)
}

/** Kinds of maps as the extension calls them for a union of ControlNets, by its `union_control_type` and by its tags. */
const kinds: Readonly<Record<string, ControlKind>> = {
  openpose: 'pose',
  depth: 'depth',
  'soft edge': 'soft-edge',
  softedge: 'soft-edge',
  scribble: 'soft-edge',
  'hard edge': 'lines',
  canny: 'lines',
  lineart: 'lines',
  mlsd: 'lines',
  'normal map': 'normal',
  normalmap: 'normal',
  segmentation: 'segmentation',
  tile: 'tile',
  inpaint: 'inpaint'
}

const kindOfAnnotator: Readonly<Record<string, ControlKind>> = {
  openpose: 'pose',
  depth: 'depth',
  softedge: 'soft-edge',
  scribble: 'soft-edge',
  xdog: 'soft-edge',
  canny: 'lines',
  lineart: 'lines',
  mlsd: 'lines',
  normal: 'normal',
  tile: 'tile',
  blur: 'tile'
}

/** What a unit's map shows: what it says, else what its preprocessor makes; null where nothing tells. Throws AppError. */
export function kindOfMap(said: string, module: AnnotatorInfo | null, field: string): ControlKind | null {
  const word = said.trim().toLowerCase()
  if (word === '' || word === 'unknown' || word === 'all') {
    const id = module?.id ?? ''
    return Object.hasOwn(kindOfAnnotator, id) ? (kindOfAnnotator[id] ?? null) : null
  }
  const kind = Object.hasOwn(kinds, word) ? kinds[word] : undefined
  if (kind !== undefined) return kind
  throw wrong(field, `must be one of ${Object.keys(kinds).join(', ')}, but is ${shown(said)}.`)
}

/** Pixels of a map's shorter side: 512 where nothing else makes sense, as the extension has it. */
export const resolutionOf = (given: unknown): number =>
  typeof given === 'number' && given >= 64 && given <= 2048 ? Math.round(given) : 512
