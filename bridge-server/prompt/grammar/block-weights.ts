import { parseWeight } from './number.ts'

const numbered = (side: string, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${side}${String(from + i).padStart(2, '0')}`)

const all = ['BASE', ...numbered('IN', 0, 11), 'M00', ...numbered('OUT', 0, 11)]

/** Which blocks a list of so many numbers is about: those with attention of SD 1 and of XL; all of XL, of SD 1. */
const lists: readonly (readonly string[])[] = [
  ['BASE', 'IN04', 'IN05', 'IN07', 'IN08', 'M00', ...numbered('OUT', 0, 5)],
  ['BASE', 'IN01', 'IN02', 'IN04', 'IN05', 'IN07', 'IN08', 'M00', ...numbered('OUT', 3, 11)],
  ['BASE', ...numbered('IN', 0, 8), 'M00', ...numbered('OUT', 0, 8)],
  all
]

/** The block-weight extension's own presets. */
const presets: Readonly<Record<string, string>> = {
  NONE: '0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0',
  ALL: '1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1',
  INS: '1,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0',
  IND: '1,0,0,0,1,1,1,0,0,0,0,0,0,0,0,0,0',
  INALL: '1,1,1,1,1,1,1,0,0,0,0,0,0,0,0,0,0',
  MIDD: '1,0,0,0,1,1,1,1,1,1,1,1,0,0,0,0,0',
  OUTD: '1,0,0,0,0,0,0,0,1,1,1,1,0,0,0,0,0',
  OUTS: '1,0,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1',
  OUTALL: '1,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1',
  'ALL0.5': '0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5'
}

export const presetNames: readonly string[] = Object.keys(presets)

/**
 * A weight for the text encoders and each of the UNet's 25 blocks, from a list of 12, 17, 20 or 26 numbers or a preset's name.
 * Blocks that a list is not about get 0. Null: it is neither.
 */
export function blockWeights(text: string): readonly number[] | null {
  const numbers = (presets[text] ?? text).split(',').map((each) => parseWeight(each.trim()))
  const names = lists.find(({ length }) => length === numbers.length)
  if (names === undefined || numbers.includes(null)) return null
  return all.map((name) => numbers[names.indexOf(name)] ?? 0)
}
