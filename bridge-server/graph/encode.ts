import path from 'node:path'

import { freeFloats, type FreeFloat } from './free-floats.ts'
import type { Attribute, BuiltGraph, Constant, ExternalTensor, GraphInput, GraphNode } from './graph.ts'
import { weightsFirst } from './node-order.ts'
import { createProtoWriter, type ProtoWriter } from './protobuf.ts'
import type { Sizes } from './shape.ts'
import type { Dtype } from './weight.ts'

/** Newest that onnxruntime's CPU and WebGPU providers both run without falling back; IR 10 knows the 8-bit floats. */
const OPSET = 21
const IR_VERSION = 10

/** onnx.TensorProto.DataType */
const DATA_TYPE: Record<Dtype, number> = {
  f32: 1,
  u8: 2,
  i32: 6,
  i64: 7,
  f16: 10,
  bf16: 16,
  f8e4m3: 17,
  f8e5m2: 19
}

/** onnx.AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 }

const EXTERNAL = 1

/** An ONNX ModelProto. Weights stay in their files, named relative to the root of the drive. */
export function encodeGraph(graph: BuiltGraph): Uint8Array {
  return createProtoWriter()
    .varint(1, IR_VERSION)
    .string(2, 'marquee')
    .message(7, (w) => {
      for (const node of weightsFirst(graph)) w.message(1, (inner) => writeNode(inner, node))
      w.string(2, 'graph')
      for (const constant of graph.constants) w.message(5, (inner) => writeConstant(inner, constant))
      for (const external of graph.externals) w.message(5, (inner) => writeExternal(inner, external))
      for (const input of graph.inputs) w.message(11, (inner) => writeInput(inner, input))
      for (const output of graph.outputs)
        w.message(12, (inner) => writeFloats(inner, { ...output, dtype: 'f32' }, graph.sizes))
      for (const value of freeFloats(graph)) w.message(13, (inner) => writeFloats(inner, value, graph.sizes))
    })
    .message(8, (w) => w.string(1, '').varint(2, OPSET))
    .message(8, (w) => w.string(1, 'com.microsoft').varint(2, 1))
    .finish()
}

function writeNode(w: ProtoWriter, { op, inputs, output, attributes }: GraphNode): void {
  const dot = op.lastIndexOf('.')
  for (const input of inputs) w.string(1, input)
  w.string(2, output)
    .string(3, output)
    .string(4, op.slice(dot + 1))
  for (const [name, value] of Object.entries(attributes)) w.message(5, (a) => writeAttribute(a, name, value))
  if (dot > 0) w.string(7, op.slice(0, dot))
}

function writeAttribute(w: ProtoWriter, name: string, value: Attribute): void {
  w.string(1, name)
  if (typeof value === 'string') w.string(4, value).varint(20, ATTRIBUTE_TYPE.string)
  else if (typeof value === 'number' && Number.isInteger(value))
    w.varint(3, value).varint(20, ATTRIBUTE_TYPE.int)
  else if (typeof value === 'number') w.float(2, value).varint(20, ATTRIBUTE_TYPE.float)
  else if ('float' in value) w.float(2, value.float).varint(20, ATTRIBUTE_TYPE.float)
  else {
    for (const item of value) w.varint(8, item)
    w.varint(20, ATTRIBUTE_TYPE.ints)
  }
}

function writeConstant(w: ProtoWriter, { name, dims, data }: Constant): void {
  for (const size of dims) w.varint(1, size)
  w.varint(2, DATA_TYPE[dtypeOf(data)])
    .string(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

const dtypeOf = (data: Constant['data']): Dtype =>
  data instanceof Float32Array ? 'f32' : data instanceof Uint16Array ? 'f16' : 'i64'

function writeExternal(w: ProtoWriter, { name, weight }: ExternalTensor): void {
  const entry = (key: string, value: string): void => {
    w.message(13, (e) => e.string(1, key).string(2, value))
  }
  for (const size of weight.shape) w.varint(1, size)
  w.varint(2, DATA_TYPE[weight.dtype]).string(8, name)
  entry('location', locationOf(weight.file))
  entry('offset', String(weight.offset))
  entry('length', String(weight.length))
  w.varint(14, EXTERNAL)
}

/** A path below the root of its drive, which is the one folder that holds every checkpoint and LoRA a graph may point at. */
const locationOf = (file: string): string => file.slice(path.parse(file).root.length).replaceAll('\\', '/')

const writeInput = (w: ProtoWriter, { name, type, dims }: GraphInput): void =>
  writeTensorType(w, name, DATA_TYPE[type], dims)

/** Sizes of which nothing is known get names of their own. */
const writeFloats = (w: ProtoWriter, { name, shape, dtype }: FreeFloat, sizes: Sizes): void =>
  writeTensorType(
    w,
    name,
    DATA_TYPE[dtype],
    shape.map((size, axis) => (size < 0 ? (sizes.nameOf(size) ?? `${name}_${axis}`) : size))
  )

function writeTensorType(
  w: ProtoWriter,
  name: string,
  type: number,
  dims: readonly (number | string)[]
): void {
  w.string(1, name).message(2, (valueType) =>
    valueType.message(1, (tensor) =>
      tensor.varint(1, type).message(2, (shape) => {
        for (const size of dims)
          shape.message(1, (dim) => (typeof size === 'number' ? dim.varint(1, size) : dim.string(2, size)))
      })
    )
  )
}
