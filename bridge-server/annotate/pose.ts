import type { Rgba, Tensor } from '../image/pixels.ts'
import { resizeRgba } from '../image/resize.ts'
import { toTensor } from '../image/tensor-pixels.ts'
import type { Size } from '../protocol/geometry.ts'
import { zeros } from '../tensor/tensor.ts'
import type { NetworkAnnotator } from './annotator.ts'
import { drawnPeople } from './pose-drawing.ts'
import { peaksIn, STRIDE } from './pose-peaks.ts'
import { peopleIn, type Person } from './pose-people.ts'

/** What is beside the picture: OpenPose's 128 of 255, in −1…1. */
const BESIDE = 128 / 127.5 - 1

/** The picture with sides that the network can read, grey at the right and at the bottom. */
function padded(picture: Rgba): Tensor {
  const { data } = toTensor(picture)
  const whole = (side: number): number => STRIDE * Math.ceil(side / STRIDE)
  const [height, width] = [whole(picture.height), whole(picture.width)]
  const out = zeros([1, 3, height, width])
  out.data.fill(BESIDE)
  for (let row = 0; row < 3 * picture.height; row++) {
    const channel = Math.floor(row / picture.height)
    const to = (channel * height + (row % picture.height)) * width
    out.data.set(data.subarray(row * picture.width, (row + 1) * picture.width), to)
  }
  return out
}

/** People in pixels of a picture of another size. */
const scaled = (people: readonly Person[], from: Size, to: Size): readonly Person[] =>
  people.map((parts) =>
    parts.map((part) =>
      part === null
        ? null
        : {
            x: ((part.x + 0.5) * to.width) / from.width - 0.5,
            y: ((part.y + 0.5) * to.height) / from.height - 0.5,
            score: part.score
          }
    )
  )

export const pose: NetworkAnnotator = {
  card: {
    id: 'openpose',
    label: 'Pose (OpenPose)',
    about: 'How people stand and move: bodies as sticks.',
    parameters: [
      { id: 'height', label: 'Looked at, high', min: 184, max: 736, step: 8, default: 184, unit: 'px' }
    ],
    suits: ['openpose', 'pose'],
    format: 'rgba8'
  },
  needs: 'openpose',
  async annotate(picture, { height = 184 }, network) {
    const width = Math.max(1, Math.round((picture.width * height) / picture.height))
    const seen = resizeRgba(picture, { width, height }, 'bicubic')
    const nothing: Tensor = { data: new Float32Array(), dims: [1, 0, 0, 0] }
    const [fields = nothing, parts = nothing] = await network(padded(seen))
    const people = peopleIn(peaksIn(parts, seen), fields, height)
    return drawnPeople(scaled(people, seen, picture), picture)
  }
}
