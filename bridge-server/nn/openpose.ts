import type { Value } from '../graph/graph.ts'
import { concat, maxPool2, relu } from '../graph/ops.ts'
import type { Scope } from '../graph/scope.ts'
import { conv2d } from './layers.ts'

/** VGG-19's first layers, narrowed; a blank halves the sides. */
const trunk = [
  ['conv1_1', 'conv1_2'],
  ['conv2_1', 'conv2_2'],
  ['conv3_1', 'conv3_2', 'conv3_3', 'conv3_4'],
  ['conv4_1', 'conv4_2', 'conv4_3_CPM', 'conv4_4_CPM']
]
const first = ['conv5_1_CPM', 'conv5_2_CPM', 'conv5_3_CPM', 'conv5_4_CPM', 'conv5_5_CPM']
const laterStages = [2, 3, 4, 5, 6]
const later = [1, 2, 3, 4, 5, 6, 7]

export interface PoseMaps {
  /** Part affinity fields: x and y of each limb's direction, [n, 38, h/8, w/8] */
  readonly fields: Value
  /** How likely each part of the body, and none, is there, [n, 19, h/8, w/8] */
  readonly parts: Value
}

/** Cao et al. 2017, “Realtime multi-person 2D pose estimation”, the body of 18 parts. x: BGR [n, 3, h, w] in −½…½ */
export function openpose(m: Scope, x: Value): PoseMaps {
  let h = x
  for (const [i, convs] of trunk.entries()) {
    if (i > 0) h = maxPool2(m, h)
    for (const name of convs) h = relu(m, conv2d(m.at(name), h, { padding: 1 }))
  }
  const features = h
  let [fields, parts] = branches(m, (end) => first.map((name) => `${name}_${end}`), features)
  for (const stage of laterStages) {
    const seen = concat(m, [fields, parts, features], 1)
    ;[fields, parts] = branches(m, (end) => later.map((i) => `Mconv${i}_stage${stage}_${end}`), seen)
  }
  return { fields, parts }
}

function branches(m: Scope, names: (end: string) => readonly string[], x: Value): [Value, Value] {
  return [convolutions(m, names('L1'), x), convolutions(m, names('L2'), x)]
}

/** Each keeps the size, and all but the last are followed by a ReLU. */
function convolutions(m: Scope, names: readonly string[], x: Value): Value {
  let h = x
  for (const [i, name] of names.entries()) {
    const [, , kernel = 1] = m.shapeOf(`${name}.weight`)
    h = conv2d(m.at(name), h, { padding: (kernel - 1) / 2 })
    if (i < names.length - 1) h = relu(m, h)
  }
  return h
}
