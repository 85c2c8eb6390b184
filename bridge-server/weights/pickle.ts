import { unreadable } from './tensor-table.ts'
import { createPickleReader, forbidden, type PickleReader } from './pickle-reader.ts'

/**
 * What a pickle may call, by “module name”: a function of the arguments that makes an inert value. A global that is
 * here with null may be named but not called. Any other name is refused as soon as it occurs.
 */
export type PickleGlobals = ReadonlyMap<string, ((args: readonly unknown[]) => unknown) | null>

/** A global as a value: a function or class that was named. */
export class PickleGlobal {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export interface PickleOptions {
  /** What messages name. */
  readonly file: string
  readonly globals: PickleGlobals
  /** Resolves a persistent id. */
  readonly persistent: (id: unknown) => unknown
  /** Told an object's attributes; left out, none has any that matter. */
  readonly attributes?: (object: unknown, state: unknown) => void
}

/** Lists, tuples, dicts, sets and calls of one pickle; a checkpoint of 3000 tensors has about 20,000. */
const mostObjects = 2_000_000
const longestInteger = 255

interface Machine extends PickleOptions {
  readonly in: PickleReader
  readonly stack: unknown[]
  /** Heights of the stack where something was begun. */
  readonly marks: number[]
  readonly memo: Map<number, unknown>
  objects: number
}

/**
 * Builds what a pickle of protocol 2 to 5 describes, and nothing else: None, booleans, numbers, texts, bytes, tuples and
 * lists (arrays), dicts (Maps), sets, and what `globals` makes. Nothing in the pickle is executed.
 * `end` is the position behind it. Throws PickleEnds when `bytes` end first, AppError for anything that is not allowed.
 */
export function readPickle(
  bytes: Buffer,
  start: number,
  options: PickleOptions
): { value: unknown; end: number } {
  const machine: Machine = {
    ...options,
    in: createPickleReader(options.file, bytes, start),
    stack: [],
    marks: [],
    memo: new Map(),
    objects: 0
  }
  for (;;) {
    const opcode = machine.in.byte()
    if (opcode === stop) return { value: pop(machine), end: machine.in.position() }
    const run = opcodes.get(opcode)
    if (run === undefined) throw refuseOpcode(machine, opcode)
    run(machine)
  }
}

const code = (letter: string): number => letter.charCodeAt(0)
const stop = code('.')

const opcodes: ReadonlyMap<number, (m: Machine) => void> = new Map<number, (m: Machine) => void>([
  [0x80, (m) => void m.in.byte()],
  [0x95, (m) => void m.in.take(8)],
  [code('('), (m) => void m.marks.push(m.stack.length)],
  [code('0'), (m) => void pop(m)],
  [code('1'), (m) => void popMark(m)],
  [code('2'), (m) => push(m, top(m))],

  [code('N'), (m) => push(m, null)],
  [0x88, (m) => push(m, true)],
  [0x89, (m) => push(m, false)],
  [code('J'), (m) => push(m, m.in.int32())],
  [code('K'), (m) => push(m, m.in.byte())],
  [code('M'), (m) => push(m, m.in.uint16())],
  [0x8a, (m) => push(m, m.in.integer(m.in.byte()))],
  [0x8b, (m) => push(m, m.in.integer(bounded(m, m.in.uint32())))],
  [code('G'), (m) => push(m, m.in.double())],
  [code('X'), (m) => push(m, m.in.text(m.in.uint32()))],
  [0x8c, (m) => push(m, m.in.text(m.in.byte()))],
  [0x8d, (m) => push(m, m.in.text(m.in.uint64()))],
  [code('T'), (m) => push(m, m.in.text(m.in.uint32()))],
  [code('U'), (m) => push(m, m.in.text(m.in.byte()))],
  [code('B'), (m) => push(m, m.in.take(m.in.uint32()))],
  [code('C'), (m) => push(m, m.in.take(m.in.byte()))],
  [0x8e, (m) => push(m, m.in.take(m.in.uint64()))],

  [code(')'), (m) => push(m, made(m, []))],
  [code('t'), (m) => push(m, made(m, popMark(m)))],
  [0x85, (m) => push(m, made(m, popLast(m, 1)))],
  [0x86, (m) => push(m, made(m, popLast(m, 2)))],
  [0x87, (m) => push(m, made(m, popLast(m, 3)))],
  [code(']'), (m) => push(m, made(m, []))],
  [code('l'), (m) => push(m, made(m, popMark(m)))],
  [code('a'), (m) => append(m, popLast(m, 1))],
  [code('e'), (m) => append(m, popMark(m))],
  [code('}'), (m) => push(m, made(m, new Map()))],
  [code('d'), (m) => push(m, setItems(m, made(m, new Map()), popMark(m)))],
  [code('s'), (m) => setOnTop(m, popLast(m, 2))],
  [code('u'), (m) => setOnTop(m, popMark(m))],
  [0x8f, (m) => push(m, made(m, new Set()))],
  [0x90, (m) => addItems(m, popMark(m))],
  [0x91, (m) => push(m, made(m, new Set(popMark(m))))],

  [code('q'), (m) => void m.memo.set(m.in.byte(), top(m))],
  [code('r'), (m) => void m.memo.set(m.in.uint32(), top(m))],
  [0x94, (m) => void m.memo.set(m.memo.size, top(m))],
  [code('h'), (m) => push(m, recall(m, m.in.byte()))],
  [code('j'), (m) => push(m, recall(m, m.in.uint32()))],

  [code('c'), (m) => push(m, globalNamed(m, `${m.in.line()}.${m.in.line()}`))],
  [0x93, (m) => push(m, globalNamed(m, popLast(m, 2).map(String).join('.')))],
  [code('R'), (m) => call(m)],
  [0x81, (m) => call(m)],
  [code('b'), (m) => build(m)],
  [code('Q'), (m) => push(m, m.persistent(pop(m)))]
])

/** Opcodes that make objects of classes, or that only other programs write. */
const refused: Readonly<Record<number, string>> = {
  [code('i')]: 'INST',
  [code('o')]: 'OBJ',
  [code('P')]: 'PERSID',
  0x82: 'EXT1',
  0x83: 'EXT2',
  0x84: 'EXT4',
  0x92: 'NEWOBJ_EX'
}

function refuseOpcode(m: Machine, opcode: number): Error {
  const name = refused[opcode]
  if (name !== undefined) return forbidden(m.file, `the pickle opcode ${name}`)
  return broken(m, `has the unknown opcode 0x${opcode.toString(16).padStart(2, '0')}`)
}

const broken = (m: Machine, what: string): Error =>
  unreadable(m.file, `its pickle ${what} before byte ${m.in.position()}`)

const push = (m: Machine, value: unknown): void => void m.stack.push(value)

/** Counts what is made, so that a small file cannot fill the memory. */
function made<T>(m: Machine, value: T): T {
  if (++m.objects > mostObjects) throw broken(m, `makes more than ${mostObjects} objects`)
  return value
}

function bounded(m: Machine, length: number): number {
  if (length > longestInteger) throw broken(m, `has an integer of ${length} bytes`)
  return length
}

/** Values above the last mark. */
const height = (m: Machine): number => m.stack.length - (m.marks.at(-1) ?? 0)

function pop(m: Machine): unknown {
  if (height(m) < 1) throw broken(m, 'takes from an empty stack')
  return m.stack.pop()
}

function top(m: Machine): unknown {
  if (height(m) < 1) throw broken(m, 'looks at an empty stack')
  return m.stack.at(-1)
}

function popLast(m: Machine, count: number): unknown[] {
  if (height(m) < count) throw broken(m, `takes ${count} values from a stack of ${height(m)}`)
  return m.stack.splice(-count)
}

function popMark(m: Machine): unknown[] {
  const mark = m.marks.pop()
  if (mark === undefined) throw broken(m, 'ends what it did not begin')
  return m.stack.splice(mark)
}

function recall(m: Machine, index: number): unknown {
  if (!m.memo.has(index)) throw broken(m, `recalls ${index}, which it did not keep`)
  return m.memo.get(index)
}

function append(m: Machine, items: readonly unknown[]): void {
  const list = top(m)
  if (!Array.isArray(list)) throw broken(m, 'appends to what is not a list')
  for (const item of items) list.push(item)
}

function addItems(m: Machine, items: readonly unknown[]): void {
  const set = top(m)
  if (!(set instanceof Set)) throw broken(m, 'adds to what is not a set')
  for (const item of items) set.add(item)
}

function setItems(m: Machine, map: Map<unknown, unknown>, items: readonly unknown[]): Map<unknown, unknown> {
  if (items.length % 2 !== 0) throw broken(m, 'has a dict with a key and no value')
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1])
  return map
}

function setOnTop(m: Machine, items: readonly unknown[]): void {
  const map = top(m)
  if (!(map instanceof Map)) throw broken(m, 'sets an item of what is not a dict')
  setItems(m, map, items)
}

function globalNamed(m: Machine, name: string): PickleGlobal {
  if (!m.globals.has(name)) throw forbidden(m.file, `“${name}”`)
  return made(m, new PickleGlobal(name))
}

function call(m: Machine): void {
  const [callee, args] = popLast(m, 2)
  const run = callee instanceof PickleGlobal ? m.globals.get(callee.name) : undefined
  if (run === undefined || !Array.isArray(args)) throw broken(m, 'calls what is not a function')
  if (run === null)
    throw forbidden(m.file, `a call of “${callee instanceof PickleGlobal ? callee.name : ''}”`)
  push(m, made(m, run(args)))
}

/** Attributes of an object, most of which do not matter: an OrderedDict's `_metadata`, a numpy dtype's state. */
function build(m: Machine): void {
  const [state] = popLast(m, 1)
  m.attributes?.(top(m), state)
}
