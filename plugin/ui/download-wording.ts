import type { DownloadItem, DownloadKind } from '#protocol/downloads.ts'
import { bytesWords } from './model-wording.ts'
import { durationWords } from './wording.ts'

export const kindLabels: Readonly<Record<DownloadKind, string>> = {
  checkpoint: 'Models',
  controlnet: 'ControlNets',
  lora: 'LoRAs',
  vae: 'VAEs',
  upscaler: 'Upscalers',
  taesd: 'Previews',
  embedding: 'Embeddings',
  hypernetwork: 'Hypernetworks',
  annotator: 'Makers of maps'
}

/** Where an entry stands, in a line. */
export function downloadWords({ status, bytes }: DownloadItem): string {
  const whole = bytesWords(bytes)
  switch (status.state) {
    case 'available':
      return whole
    case 'installed':
      return `Installed as ${status.as}`
    case 'waiting':
      return `Waiting for others · ${whole}`
    case 'checking':
      return 'Checking that it is the right file'
    case 'paused':
      return `Paused at ${bytesWords(status.done)} of ${whole}`
    case 'failed':
      return status.error.message
    case 'downloading': {
      const speed = status.bytesPerSecond === null ? '' : ` · ${bytesWords(status.bytesPerSecond)}/s`
      const left = status.etaSeconds === null ? '' : ` · ${durationWords(status.etaSeconds)} left`
      return `${bytesWords(status.done)} of ${whole} from ${status.from}${speed}${left}`
    }
  }
}
