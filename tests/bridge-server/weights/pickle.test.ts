import { describe, expect, test } from 'vitest'
import { PickleEnds } from '../../../bridge-server/weights/pickle-reader.ts'
import { readPickle } from '../../../bridge-server/weights/pickle.ts'
import { torchGlobals } from '../../../bridge-server/weights/torch-objects.ts'
import { pickle } from '../../support/pickle-bytes.ts'

const file = 'models/x.ckpt'

const globals = torchGlobals(file)
const read = (bytes: Buffer): unknown =>
  readPickle(bytes, 0, { file, globals, persistent: (id) => ({ kind: 'id', id }) }).value

describe('values', () => {
  const cases: readonly (readonly [string, Buffer, unknown])[] = [
    ['None', pickle('N.'), null],
    ['a negative number', pickle('J', '\xfe\xff\xff\xff', '.'), -2],
    ['a long', pickle(0x8a, 2, '\x00\xff', '.'), -256],
    ['a long without digits is 0', pickle(0x8a, 0, '.'), 0],
    ['a float', pickle('G', '\x3f\xf8\0\0\0\0\0\0', '.'), 1.5],
    ['a text', pickle('X', 3, 0, 0, 0, '\xe2\x82\xac', '.'), '€'],
    ['a tuple', pickle('K', 1, 'K', 2, 0x86, '.'), [1, 2]],
    [
      'a dict',
      pickle('}(', 'K', 1, 'K', 2, 'K', 3, 'K', 4, 'u.'),
      new Map([
        [1, 2],
        [3, 4]
      ])
    ],
    ['a set', pickle(0x8f, '(', 'K', 1, 'K', 1, 0x90, '.'), new Set([1])],
    ['what was kept is recalled', pickle(']q', 5, 'h', 5, 0x86, '.'), [[], []]],
    [
      'an ordered dict of pairs',
      pickle('ccollections\nOrderedDict\n](', 'K', 1, 'K', 2, 0x86, 'e', 0x85, 'R.'),
      new Map([[1, 2]])
    ]
  ]
  test.each(cases)('%s', (_, bytes, value) => {
    expect(read(bytes)).toEqual(value)
  })
})

describe('what wants to run is refused by name', () => {
  const cases: readonly (readonly [string, Buffer, string])[] = [
    ['a global', pickle('cposix\nsystem\n.'), 'posix.system'],
    ['a global from the stack', pickle(0x8c, 8, 'builtins', 0x8c, 4, 'eval', 0x93, '.'), 'builtins.eval'],
    ['a global that is only named', pickle('cos\npopen\n0N.'), 'os.popen'],
    ['a name that every object has', pickle('ctoString\nconstructor\n.'), 'toString.constructor'],
    ['an instance', pickle('(ios\nsystem\n.'), 'INST'],
    ['an object', pickle('(o.'), 'OBJ'],
    ['an extension', pickle(0x82, 1, '.'), 'EXT1'],
    ['a call of a class that is only a mark', pickle('ctorch\nFloatStorage\n)R.'), 'torch.FloatStorage']
  ]
  test.each(cases)('%s', (_, bytes, name) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'model-unsupported' }))
    expect(() => read(bytes)).toThrow(name)
  })
})

describe('a broken pickle is refused', () => {
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['an opcode that does not exist', pickle(0xff), /unknown opcode 0xff/],
    ['an empty stack', pickle('.'), /empty stack/],
    ['taking what lies below a mark', pickle('K', 1, '(0.'), /empty stack/],
    ['a mark that was not set', pickle('t.'), /did not begin/],
    ['recalling what was not kept', pickle('h', 9, '.'), /recalls 9/],
    ['a dict with half an item', pickle('}(', 'K', 1, 'u.'), /key and no value/],
    ['appending to a number', pickle('K', 1, 'K', 2, 'a.'), /not a list/],
    ['calling a text', pickle('X', 1, 0, 0, 0, 'x)R.'), /not a function/],
    ['an integer of many bytes', pickle(0x8b, 0, 0, 1, 0, '.'), /integer of 65536 bytes/],
    ['a name without end', pickle('c', 'x'.repeat(5000), '\n.'), /line of 5000 bytes/]
  ]
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'model-unreadable' }))
    expect(() => read(bytes)).toThrow(message)
  })

  test('one that ends too early says so, for there may be more of it', () => {
    for (const bytes of [pickle('X', 255, 255, 255, 255, 'a'), pickle('K'), pickle('cposix'), pickle(']')])
      expect(() => read(bytes)).toThrow(PickleEnds)
  })

  test('one that makes containers without end', () => {
    expect(() => read(Buffer.alloc(8_000_000, '}'))).toThrow(/more than 2000000 objects/)
  })
})

test('time grows with the length, not with its square', () => {
  const list = (items: number): Buffer => pickle(']', '(', 'K\x01'.repeat(items), 'e.')
  const seconds = (items: number): number => {
    const bytes = list(items)
    const start = performance.now()
    read(bytes)
    return performance.now() - start
  }
  seconds(100_000)
  // Quadratic would be 64 times as long; the bound leaves room for a busy machine.
  expect(seconds(1_600_000)).toBeLessThan(40 * Math.max(5, seconds(200_000)))
})
