import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { openDevice } from '../../../bridge-server/runtime/device.ts'
import { knownProviders } from '../../../bridge-server/runtime/session.ts'
import { TOLERANCE } from './recorded.ts'

test('the CPU is always there, with fused attention', async () => {
  expect(await openDevice('cpu')).toEqual({
    provider: 'cpu',
    target: { attention: 'fused', gathersHalf: true, channelMultiple: 1 }
  })
})

test('automatic is the CPU unless someone installed CUDA', async () => {
  expect(['cpu', 'cuda']).toContain((await openDevice('auto')).provider)
})

test.runIf(!knownProviders().includes('dml'))(
  'a provider that this build lacks is refused in words',
  async () => {
    await expect(openDevice('dml')).rejects.toMatchObject({
      code: 'device-unavailable',
      message: 'The device dml cannot be used here: this build of onnxruntime does not have it.',
      hint: 'Start with --device cpu, or install the driver of the GPU.'
    })
  }
)

/** A software Vulkan that Debian's Chromium comes with: slow, but the same path as a GPU. */
const vulkan = '/usr/lib/chromium'
const hasVulkan = existsSync(path.join(vulkan, 'vk_swiftshader_icd.json'))
const name = 'WebGPU computes what PyTorch does'
if (!hasVulkan) test.skip(`${name}: there is no software Vulkan in ${vulkan}`, () => undefined)
else
  test(name, async () => {
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: vulkan,
      VK_ICD_FILENAMES: path.join(vulkan, 'vk_swiftshader_icd.json'),
      XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir()
    }
    const script = path.join(import.meta.dirname, 'webgpu-probe.ts')
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], { env })
    const errors = JSON.parse(stdout) as { readonly text: number; readonly unet: number }
    expect(errors.text).toBeLessThan(TOLERANCE)
    expect(errors.unet).toBeLessThan(TOLERANCE)
  })
