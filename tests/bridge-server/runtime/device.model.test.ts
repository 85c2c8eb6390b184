import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { cpu } from '../../../bridge-server/runtime/device.ts'
import { chooseDevice } from '../../../bridge-server/runtime/self-test/choose-device.ts'
import { tryAccelerator, trialLimitMs } from '../../../bridge-server/runtime/self-test/trial.ts'
import { softwareVulkan } from '../../support/software-vulkan.ts'
import { TOLERANCE } from './recorded.ts'
import type { WebgpuErrors } from './webgpu-probe.ts'

const vulkan = softwareVulkan()

test.runIf(vulkan !== null)(
  'WebGPU on a software Vulkan computes what PyTorch and the CPU do, and makes the same picture',
  async () => {
    const script = path.join(import.meta.dirname, 'webgpu-probe.ts')
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
      env: vulkan ?? {}
    })
    const errors = JSON.parse(stdout) as WebgpuErrors
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
    const trial = await tryAccelerator('webgpu', { env: vulkan ?? {}, limitMs: 2 * trialLimitMs })
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

test('without a driver WebGPU fails its test with the reason', async () => {
  const env = { ...process.env, VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' }
  const trial = await tryAccelerator('webgpu', { env, limitMs: trialLimitMs })
  expect(trial).toMatchObject({ fault: expect.stringContaining('No supported adapters') as string })
})
