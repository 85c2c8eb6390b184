import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { faultOfMirror, faultOfRedirect } from '../../../bridge-server/downloads/addresses.ts'
import { readCatalogues } from '../../../bridge-server/downloads/catalogue-file.ts'
import { entryOf } from '../../support/downloads.ts'
import { temporaryFolder } from '../../support/tensor-files.ts'

const good = entryOf(Buffer.from('x'), ['https://example.org/x'])
const written = (name: string, content: unknown): string => {
  const file = path.join(temporaryFolder(), name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}
const catalogue = (...entries: unknown[]) => ({ version: 1, entries })

it('a person’s entry takes the place of ours with its id, and a file that is not there has none', async () => {
  const ours = written('ours.json', catalogue(good, { ...good, id: 'other', file: 'other.pth' }))
  const theirs = written('theirs.json', catalogue({ ...good, name: 'Mine' }))
  const { entries, problems } = await readCatalogues([ours, theirs, '/nowhere/catalogue.json'])
  expect(problems).toEqual([])
  expect(entries.map(({ id, name }) => [id, name])).toEqual([
    ['thing', 'Mine'],
    ['other', 'Thing']
  ])
})

it('a mistake hides its entry alone, and is told by file, entry and field', async () => {
  for (const [change, words] of [
    [{ sha256: 'abc' }, /entry 1 \(“thing”, line 1\): sha256 must be/],
    [{ bytes: 0 }, /bytes must be a whole number/],
    [{ file: '../x.pth' }, /file must be a text that matches/],
    [{ kind: 'virus' }, /kind must be/],
    [{ mirrors: [] }, /mirrors must be a list of 1/],
    [{ more: 1 }, /more is not a known field/],
    [{ licence: {} }, /licence\.name is missing/],
    [{ mirrors: ['https://me:secret@example.org/x'] }, /the mirror .* holds a name or a password/],
    [{ mirrors: ['http://example.org/x'], sha256: null }, /is not encrypted/]
  ] as const) {
    const file = written('c.json', catalogue({ ...good, ...change }, { ...good, id: 'b', file: 'b.pth' }))
    const { entries, problems } = await readCatalogues([file])
    expect(entries.map(({ id }) => id)).toEqual(['b'])
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(words) as string])
    expect(problems[0]?.message.startsWith(file)).toBe(true)
  }
  const twice = await readCatalogues([written('c.json', catalogue(good, good, { ...good, id: 'b' }))])
  expect([twice.entries.length, twice.problems.length]).toEqual([1, 2])
})

it('says the line of a mistake', async () => {
  const problemsOf = async (text: string) =>
    (await readCatalogues([written('c.json', text)])).problems.map(({ message }) => message)
  const pretty = JSON.stringify(catalogue(good, { ...good, id: 'b', bytes: 0 }), null, 2)
  const line = pretty.split('\n').findIndex((each) => each.includes('"id": "b"')) + 1
  expect(await problemsOf(pretty)).toEqual([
    expect.stringMatching(new RegExp(`entry 2 \\(“b”, line ${line}\\): bytes must`)) as string
  ])
  expect(await problemsOf('{\n"version": 1,\n"entries": [}\n}')).toEqual([
    expect.stringMatching(/c\.json: line 3 is no JSON \(value expected\)/) as string
  ])
  expect(await problemsOf('{\n"version": 1,')).toEqual([
    expect.stringMatching(/line 2 is no JSON \(/) as string
  ])
  expect(await problemsOf(`\uFEFF${JSON.stringify(catalogue(good))}`)).toEqual([])
})

it('never follows a redirect to less encryption, nor from the world into the own network', () => {
  const to = (from: string, where: string) => faultOfRedirect(new URL(from), new URL(where))
  expect(to('https://a.org/x', 'https://cdn.b.org/x')).toBeNull()
  expect(to('http://127.0.0.1:1/x', 'http://127.0.0.1:2/x')).toBeNull()
  for (const where of [
    'http://a.org/x',
    'https://localhost/x',
    'https://127.0.0.1/x',
    'https://10.1.2.3/x',
    'https://192.168.0.1/x',
    'https://169.254.169.254/latest',
    'https://[::1]/x',
    'https://[fd00::1]/x',
    'https://[::ffff:127.0.0.1]/x',
    'https://printer.local/x',
    'ftp://a.org/x'
  ])
    expect(to('https://a.org/x', where), where).not.toBeNull()
  expect(faultOfMirror('http://localhost:1/x', { hasHash: false })).toBeNull()
})
