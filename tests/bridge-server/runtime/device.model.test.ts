import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import { expect, test, type TestContext } from 'vitest'

import { cpu } from '../../../bridge-server/runtime/device.ts'
import { chooseDevice } from '../../../bridge-server/runtime/self-test/choose-device.ts'
import { tryAccelerator, trialLimitMs } from '../../../bridge-server/runtime/self-test/trial.ts'
import { mesaVulkan, softwareVulkan } from '../../support/software-vulkan.ts'
import { TOLERANCE } from './recorded.ts'
import type { WebgpuErrors } from './webgpu-probe.ts'

const vulkan = softwareVulkan()
const mesa = mesaVulkan()

async function probe(env: NodeJS.ProcessEnv, precision: 'fp32' | 'fp16'): Promise<WebgpuErrors> {
  const script = path.join(import.meta.dirname, 'webgpu-probe.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, precision], {
    env
  })
  return JSON.parse(stdout) as WebgpuErrors
}

test.runIf(vulkan !== null)(
  'WebGPU on a software Vulkan computes what PyTorch and the CPU do, and makes the same picture',
  async () => {
    const errors = await probe(vulkan ?? {}, 'fp32')
    expect(errors.text).toBeLessThan(TOLERANCE)
    expect(errors.unet).toBeLessThan(TOLERANCE)
    expect(errors.encoded).toBeLessThan(TOLERANCE)
    expect(errors.decoded).toBeLessThan(TOLERANCE)
    // Networks that differ by 1e-4 of their range differ by less than a level of 255; a second step may carry it over an edge.
    expect(errors.picture.most).toBeLessThanOrEqual(1)
    expect(errors.picture.mean).toBeLessThan(0.02)
    // It is a picture, and no even grey in which everything is alike.
    expect(errors.picture.deviation).toBeGreaterThan(10)
  },
  // Shaders are compiled and run on the CPU's cores.
  600_000
)

test.runIf(vulkan !== null)(
  'a Vulkan in software passes its test, is not picked, and is had by who asks for it',
  async () => {
    const trial = await tryAccelerator('webgpu', { env: vulkan ?? {}, limitMs: trialLimitMs.wanted })
    expect(trial).toMatchObject({ result: { attention: 'plain' } })
    const attempt = () => Promise.resolve(trial)
    const automatic = await chooseDevice({ device: 'auto', precision: 'auto' }, attempt, ['webgpu'])
    expect(automatic.device).toEqual(cpu)
    expect(automatic.report.trials[0]).toMatchObject({ device: 'webgpu', verdict: 'slow' })
    const asked = await chooseDevice({ device: 'webgpu', precision: 'auto' }, attempt, ['webgpu'])
    expect(asked.device).toMatchObject({ provider: 'webgpu', half: false })
  },
  600_000
)

/** Says why it is left out where WebGPU has no half precision here. */
async function needsHalf({ skip }: TestContext): Promise<NodeJS.ProcessEnv> {
  if (mesa === null) return skip('there is no Vulkan of Mesa’s (mesa-vulkan-drivers) here')
  const trial = await tryAccelerator('webgpu', { env: mesa, limitMs: trialLimitMs.wanted, wanted: true })
  if ('fault' in trial)
    return skip(`WebGPU does not take this Mesa, which may be older than 23: ${trial.fault}`)
  // What takes the driver must also pass the test of half precision.
  expect(trial.result.halfFault).toBeNull()
  const asked = await chooseDevice({ device: 'webgpu', precision: 'auto' }, () => Promise.resolve(trial))
  expect(asked.device).toMatchObject({ provider: 'webgpu', half: true })
  return mesa
}

test('WebGPU in half precision makes the picture that the CPU makes, as closely as sums in float16 are', async (context) => {
  const errors = await probe(await needsHalf(context), 'fp16')
  expect(errors.precisions).toMatchObject({
    'text encoder': 'webgpu fp32',
    UNet: 'webgpu fp16',
    'VAE encoder': 'webgpu fp16',
    'VAE decoder': 'webgpu fp16'
  })
  expect(errors.text).toBeLessThan(TOLERANCE)
  // onnxruntime's shaders add up in float16, too: a sum of 1152 products (3 × 3 pixels of 128 channels) that are each rounded to
  // 2⁻¹¹ is off by √1152 · 2⁻¹¹, which is 1.7 % of its terms, and layers follow one another. Measured: 0.7, 3.5 and 1.6 %.
  expect(errors.unet).toBeLessThan(0.03)
  expect(errors.encoded).toBeLessThan(0.07)
  expect(errors.decoded).toBeLessThan(0.04)
  // Two steps with guidance 3 triple that; measured: 3.1 levels of 255 in a picture that deviates by 72 from its mean.
  expect(errors.picture.mean).toBeLessThan(0.1 * errors.picture.deviation)
  // It did compute in half precision.
  expect(errors.unet).toBeGreaterThan(1e-4)
}, 600_000)

test('without a driver WebGPU fails its test with the reason', async () => {
  const env = { ...process.env, VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' }
  const trial = await tryAccelerator('webgpu', { env, limitMs: trialLimitMs.offered })
  expect(trial).toMatchObject({ fault: expect.stringContaining('No supported adapters') as string })
})
