import type { CommandLine } from '../command-line.ts'
import type { Progress } from './progress.ts'

/** An option as the help shows it. */
export interface CommandOption {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** What stands for its value in the help, such as FILE. */
  readonly value?: string
  readonly about: string
}

export interface OptionGroup {
  readonly title: string
  readonly options: Readonly<Record<string, CommandOption>>
}

/** Where a command runs. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal
  readonly progress: Progress
  /** All that comes by standard input. */
  readonly readInput: () => Promise<string>
  /** Bytes for standard output, where a command was asked for them. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** A sentence for the person that is no part of the answer. */
  readonly note: (text: string) => void
  /** The answer to a question, or null where nobody is there to be asked. */
  readonly ask: (question: string) => Promise<string | null>
}

/** What a command found out or did. */
export interface Answer {
  /** For people; without a line break at the end. */
  readonly text: string
  /** For programs: printed as JSON by --json. */
  readonly value: unknown
  /** It worked, and what it found is bad. */
  readonly isBad?: boolean
}

export interface Command {
  /** What stands behind its name, such as PROMPT [options]. */
  readonly usage: string
  /** One or more sentences. */
  readonly about: string
  readonly options: readonly OptionGroup[]
  /** Lines to try. */
  readonly examples: readonly string[]
  /** Throws AppError, of which 'settings-invalid' is wrong use, or CodedError. */
  readonly run: (line: CommandLine, terminal: Terminal) => Promise<Answer>
}

/** The option's last value. */
export const textOf = ({ texts }: CommandLine, name: string): string | undefined => texts.get(name)?.at(-1)
