import { expect, test } from 'vitest'
import { alphasCumprodOf } from '../../../bridge-server/tensor/betas.ts'

test('cumulative alphas end where Stable Diffusion’s do, and never rise', () => {
  const alphas = alphasCumprodOf({ start: 0.00085, end: 0.012, schedule: 'scaled_linear' })
  // From diffusers' DDPMScheduler of SD 1.5, which computes in float32.
  expect(alphas[0]).toBeCloseTo(0.99915, 6)
  expect(alphas[999]).toBeCloseTo(0.0046601, 6)
  expect(alphas.every((value, i) => i === 0 || value < alphas[i - 1]!)).toBe(true)
})
