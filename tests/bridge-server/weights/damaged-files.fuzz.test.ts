import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { AppError } from '../../../bridge-server/errors.ts'
import { PickleEnds } from '../../../bridge-server/weights/pickle-reader.ts'
import { readPickle } from '../../../bridge-server/weights/pickle.ts'
import { parseHeader } from '../../../bridge-server/weights/safetensors.ts'
import { readTorchFile } from '../../../bridge-server/weights/torch-file.ts'
import { torchGlobals } from '../../../bridge-server/weights/torch-objects.ts'
import { pickle } from '../../support/pickle-bytes.ts'
import { randomBelow } from '../../support/random.ts'
import { temporaryFolder } from '../../support/tensor-files.ts'

const file = 'models/x.ckpt'
const globals = torchGlobals(file)
const read = (bytes: Buffer): unknown =>
  readPickle(bytes, 0, { file, globals, persistent: (id) => ({ kind: 'id', id }) }).value

const fixture = (name: string): string => path.resolve(import.meta.dirname, '../../fixtures/weights', name)

test('a hundred thousand damaged pickles are read or refused, and never crash', () => {
  const storage = pickle(
    '(X',
    7,
    0,
    0,
    0,
    'storage',
    'ctorch\nHalfStorage\n',
    'X',
    1,
    0,
    0,
    0,
    '0',
    'X',
    3,
    0,
    0,
    0,
    'cpu',
    'K',
    4,
    't',
    'Q'
  )
  const good = Buffer.concat([
    pickle(0x80, 2, '}q', 0, '(X', 1, 0, 0, 0, 'w', 'ctorch._utils\n_rebuild_tensor_v2\n('),
    storage,
    pickle(
      'K',
      0,
      'K',
      2,
      'K',
      2,
      0x86,
      'K',
      2,
      'K',
      1,
      0x86,
      0x89,
      'ccollections\nOrderedDict\n)Rt',
      'R',
      'u.'
    )
  ])
  const random = randomBelow(7)
  const opcodes = Buffer.from(
    `(.012NJKMGXTUBC)tl]aed}suqrhjcRbQ\x80\x81\x85\x86\x87\x88\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x93\x94\x95`,
    'latin1'
  )
  let intact = 0
  for (let i = 0; i < 100_000; i++) {
    const bytes = Buffer.from(good)
    for (let n = random(3); n >= 0; n--)
      bytes[random(bytes.length)] = i % 2 === 0 ? random(256) : opcodes[random(opcodes.length)]!
    try {
      read(bytes.subarray(0, random(8) === 0 ? random(bytes.length) : bytes.length))
      intact++
    } catch (error) {
      if (!(error instanceof AppError) && !(error instanceof PickleEnds)) throw error
    }
  }
  expect(intact).toBeGreaterThan(100)
})

test('a hundred thousand damaged headers are read or refused, and never crash', () => {
  const header = Buffer.from(
    `{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]}}`
  )
  const random = randomBelow(1)
  const pieces = [
    '"a"',
    '{',
    '}',
    '[',
    ']',
    '-',
    '1e9',
    'null',
    '9007199254740993',
    '"dtype"',
    ',',
    '"\\u0000"'
  ]
  let refused = 0
  for (let i = 0; i < 100_000; i++) {
    const bytes = Buffer.from(header)
    for (let n = random(4); n >= 0; n--) bytes[random(bytes.length)] = random(256)
    const at = random(bytes.length)
    const spliced =
      i % 3 === 0
        ? Buffer.concat([
            bytes.subarray(0, at),
            Buffer.from(pieces[random(pieces.length)]!),
            bytes.subarray(at)
          ])
        : bytes
    const size = 8 + spliced.length + 10
    try {
      for (const { offset, length } of parseHeader('x/y.safetensors', spliced, size).weights.values())
        if (offset < 8 || offset + length > size) throw new Error('outside the file')
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      refused++
    }
  }
  expect(refused).toBeGreaterThan(50_000)
  expect(refused).toBeLessThan(100_000)
})

test.each(['plain.pt', 'legacy.pt', 'deflated.pt'])(
  '%s with damaged bytes is read or refused',
  async (name) => {
    const good = readFileSync(fixture(name))
    const folder = temporaryFolder()
    const random = randomBelow(3)
    for (let i = 0; i < 500; i++) {
      const bytes = Buffer.from(good)
      for (let n = random(4); n >= 0; n--) bytes[random(bytes.length)] = random(256)
      const broken = path.join(folder, 'broken.ckpt')
      writeFileSync(broken, bytes)
      await readTorchFile(broken, { cacheFolder: folder }).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error
      })
    }
  }
)
