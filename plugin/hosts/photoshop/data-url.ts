const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Most characters of a picture's base64: a page's message is no road for pixels. */
const MAX_TEXT = 48 * 1024

/** A small JPEG, as base64 or bytes, as a URL for the panel's page. */
export function jpegUrl(picture: string | Uint8Array): string {
  const base64 = typeof picture === 'string' ? picture : base64Of(picture)
  if (base64.length > MAX_TEXT)
    throw new Error(`Bug: a small picture of ${base64.length} characters, which may have ${MAX_TEXT}`)
  return `data:image/jpeg;base64,${base64}`
}

/** By RFC 4648. That a plugin's script has `btoa` is not documented. */
function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second, third] = bytes.subarray(at, at + 3)
    const group = (first << 16) | ((second ?? 0) << 8) | (third ?? 0)
    text += letters[group >> 18]! + letters[(group >> 12) & 63]!
    text += second === undefined ? '=' : letters[(group >> 6) & 63]!
    text += third === undefined ? '=' : letters[group & 63]!
  }
  return text
}
