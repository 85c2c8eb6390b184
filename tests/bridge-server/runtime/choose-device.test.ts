import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cpu } from '../../../bridge-server/runtime/device.ts'
import { chooseDevice, type Wish } from '../../../bridge-server/runtime/self-test/choose-device.ts'
import { driverStamp } from '../../../bridge-server/runtime/self-test/driver-stamp.ts'
import { createTrialCache } from '../../../bridge-server/runtime/self-test/trial-cache.ts'
import { tryAccelerator, type Trial } from '../../../bridge-server/runtime/self-test/trial.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'marquee-devices-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const right = (speed: number, halfFault: string | null = null): Trial => ({
  result: { attention: 'fused', speed, halfFault }
})
const automatic: Wish = { device: 'auto', precision: 'auto' }

const choose = (wish: Wish, trials: Partial<Record<'cuda' | 'dml' | 'coreml' | 'webgpu', Trial>>) =>
  chooseDevice(wish, (provider) => Promise.resolve(trials[provider] ?? { fault: 'it is not there' }), [
    'cuda',
    'webgpu'
  ])

describe('the device', () => {
  test('is reported with what was asked for, and with nothing else that the asker knows', async () => {
    const knowing = { ...automatic, env: { HF_TOKEN: 'secret' } }
    expect((await choose(knowing, {})).report.asked).toEqual(automatic)
  })

  test('is the first that computes rightly and faster than the CPU', async () => {
    const { device, report } = await choose(automatic, { cuda: right(30), webgpu: right(20) })
    expect(device).toMatchObject({ provider: 'cuda', half: true })
    expect(report).toMatchObject({
      device: 'cuda',
      precision: 'fp16',
      precisionReason: 'the device computes rightly in it'
    })
    expect(report.trials).toEqual([
      {
        device: 'cuda',
        verdict: 'used',
        reason: 'computes rightly, 30 times as fast as the CPU, fused attention'
      }
    ])
  })

  test('is another where that one fails, and the CPU without any; why, it says', async () => {
    const { device, report } = await choose(automatic, {
      cuda: { fault: 'its test ended with SIGSEGV' },
      webgpu: right(0.5)
    })
    expect(device).toBe(cpu)
    expect(report.trials).toEqual([
      { device: 'cuda', verdict: 'failed', reason: 'its test ended with SIGSEGV' },
      {
        device: 'webgpu',
        verdict: 'slow',
        reason: 'computes rightly, 2.0 times slower than the CPU, fused attention'
      },
      { device: 'cpu', verdict: 'used', reason: 'no other device is right and faster' }
    ])
  })

  test('that was asked for is used though it is slow, and never silently another', async () => {
    const slow = await choose({ ...automatic, device: 'webgpu' }, { webgpu: right(0.01) })
    expect(slow.device.provider).toBe('webgpu')
    await expect(
      choose({ ...automatic, device: 'cuda' }, { cuda: { fault: 'libcudnn.so.9 is missing' } })
    ).rejects.toMatchObject({
      code: 'device-unavailable',
      message: 'The device cuda cannot be used here: libcudnn.so.9 is missing.'
    })
  })

  test('computes in half precision where it is right in it, and in the other where that was asked for', async () => {
    const faulty = { webgpu: right(9, 'it has no float16') }
    expect((await choose(automatic, faulty)).report).toMatchObject({
      precision: 'fp32',
      precisionReason: 'no half precision: it has no float16'
    })
    await expect(choose({ device: 'webgpu', precision: 'fp16' }, faulty)).rejects.toMatchObject({
      message: 'The device webgpu cannot be used here: in half precision it has no float16.'
    })
    expect((await choose({ ...automatic, precision: 'fp32' }, { webgpu: right(9) })).device.half).toBe(false)
    expect((await choose({ device: 'cpu', precision: 'fp16' }, {})).device).toEqual({ ...cpu, half: true })
    expect((await choose({ device: 'cpu', precision: 'auto' }, {})).device).toBe(cpu)
  })
})

describe('the test of a device', () => {
  const entry = (name: string, code: string): string => {
    const file = path.join(folder, `${name}.mjs`)
    writeFileSync(file, code)
    return file
  }
  const attempt = (file: string, limitMs = 10_000) =>
    tryAccelerator('webgpu', { env: process.env, limitMs, entry: file })

  test('that crashes takes nothing along', async () => {
    expect(await attempt(entry('crash', 'process.abort()'))).toEqual({ fault: 'its test ended with SIGABRT' })
  })

  test('that hangs is ended', async () => {
    const hanging = entry('hang', 'for (;;);')
    expect(await attempt(hanging, 50)).toEqual({ fault: 'its test was not over after 0 s' })
  })

  test('of a provider that onnxruntime was not built with is not even begun', async () => {
    const provider = process.platform === 'darwin' ? 'dml' : 'coreml'
    expect(await tryAccelerator(provider, { env: process.env, limitMs: 1 })).toEqual({
      fault: 'this build of onnxruntime does not have it'
    })
  })
})

describe('how it ended', () => {
  const day = 24 * 3_600_000

  test('is remembered for its stamp; a failure for a day', async () => {
    let now = 0
    const cache = createTrialCache(path.join(folder, 'cache'), () => now)
    await cache.put('webgpu', 'stamp', right(3))
    await cache.put('cuda', 'stamp', { fault: 'busy' })
    now = day / 2
    expect(await cache.get('webgpu', 'stamp')).toEqual(right(3))
    expect(await cache.get('webgpu', 'of another driver')).toBeUndefined()
    expect(await cache.get('cuda', 'stamp')).toEqual({ fault: 'busy' })
    now = 2 * day
    expect(await cache.get('webgpu', 'stamp')).toEqual(right(3))
    expect(await cache.get('cuda', 'stamp')).toBeUndefined()
    expect(readdirSync(path.join(folder, 'cache')).toSorted()).toEqual([
      'device-cuda.json',
      'device-webgpu.json'
    ])
  })

  test.each(['', 'null', '{"stamp":"stamp","at":0,"trial":{"result":{}}}', '{"stamp":'])(
    'is found out again where the file holds %j',
    async (text) => {
      writeFileSync(path.join(folder, 'device-dml.json'), text)
      expect(await createTrialCache(folder, Date.now).get('dml', 'stamp')).toBeUndefined()
    }
  )

  test('where it cannot be written, costs only the test', async () => {
    const file = path.join(folder, 'a file')
    writeFileSync(file, '')
    await createTrialCache(file, Date.now).put('dml', 'stamp', right(1))
  })

  test('has a stamp that stays, and changes with the driver that is chosen', () => {
    const icd = path.join(folder, 'icd.json')
    writeFileSync(icd, '{}')
    expect(driverStamp({})).toBe(driverStamp({}))
    expect(driverStamp({ VK_ICD_FILENAMES: icd })).not.toBe(driverStamp({}))
    const before = driverStamp({ VK_ICD_FILENAMES: icd })
    writeFileSync(icd, '{ "ICD": {} }')
    expect(driverStamp({ VK_ICD_FILENAMES: icd })).not.toBe(before)
  })
})
