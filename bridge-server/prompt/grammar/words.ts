/** Splits at a keyword that stands alone, without letters, digits or underscores beside it; what is around it is kept. */
export const splitAtWord = (text: string, word: 'AND' | 'BREAK'): readonly string[] =>
  text.includes(word) ? text.split(wholeWord[word]) : [text]

/** Letters of every script count, which `\b` does not know. */
const wholeWord = {
  AND: /(?<![\p{L}\p{N}_])AND(?![\p{L}\p{N}_])/u,
  BREAK: /(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])/u
}
