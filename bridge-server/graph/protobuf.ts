/** Writes protobuf's wire format, with only what an ONNX file needs: varints, floats and length-delimited fields. */
export interface ProtoWriter {
  varint(field: number, value: number | bigint): ProtoWriter
  float(field: number, value: number): ProtoWriter
  bytes(field: number, value: Uint8Array): ProtoWriter
  string(field: number, value: string): ProtoWriter
  /** A message inside this one. */
  message(field: number, write: (inner: ProtoWriter) => void): ProtoWriter
  finish(): Uint8Array
}

const VARINT = 0
const LENGTH_DELIMITED = 2
const FIXED32 = 5

export function createProtoWriter(): ProtoWriter {
  let buffer = Buffer.allocUnsafe(2 ** 16)
  let size = 0

  const reserve = (extra: number): void => {
    if (size + extra <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, size + extra))
    buffer.copy(larger, 0, 0, size)
    buffer = larger
  }

  const unsigned = (value: number): void => {
    reserve(10)
    let rest = value
    while (rest > 0x7f) {
      buffer[size++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    buffer[size++] = rest
  }

  const signed = (value: bigint): void => {
    reserve(10)
    let rest = BigInt.asUintN(64, value)
    while (rest > 0x7fn) {
      buffer[size++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    buffer[size++] = Number(rest)
  }

  const tag = (field: number, wireType: number): void => unsigned((field << 3) | wireType)

  /** What `write` appends, behind its length: most are short, so there is room for one byte of it, and long ones are moved on. */
  const delimited = (write: () => void): void => {
    reserve(1)
    const start = ++size
    write()
    const length = size - start
    let further = 0
    for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 0x80)) further++
    reserve(further)
    if (further > 0) buffer.copyWithin(start + further, start, size)
    size = start - 1
    unsigned(length)
    size += length
  }

  const writer: ProtoWriter = {
    varint(field, value) {
      tag(field, VARINT)
      if (typeof value === 'number' && value >= 0) unsigned(value)
      else signed(BigInt(value))
      return writer
    },
    float(field, value) {
      tag(field, FIXED32)
      reserve(4)
      size = buffer.writeFloatLE(value, size)
      return writer
    },
    bytes(field, value) {
      tag(field, LENGTH_DELIMITED)
      unsigned(value.length)
      reserve(value.length)
      buffer.set(value, size)
      size += value.length
      return writer
    },
    string(field, value) {
      tag(field, LENGTH_DELIMITED)
      delimited(() => {
        // UTF-8 has at most three bytes for each of JavaScript's units.
        reserve(3 * value.length)
        size += buffer.write(value, size)
      })
      return writer
    },
    message(field, write) {
      tag(field, LENGTH_DELIMITED)
      delimited(() => write(writer))
      return writer
    },
    finish: () => Uint8Array.from(buffer.subarray(0, size))
  }
  return writer
}
