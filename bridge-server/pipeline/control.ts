import type { Gray, Rgba } from '../image/pixels.ts'
import { resizeGray, resizeRgba, resizeTensor } from '../image/resize.ts'
import { grayToTensor } from '../image/tensor-pixels.ts'
import type { Size } from '../protocol/geometry.ts'
import type { Control } from '../protocol/request.ts'
import type { ControlNet, DiffusionModel, UnetInput } from '../runtime/model.ts'
import { elements, zeros, type Tensor } from '../tensor/tensor.ts'

/** A ControlNet with the map that it follows. */
export interface GuidingControl extends Pick<Control, 'weight' | 'start' | 'end' | 'mode' | 'kind'> {
  readonly net: ControlNet
  /** What the net made of the map. */
  readonly hint: Tensor
  /** Where it acts, of any size; null: everywhere. */
  readonly mask: Gray | null
}

/** A control of a request with its map. */
export interface MappedControl {
  readonly control: Omit<Control, 'model' | 'image' | 'mask' | 'resize'>
  /** In the form of the area. */
  readonly map: Rgba | Gray
  readonly mask: Gray | null
}

/** Has each ControlNet read its map at working size. `controls` are those that the model was opened with. */
export const guidingControls = (
  { controlNets }: DiffusionModel,
  controls: readonly MappedControl[],
  size: Size
): Promise<readonly GuidingControl[]> =>
  Promise.all(
    controls.map(async ({ control: { weight, start, end, mode, kind }, map, mask }, i) => {
      const net = controlNets[i]!
      return {
        net,
        hint: await net.hint(mapTensor(map, size)),
        mask,
        weight,
        start,
        end,
        mode,
        ...(kind === undefined ? {} : { kind })
      }
    })
  )

/** A map as [1, 3, h, w] in 0…1: grey for all three colours, or colours on black. */
export function mapTensor(map: Rgba | Gray, size: Size): Tensor {
  const { width, height } = size
  const area = width * height
  const out = zeros([1, 3, height, width])
  const isGray = map.data.length === map.width * map.height
  const data = isGray
    ? resizeGray({ ...map, data: Uint8Array.from(map.data) }, size, 'lanczos').data
    : resizeRgba({ ...map, data: Uint8ClampedArray.from(map.data) }, size, 'lanczos').data
  for (let i = 0; i < area; i++)
    for (let c = 0; c < 3; c++)
      out.data[c * area + i] = isGray ? data[i]! / 255 : ((data[4 * i + c]! / 255) * data[4 * i + 3]!) / 255
  return out
}

/** One call of the UNet that is to be guided. */
export interface GuidedCall extends Omit<UnetInput, 'residuals'> {
  /** Which pictures of the batch are predictions without the prompt. */
  readonly unconditional: readonly boolean[]
  /** Share of the steps done, 0…1. */
  readonly progress: number
}

/** What all controls together add to the UNet; undefined where none does anything at this step. */
export async function residualsOf(
  controls: readonly GuidingControl[],
  { unconditional, progress, ...input }: GuidedCall
): Promise<readonly Tensor[] | undefined> {
  let sum: Tensor[] | undefined
  for (const control of controls) {
    if (progress < control.start || progress > control.end || isNowhere(control.mask)) continue
    const { globalPool } = control.net
    const residuals = await control.net.residuals({ ...input, hint: control.hint, kind: control.kind })
    const onlyWithPrompt = globalPool || control.mode === 'control'
    const weighted = residuals.map((residual, i) => {
      const scale = control.weight * (control.mode === 'balanced' ? 1 : FADE ** (residuals.length - 1 - i))
      const rows = unconditional.map((without) => (onlyWithPrompt && without ? 0 : scale))
      return masked(scaledRows(globalPool ? averaged(residual) : residual, rows), control.mask)
    })
    sum = sum === undefined ? weighted : sum.map((tensor, i) => added(tensor, weighted[i]!))
  }
  return sum
}

/** Guess mode's factor from one level to the one above it, where details are. */
const FADE = 0.825

function scaledRows({ data, dims }: Tensor, scales: readonly number[]): Tensor {
  const size = elements(dims.slice(1))
  return { data: data.map((value, i) => value * scales[Math.floor(i / size)]!), dims }
}

const isNowhere = (mask: Gray | null): boolean => mask !== null && !mask.data.some((value) => value > 0)

/** Each place of a residual times the mean of the mask there. */
function masked(residual: Tensor, mask: Gray | null): Tensor {
  if (mask === null || mask.data.every((value) => value === 255)) return residual
  const { data, dims } = residual
  const [height = 0, width = 0] = dims.slice(2)
  const weights = resizeTensor(grayToTensor(mask), { width, height }, 'box').data
  return { data: data.map((value, i) => value * weights[i % weights.length]!), dims }
}

const added = (a: Tensor, b: Tensor): Tensor => ({
  data: a.data.map((value, i) => value + b.data[i]!),
  dims: a.dims
})

/** Each channel's mean at all its places. */
function averaged({ data, dims }: Tensor): Tensor {
  const area = elements(dims.slice(2))
  const out = new Float32Array(data.length)
  for (let at = 0; at < data.length; at += area) {
    const mean = data.subarray(at, at + area).reduce((sum, value) => sum + value, 0) / area
    out.fill(mean, at, at + area)
  }
  return { data: out, dims }
}
