import { stat } from 'node:fs/promises'
import { openAsBlob } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CodedError } from '../../plugin/client/coded-error.ts'
import type { Marquee } from '../../plugin/client/marquee-client.ts'
import type { CommandLine } from '../command-line.ts'
import { invalid } from '../config-values.ts'
import type { DownloadItem } from '../protocol/downloads.ts'
import { choose } from './choose.ts'
import type { Answer, Terminal } from './command.ts'
import { downloadNamed } from './models-list.ts'
import { withMarquee } from './reach.ts'
import { sizeText } from './wording.ts'

/** Milliseconds between two looks at a download. */
const pause = 500

/** Downloads an entry of the catalogue, or copies a file to where models are kept. */
export async function addModel(
  line: CommandLine,
  terminal: Terminal,
  [name]: readonly string[]
): Promise<Answer> {
  if (name === undefined) throw invalid('What is to be added is missing: marquee models add NAME|FILE.')
  if (/^https?:/i.test(name))
    throw invalid(
      'The server downloads only what its catalogue has.',
      'Put the address into catalogue.json of the data folder (CONTRIBUTING.md says what an entry has), or download the file and add that.'
    )
  const stats = await stat(name).catch(() => null)
  if (stats?.isDirectory() === true)
    throw invalid(`${name} is a folder.`, 'Use it in place: --models FOLDER, or add it in the panel.')
  return withMarquee(line, terminal, (marquee) =>
    stats === null ? download(marquee, name, line, terminal) : copyIn(marquee, name, stats.size, terminal)
  )
}

async function copyIn(
  marquee: Marquee,
  file: string,
  bytes: number,
  { progress }: Terminal
): Promise<Answer> {
  progress.show(`Copying ${path.basename(file)} (${sizeText(bytes)}) …`, null)
  await marquee.addModel(path.basename(file), await openAsBlob(file))
  return { text: `${path.basename(file)} is in.`, value: { added: path.basename(file), bytes } }
}

async function download(
  marquee: Marquee,
  name: string,
  line: CommandLine,
  terminal: Terminal
): Promise<Answer> {
  const wanted = choose('catalogue entry', name, (await marquee.downloads()).items.map(downloadNamed)).id
  const { state } = (await itemOf(marquee, wanted)).status
  if (state === 'available' || state === 'failed' || state === 'paused')
    await marquee.stepDownload(
      wanted,
      state === 'paused' ? 'resume' : line.flags.has('unverified') ? 'start-unverified' : 'start'
    )
  for (;;) {
    const { status, bytes, file } = await itemOf(marquee, wanted)
    if (terminal.signal.aborted) {
      await marquee.stepDownload(wanted, 'pause')
      terminal.signal.throwIfAborted()
    }
    if (status.state === 'installed')
      return { text: `${status.as} is in.`, value: { added: status.as, file, bytes } }
    if (status.state === 'failed')
      throw new CodedError(status.error.code, status.error.message, status.error.hint)
    if (status.state === 'paused')
      throw new CodedError(
        'cancelled',
        `The download of ${wanted} was paused.`,
        'Add it again to go on with it.'
      )
    show(terminal, status, bytes)
    await wait(pause)
  }
}

function show({ progress }: Terminal, status: DownloadItem['status'], bytes: number): void {
  if (status.state === 'downloading') {
    const speed = status.bytesPerSecond === null ? '' : `, ${sizeText(status.bytesPerSecond)}/s`
    progress.show(
      `${sizeText(status.done)} of ${sizeText(bytes)} from ${status.from}${speed}`,
      status.done / bytes
    )
  } else if (status.state === 'checking') progress.show('Checking', status.done / bytes)
  else progress.show('Waiting', null)
}

async function itemOf(marquee: Marquee, id: string): Promise<DownloadItem> {
  const item = (await marquee.downloads()).items.find((each) => each.id === id)
  if (item === undefined) throw new CodedError('not-found', `The catalogue has no ${id} any more.`)
  return item
}
