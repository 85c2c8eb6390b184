import type { DownloadKind, DownloadList } from '#protocol/downloads.ts'
import type { BridgeClient } from '../client/bridge-client.ts'
import type { DownloadStep } from '../client/download-requests.ts'
import { toNotice } from './notice.ts'
import type { AppStore } from './store.ts'

/** What a person can do about models that are not here yet. None rejects: what goes wrong becomes a notice in the state. */
export interface DownloadActions {
  /** Lays out what can be downloaded, of one kind where one is named. */
  readonly openDownloads: (kind?: DownloadKind) => void
  readonly closeDownloads: () => void
  /** Asks the server where everything stands; what has arrived since joins the models. */
  readonly refreshDownloads: () => Promise<void>
  /** Each step is asked for once the one before is done, for requests of their own connections may overtake each other. */
  readonly stepDownload: (id: string, step: DownloadStep) => Promise<void>
}

interface DownloadParts {
  readonly store: AppStore
  readonly client: Pick<BridgeClient, 'downloads' | 'stepDownload' | 'catalogue'>
}

export function createDownloadActions({ store, client }: DownloadParts): DownloadActions {
  const { dispatch, getState } = store
  let lastStep: Promise<void> = Promise.resolve()
  let asked = 0
  let shown = 0

  async function trying(act: () => Promise<void>) {
    try {
      await act()
    } catch (error) {
      dispatch({ type: 'noticed', notice: toNotice(error) })
    }
  }

  async function refresh() {
    const question = ++asked
    const downloads = await client.downloads()
    // An answer from before a step would show what was.
    if (question < shown) return
    shown = question
    const before = installed(getState().downloads)
    dispatch({ type: 'downloads-loaded', downloads })
    if (before !== null && before !== installed(downloads))
      dispatch({ type: 'catalogue-loaded', catalogue: await client.catalogue() })
  }

  return {
    openDownloads: (kind) => dispatch({ type: 'downloads-opened', kind: kind ?? null }),
    closeDownloads: () => dispatch({ type: 'downloads-closed' }),
    refreshDownloads: () => trying(refresh),
    stepDownload: (id, step) => {
      const done = lastStep.then(() => trying(() => client.stepDownload(id, step)))
      lastStep = done
      return done.then(() => trying(refresh))
    }
  }
}

const kinds: Readonly<Record<DownloadKind, true>> = {
  checkpoint: true,
  controlnet: true,
  lora: true,
  vae: true,
  upscaler: true,
  taesd: true,
  embedding: true,
  hypernetwork: true,
  annotator: true
}

export const isDownloadKind = (value: unknown): value is DownloadKind =>
  typeof value === 'string' && Object.hasOwn(kinds, value)

const installed = (list: DownloadList | null): string | null =>
  list?.items
    .filter(({ status }) => status.state === 'installed')
    .map(({ id }) => id)
    .join(' ') ?? null
