import type { Choice } from '../protocol/catalogue.ts'
import type { Emphasis } from '../protocol/request.ts'

// The web UI's words for what we have.

/** Where its name is not our label. */
const names: Readonly<Record<string, string>> = { unipc: 'UniPC', heunpp2: 'HeunPP2' }

export const samplerName = ({ id, label }: Choice): string => names[id] ?? label

export const emphasisNames: Readonly<Record<Emphasis, string>> = {
  none: 'None',
  ignore: 'Ignore',
  original: 'Original',
  'no-norm': 'No norm'
}

/** The first ten digits of a model's sha256; null until it is known. */
export const shortHash = ({ sha256 }: { readonly sha256: string | null }): string | null =>
  sha256?.slice(0, 10) ?? null
