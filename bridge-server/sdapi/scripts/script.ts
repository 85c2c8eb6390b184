import type { Choice } from '../../protocol/catalogue.ts'
import type { Call } from '../call.ts'
import type { Fields } from '../fields.ts'
import type { Produced } from '../produce.ts'
import type { GenerateParts } from '../read-request.ts'

export type GenerateMode = 'txt2img' | 'img2img'

/** An argument as `/sdapi/v1/script-info` tells it; arguments have places instead of names. */
export interface ScriptArg {
  readonly label: string
  readonly value: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly step?: number
  readonly choices?: readonly string[]
}

/** The arguments of a request, by their place from 0 on. */
export type ScriptArgs = Fields

interface About {
  /** The web UI's; clients may write it in any case. */
  readonly name: string
  readonly modes: readonly GenerateMode[]
  readonly args: (upscalers: readonly Choice[]) => readonly ScriptArg[]
}

/** What a request makes instead of its pictures: those of several other bodies, or one that is put together. */
export type Script = About &
  (
    | { readonly kind: 'bodies'; readonly bodies: (fields: Fields, args: ScriptArgs) => readonly Body[] }
    | {
        readonly kind: 'picture'
        readonly answer: (call: Call, args: ScriptArgs, parts: GenerateParts) => Promise<Produced>
      }
  )

/** The body of a request. */
export type Body = Readonly<Record<string, unknown>>
