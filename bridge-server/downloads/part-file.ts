import { mkdir, open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { PartState } from '../protocol/downloads.ts'
import { checked } from '../parse.ts'

/** A stretch [from, to) of the file, one request's worth, of which the first `have` bytes are here. */
export interface Piece {
  readonly at: number
  readonly from: number
  readonly to: number
  readonly have: number
}

/** What a download is of. */
export type Wanted = Pick<PartState, 'file' | 'bytes' | 'sha256'>

/**
 * A file that is being downloaded, and what is known of it: `NAME.part` and `state.json` in a folder of its own. What the
 * state says is here has reached the disk, so whoever dies at any moment goes on from it.
 */
export interface PartFile {
  readonly state: PartState
  /** Where the bytes are. */
  readonly file: string
  /** Bytes that are here. */
  done(): number
  /** What is not whole yet, in order. */
  missing(): readonly Piece[]
  /** Appends to a piece. Rejects as the disk does. */
  write(at: number, chunk: Uint8Array): Promise<void>
  /** Notes where the next bytes come from. */
  note(source: { readonly url: string; readonly validator: string | null }): void
  /** Forgets every byte; `pieceBytes` is the file's size for a mirror that knows no ranges. */
  forget(pieceBytes: number): Promise<void>
  /** Makes the state durable and lets go of the file. */
  close(): Promise<void>
}

interface PartOptions {
  readonly folder: string
  readonly wanted: Wanted
  readonly unverified: boolean
  readonly pieceBytes: number
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Milliseconds after which what has come is made durable. */
const saveEvery = 2000

const stateFile = (folder: string): string => path.join(folder, 'state.json')
export const partName = (folder: string, { file }: Pick<Wanted, 'file'>): string =>
  path.join(folder, `${file}.part`)

/** Where the file is while it is looked at, before it is moved to its place. */
export const wholeName = (folder: string, { file }: Pick<Wanted, 'file'>): string =>
  path.join(folder, 'models', file)

/** What a folder remembers of its download; null where that is nothing of use. */
export async function readPartState(folder: string): Promise<PartState | null> {
  try {
    const state = checked(PartState, JSON.parse(await readFile(stateFile(folder), 'utf8')))
    // Whoever died while the file was looked at left it there.
    await rename(wholeName(folder, state), partName(folder, state)).catch(() => undefined)
    const { size } = await stat(partName(folder, state))
    const pieces = piecesOf(state)
    const isSound =
      pieces.length === state.have.length &&
      pieces.every(({ from, to, have }) => have <= to - from && (have === 0 || from + have <= size))
    return isSound ? state : null
  } catch {
    return null
  }
}

/** Opens what is there of a file; what belongs to another version of the entry is forgotten. */
export async function openPartFile({
  folder,
  wanted,
  unverified,
  pieceBytes,
  now
}: PartOptions): Promise<PartFile> {
  const known = await readPartState(folder)
  const isSame =
    known !== null &&
    known.file === wanted.file &&
    known.bytes === wanted.bytes &&
    known.sha256 === wanted.sha256
  if (!isSame) await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  let state: PartState = isSame
    ? { ...known, unverified: known.unverified || unverified }
    : { ...wanted, ...nothing(wanted.bytes, pieceBytes), source: null, unverified }
  const file = partName(folder, wanted)
  const handle = await open(file, isSame ? 'r+' : 'w+', 0o600)
  let saved = now()
  let saving: Promise<void> | null = null

  const save = (): Promise<void> => {
    saving ??= saveState(handle, folder, state).finally(() => (saving = null))
    return saving
  }
  const settle = async (): Promise<void> => {
    // One that is under way may have begun before the last bytes.
    await saving?.catch(() => undefined)
    await save()
  }
  await save()

  return {
    get state() {
      return state
    },
    file,
    done: () => state.have.reduce((sum, have) => sum + have, 0),
    missing: () => piecesOf(state).filter(({ from, to, have }) => have < to - from),
    async write(at, chunk) {
      const from = at * state.pieceBytes + (state.have[at] ?? 0)
      await writeAll(handle, chunk, from)
      state = { ...state, have: state.have.map((have, i) => (i === at ? have + chunk.length : have)) }
      if (now() - saved < saveEvery || saving !== null) return
      saved = now()
      await save()
    },
    note(source) {
      const { contributors } = state
      state = {
        ...state,
        source,
        contributors: contributors.includes(source.url) ? contributors : [...contributors, source.url]
      }
    },
    async forget(bytes) {
      state = { ...state, ...nothing(state.bytes, bytes), source: null }
      await settle()
      await handle.truncate(0)
    },
    async close() {
      try {
        await settle()
      } finally {
        await handle.close()
      }
    }
  }
}

const nothing = (
  bytes: number,
  pieceBytes: number
): Pick<PartState, 'have' | 'pieceBytes' | 'contributors'> => ({
  pieceBytes,
  have: Array.from({ length: Math.ceil(bytes / pieceBytes) }, () => 0),
  contributors: []
})

const piecesOf = ({ bytes, pieceBytes, have }: PartState): readonly Piece[] =>
  Array.from({ length: Math.ceil(bytes / pieceBytes) }, (_, at) => ({
    at,
    from: at * pieceBytes,
    to: Math.min(bytes, (at + 1) * pieceBytes),
    have: have[at] ?? 0
  }))

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let offset = 0; offset < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, offset, chunk.length - offset, position + offset)
    offset += bytesWritten
  }
}

/** The bytes first: a state must never speak of what is not there. */
async function saveState(handle: FileHandle, folder: string, state: PartState): Promise<void> {
  await handle.datasync()
  const draft = `${stateFile(folder)}.draft`
  await writeFile(draft, JSON.stringify(state), { flush: true, mode: 0o600 })
  await rename(draft, stateFile(folder))
}
