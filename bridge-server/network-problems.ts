import { AppError } from './errors.ts'
import { findNetworks } from './prompt/grammar/networks.ts'
import type { ExtensionKind } from './protocol/extensions.ts'
import type { Family } from './protocol/family.ts'
import type { PromptProblem } from './protocol/prompt.ts'
import type { ExtensionLibrary } from './weights/extensions/extension-library.ts'

const kinds = new Map<string, ExtensionKind>([
  ['lora', 'lora'],
  ['lyco', 'lora'],
  ['hypernet', 'hypernetwork']
])

const familyNames: Readonly<Record<Family, string>> = {
  sd1: 'SD 1',
  sd2: 'SD 2',
  sdxl: 'SDXL',
  'sdxl-refiner': 'the SDXL refiner'
}

/**
 * Network tags of a prompt that would make a job of this model fail: what they name is not there, or was made for models of
 * another family. Nothing is opened.
 */
export async function networkProblems(
  prompt: string,
  family: Family,
  extensions: Pick<ExtensionLibrary, 'list' | 'require'>
): Promise<readonly PromptProblem[]> {
  const problems: PromptProblem[] = []
  for (const { kind: written, positional, from, to } of findNetworks(prompt)) {
    const kind = kinds.get(written)
    if (kind === undefined) continue
    const name = positional[0]?.trim() ?? ''
    const message = (await missing(kind, name, extensions)) ?? (await foreign(kind, name, family, extensions))
    if (message !== null) problems.push({ from, to, message })
  }
  return problems
}

async function missing(
  kind: ExtensionKind,
  name: string,
  extensions: Pick<ExtensionLibrary, 'require'>
): Promise<string | null> {
  try {
    await extensions.require([{ kind, name }])
    return null
  } catch (error) {
    if (error instanceof AppError) return sentences(error)
    throw error
  }
}

async function foreign(
  kind: ExtensionKind,
  name: string,
  family: Family,
  extensions: Pick<ExtensionLibrary, 'list'>
): Promise<string | null> {
  const found = (await extensions.list()).find(
    (each) => each.kind === kind && (each.id === name || each.name.toLowerCase() === name.toLowerCase())
  )
  if (found === undefined || found.family === null || found.family === family) return null
  return `“${name}” was made for ${familyNames[found.family]}, and this model is ${familyNames[family]}. Choose a model of that family, or take the tag out.`
}

/** What an error says, and what to do about it. */
export const sentences = ({ message, hint }: AppError): string =>
  hint === undefined ? message : `${message} ${hint}`
