import path from 'node:path'
import type { DownloadSettings } from './download-settings.ts'
import { readCatalogues } from './downloads/catalogue-file.ts'
import { createDownloads, type Downloads } from './downloads/downloads.ts'
import { rememberKnown } from './downloads/known-models.ts'
import { createTransport } from './downloads/transport.ts'
import { inspectFile } from './weights/inspect-file.ts'
import type { Library } from './weights/library.ts'

const ownCatalogue = path.resolve(import.meta.dirname, '..', 'models', 'catalogue.json')

interface OpenDownloadsParts {
  readonly settings: DownloadSettings
  /** Where models are kept. */
  readonly models: string
  /** The person's own catalogue file, which need not be there. */
  readonly catalogue: string
  readonly library: Library
  readonly report: (error: unknown) => void
}

/** Downloads of what comes with Marquee's catalogue and the person's own, for whoever holds the data folder. */
export const openDownloads = ({
  settings,
  models,
  catalogue,
  library,
  report
}: OpenDownloadsParts): Promise<Downloads> =>
  createDownloads({
    models,
    offered: () => readCatalogues([ownCatalogue, catalogue]),
    transport: createTransport(settings),
    inspect: (file, kind, cacheFolder) => inspectFile(file, kind, { cacheFolder }),
    known: rememberKnown(async () => (await library.catalogue()).models),
    report
  })
