/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const roundConstants = Uint32Array.from(primes(64), (prime) => fraction32(Math.cbrt(prime)))
/** The same of the square roots of the first 8. */
const initial = Uint32Array.from(primes(8), (prime) => fraction32(Math.sqrt(prime)))

/** Bytes between two pauses, so that Photoshop stays responsive. */
const BYTES_A_TURN = 4 * 1024 * 1024

/** Lower-case hexadecimal sha256 of pieces that follow each other. Photoshop's script engine has no digests of its own. */
export async function sha256(pieces: readonly (Uint8Array | Uint8ClampedArray)[]): Promise<string> {
  const state = initial.slice()
  const block = new DataView(new ArrayBuffer(64))
  let [held, length] = [0, 0]
  const add = (byte: number) => {
    block.setUint8(held++, byte)
    if (held < 64) return
    compress(state, block, 0)
    held = 0
  }
  for (const piece of pieces) {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length)
    let at = 0
    while (at < piece.length)
      if (held === 0 && piece.length - at >= 64) {
        const end = Math.min(piece.length, at + BYTES_A_TURN)
        for (; end - at >= 64; at += 64) compress(state, view, at)
        if (at < piece.length) await nextTurn()
      } else add(view.getUint8(at++))
    length += piece.length
  }
  add(0x80)
  while (held !== 56) add(0)
  block.setBigUint64(56, BigInt(length) * 8n)
  compress(state, block, 0)
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

const schedule = new Uint32Array(64)

/** One block of 64 bytes (FIPS 180-4, 6.2.2). */
function compress(state: Uint32Array, view: DataView, at: number): void {
  for (let t = 0; t < 16; t++) schedule[t] = view.getUint32(at + t * 4)
  for (let t = 16; t < 64; t++) {
    const [w2, w15] = [schedule[t - 2]!, schedule[t - 15]!]
    const small1 = rotated(w2, 17) ^ rotated(w2, 19) ^ (w2 >>> 10)
    const small0 = rotated(w15, 7) ^ rotated(w15, 18) ^ (w15 >>> 3)
    schedule[t] = small1 + schedule[t - 7]! + small0 + schedule[t - 16]!
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let t = 0; t < 64; t++) {
    const large1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const one = (h + large1 + ((e & f) ^ (~e & g)) + roundConstants[t]! + schedule[t]!) | 0
    const large0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    const two = (large0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

function primes(count: number): readonly number[] {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate++)
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate)
  return found
}

function fraction32(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32)
}
