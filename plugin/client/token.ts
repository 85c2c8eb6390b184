/** What lets a client in, or the way to what is in force: it may come later than the client, and change. */
export type Token = string | (() => string)

export const tokenOf = (token: Token): string => (typeof token === 'string' ? token : token())
