import { expect, it } from 'vitest'
import { kindFor, netFor, type ControlNet } from '../../../../plugin/hosts/canvas/control-kit.ts'
import { annotatorList } from '../../../../bridge-server/annotate/registry.ts'

const net = (name: string, change: Partial<ControlNet> = {}): ControlNet => ({
  ...{ name, unsuited: null, kinds: [] },
  ...change
})
const union = net('promax', { kinds: ['pose', 'depth', 'soft-edge', 'lines', 'tile'] })

it.each([
  [['canny', 'edges', 'map'], 'lines'],
  [['depth'], 'depth'],
  [['openpose', 'pose'], 'pose'],
  [['scribble', 'lineart'], 'soft-edge'],
  [['blur', 'tile'], 'tile'],
  [['background'], null],
  [[], null]
] as const)('what a map shows is told by the words %j', (words, kind) => {
  expect(kindFor(words)).toBe(kind)
})

it('is told by every annotator whose maps a union follows', () => {
  const untold = annotatorList(new Set()).filter(({ suits }) => kindFor(suits) === null)
  // A union has no kind for colours alone.
  expect(untold.map(({ id }) => id).sort()).toEqual(['color', 'shuffle'])
})

it('a new map is for the ControlNet named as it says, else for a union that knows it, else for the only one', () => {
  const nets = [net('depth-v11'), union, net('canny-xl', { unsuited: 'For SD XL' })]
  expect(netFor({ nets }, ['depth'])).toBe('depth-v11')
  expect(netFor({ nets }, ['canny'])).toBe('promax')
  expect(netFor({ nets }, ['normal'])).toBeNull()
  expect(netFor({ nets: [union] }, ['normal'])).toBe('promax')
})
