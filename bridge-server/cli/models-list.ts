import type { CommandLine } from '../command-line.ts'
import { invalid } from '../config-values.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import type { DownloadItem } from '../protocol/downloads.ts'
import { choose } from './choose.ts'
import type { Answer, Terminal } from './command.ts'
import { asNamed } from './picture-request.ts'
import { describeModel } from './model-file-info.ts'
import { withMarquee } from './reach.ts'
import { sizeText, table } from './wording.ts'

export async function listModels(line: CommandLine, terminal: Terminal): Promise<Answer> {
  if (line.flags.has('available')) return listDownloads(line, terminal)
  const catalogue = await withMarquee(line, terminal, (marquee) => marquee.catalogue())
  return { text: catalogueText(catalogue), value: catalogue }
}

export async function infoOfModel(
  line: CommandLine,
  terminal: Terminal,
  [name]: readonly string[]
): Promise<Answer> {
  if (name === undefined) throw invalid('The model is missing: marquee models info NAME.')
  const { models } = await withMarquee(line, terminal, (marquee) => marquee.catalogue())
  return describeModel(choose('model', name, models.map(asNamed)).model)
}

function catalogueText({ models, extensions, refused }: Catalogue): string {
  const parts = [
    models.length === 0
      ? 'There are no models.'
      : table(
          models.map(({ id, family, conditioning, precision, bytes, sha256 }) => [
            ...[id, family, conditioning === 'none' ? '' : conditioning, precision, sizeText(bytes)],
            sha256?.slice(0, 10) ?? ''
          ])
        )
  ]
  if (extensions.length > 0)
    parts.push(
      'Beside models:',
      table(extensions.map(({ id, kind, family, bytes }) => [id, kind, family ?? '', sizeText(bytes)]))
    )
  if (refused.length > 0)
    parts.push(
      'Cannot be used:',
      ...refused.map(({ id, message, leadsTo, hint }) =>
        [`${id}: ${message}`, ...(leadsTo === undefined ? [] : [`It leads to ${leadsTo}.`]), hint]
          .join(' ')
          .trim()
      )
    )
  return parts.join('\n')
}

async function listDownloads(line: CommandLine, terminal: Terminal): Promise<Answer> {
  const list = await withMarquee(line, terminal, (marquee) => marquee.downloads())
  const rows = list.items.map(({ id, kind, bytes, licence, status }) => [
    ...[id, kind, sizeText(bytes), licence.name],
    status.state
  ])
  const text = [
    rows.length === 0 ? 'The catalogue is empty.' : table(rows),
    ...list.problems.map(({ message, hint = '' }) => `${message} ${hint}`.trim())
  ].join('\n')
  return { text, value: list }
}

/** An entry of the catalogue as it is chosen by a person. */
export const downloadNamed = (item: DownloadItem) => ({ id: item.id, label: item.name, item })
