/** Parts of a body in the order of OpenPose's COCO model. */
export const partNames = [
  ...[
    'nose',
    'neck',
    'right shoulder',
    'right elbow',
    'right wrist',
    'left shoulder',
    'left elbow',
    'left wrist'
  ],
  ...['right hip', 'right knee', 'right ankle', 'left hip', 'left knee', 'left ankle'],
  ...['right eye', 'left eye', 'right ear', 'left ear']
] as const

interface Limb {
  /** Numbers of the parts that it connects. */
  readonly from: number
  readonly to: number
  /** Channel of the x of its affinity field; y is the next. */
  readonly field: number
}

/** In the order in which bodies are put together; the last two, from the shoulders to the ears, are not drawn. */
export const limbs: readonly Limb[] = (
  [
    [1, 2, 12],
    [1, 5, 20],
    [2, 3, 14],
    [3, 4, 16],
    [5, 6, 22],
    [6, 7, 24],
    [1, 8, 0],
    [8, 9, 2],
    [9, 10, 4],
    [1, 11, 6],
    [11, 12, 8],
    [12, 13, 10],
    [1, 0, 28],
    [0, 14, 30],
    [14, 16, 34],
    [0, 15, 32],
    [15, 17, 36],
    [2, 16, 18],
    [5, 17, 26]
  ] as const
).map(([from, to, field]) => ({ from, to, field }))

export const drawnLimbs = limbs.slice(0, 17)

/** Colours of the limbs and of the parts, in order, that ControlNets were trained on: once round the circle of hues. */
export const poseColours: readonly (readonly [number, number, number])[] = [
  [255, 0, 0],
  [255, 85, 0],
  [255, 170, 0],
  [255, 255, 0],
  [170, 255, 0],
  [85, 255, 0],
  [0, 255, 0],
  [0, 255, 85],
  [0, 255, 170],
  [0, 255, 255],
  [0, 170, 255],
  [0, 85, 255],
  [0, 0, 255],
  [85, 0, 255],
  [170, 0, 255],
  [255, 0, 255],
  [255, 0, 170],
  [255, 0, 85]
]
