/** A line in words as a POSIX shell divides it, without expansions; null where a quote is never closed. */
export function wordsOf(line: string): readonly string[] | null {
  const words = /(?:[^\s"'\\]|\\[^]|"(?:[^"\\]|\\[^])*"|'[^']*')+/g
  // What is left over is a quote or a backslash without its end.
  if (/\S/.test(line.replaceAll(words, ''))) return null
  return (line.match(words) ?? []).map(unquoted)
}

const unquoted = (word: string): string =>
  word.replaceAll(
    /\\([^])|"((?:[^"\\]|\\[^])*)"|'([^']*)'/g,
    (_all, escaped?: string, double?: string, single?: string) =>
      escaped ?? double?.replaceAll(/\\(["\\])/g, '$1') ?? single ?? ''
  )
