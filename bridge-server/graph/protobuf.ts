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
  const encoder = new TextEncoder()
  let buffer = new Uint8Array(256)
  let view = new DataView(buffer.buffer)
  let size = 0

  const reserve = (extra: number): void => {
    if (size + extra <= buffer.length) return
    const larger = new Uint8Array(Math.max(buffer.length * 2, size + extra))
    larger.set(buffer.subarray(0, size))
    buffer = larger
    view = new DataView(buffer.buffer)
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
      view.setFloat32(size, value, true)
      size += 4
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
    string: (field, value) => writer.bytes(field, encoder.encode(value)),
    message(field, write) {
      const inner = createProtoWriter()
      write(inner)
      return writer.bytes(field, inner.finish())
    },
    finish: () => buffer.slice(0, size)
  }
  return writer
}
