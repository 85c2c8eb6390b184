import type { Rgba } from '../image/pixels.ts'
import { resizeRgba, resizeTensor } from '../image/resize.ts'
import { toPixels, toTensor } from '../image/tensor-pixels.ts'
import type { DiffusionModel } from '../runtime/model.ts'
import type { Latents } from '../sampling/sampler.ts'
import { perModel } from './per-model.ts'

/** Latents [1, c, h, w] of one picture to a rough look at it. */
export type Previewer = (latents: Latents, dims: readonly number[]) => Promise<Rgba>

/** Longest side a preview has at least, in pixels. */
const SIDE = 128

/** Latents on a side that a tiny decoder is given at most; a look at a large picture needs no more. */
const MOST_LATENTS = 64

/** By the tiny decoder of the model's family, where the file of one is there; else by a linear fit. */
export async function previewerFor(model: DiffusionModel): Promise<Previewer> {
  const decode = await model.tinyDecoder()
  if (decode === null) return linearPreviewer(model)
  return async (latents, dims) => {
    const [, , height = 0, width = 0] = dims
    const factor = Math.min(1, MOST_LATENTS / Math.max(width, height))
    const scaled = (length: number): number => Math.max(1, Math.round(length * factor))
    const x = { data: latents, dims }
    const size = { width: scaled(width), height: scaled(height) }
    const { data, dims: sides } = await decode(factor === 1 ? x : resizeTensor(x, size, 'bilinear'))
    return toPixels({ data: data.map((value) => 2 * value - 1), dims: sides })
  }
}

/** The colour of a latent is nearly linear in its channels, so a fit to a few encoded colours shows a picture at next to no cost. */
const linearPreviewer = perModel(async (model): Promise<Previewer> => {
  const weights = await fitted(model)
  return (latents, dims) => {
    const [, c = 0, height = 0, width = 0] = dims
    const area = width * height
    const data = new Uint8ClampedArray(4 * area).fill(255)
    for (let i = 0; i < area; i++)
      for (let colour = 0; colour < 3; colour++) {
        const row = weights[colour]!
        let sum = row[c]!
        for (let k = 0; k < c; k++) sum += row[k]! * latents[k * area + i]!
        data[4 * i + colour] = sum
      }
    const factor = Math.max(1, Math.ceil(SIDE / Math.max(width, height)))
    const size = { width: width * factor, height: height * factor }
    return Promise.resolve(resizeRgba({ width, height, data }, size, 'bicubic'))
  }
})

/** Patches of one colour on a chart, two latents wide. */
const PATCHES = 8

/** For each colour a weight for every latent channel and a constant, by least squares over an encoded chart. */
async function fitted(model: DiffusionModel): Promise<readonly (readonly number[])[]> {
  const patch = 2 * model.downscale
  const chart = chartOf(patch)
  const { data, dims } = await model.encode(toTensor(chart))
  const [, c = 0, h = 0, w = 0] = dims
  const rows = Array.from({ length: h * w }, (_, i) => [
    ...Array.from({ length: c }, (_, k) => data[k * h * w + i]!),
    1
  ])
  return [0, 1, 2].map((colour) => {
    const wanted = rows.map((_, i) => {
      const [x, y] = [(i % w) * model.downscale, Math.floor(i / w) * model.downscale]
      return chart.data[4 * (y * chart.width + x) + colour]!
    })
    return leastSquares(rows, wanted)
  })
}

/** Each patch another colour: 4 levels of red, green and blue. */
function chartOf(patch: number): Rgba {
  const side = PATCHES * patch
  const data = new Uint8ClampedArray(4 * side * side).fill(255)
  for (let i = 0; i < side * side; i++) {
    const index = Math.floor(Math.floor(i / side) / patch) * PATCHES + Math.floor((i % side) / patch)
    // Neighbours differ much, so that every patch says something of its own.
    const code = (index * 37) % 64
    for (let colour = 0; colour < 3; colour++) data[4 * i + colour] = 85 * ((code >> (2 * colour)) & 3)
  }
  return { width: side, height: side, data }
}

/** Solves the normal equations; a trace of ridge keeps channels that say nothing from blowing up. */
function leastSquares(rows: readonly (readonly number[])[], wanted: readonly number[]): readonly number[] {
  const n = rows[0]?.length ?? 0
  const system = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, k) =>
      rows.reduce((sum, row) => sum + row[i]! * row[k]!, i === k ? 1e-3 : 0)
    ),
    rows.reduce((sum, row, at) => sum + row[i]! * wanted[at]!, 0)
  ])
  return solved(system)
}

/** Gauss and Jordan's elimination of a positive definite system, augmented with its right-hand side. */
function solved(system: number[][]): readonly number[] {
  for (const [i, pivot] of system.entries()) {
    const scale = pivot[i]!
    for (let k = 0; k < pivot.length; k++) pivot[k]! /= scale
    for (const [other, row] of system.entries()) {
      const factor = row[i]!
      if (other !== i) for (let k = 0; k < row.length; k++) row[k]! -= factor * pivot[k]!
    }
  }
  return system.map((row) => row.at(-1)!)
}
