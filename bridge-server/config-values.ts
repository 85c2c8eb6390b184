import { AppError } from './errors.ts'

// The values of settings, read from text. Each throws AppError 'settings-invalid' that names the option and what it may be.

export function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65535) return port
  throw invalid(`--port must be a whole number of 0 to 65535, but is ${text}.`)
}

export function choiceOf<Choice extends string>(
  name: string,
  text: string,
  choices: readonly Choice[]
): Choice {
  const choice = choices.find((known) => known === text)
  if (choice !== undefined) return choice
  throw invalid(`--${name} must be one of ${choices.join(', ')}, but is ${text}.`)
}

/** A whole number of at least 0, or Infinity for `unlimited`. */
export function limitOf(name: string, text: string): number {
  if (text === 'unlimited') return Infinity
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw invalid(`--${name} must be a whole number or unlimited, but is ${text}.`)
}

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** Bytes. */
export function sizeOf(name: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text)
  const bytes = Number(match?.[1]) * (units[(match?.[2] ?? '').toLowerCase()] ?? NaN)
  if (bytes >= 64 * 2 ** 20) return bytes
  throw invalid(`--${name} must be a size of at least 64MB, as 8GB or 900MB, but is ${text}.`)
}

export const invalid = (message: string, hint = 'See --help for what there is.'): AppError =>
  new AppError('settings-invalid', { message, hint })
