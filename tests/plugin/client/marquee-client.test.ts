import { connect, CodedError, newRequest, type Marquee } from 'marquee/client'
import { afterEach, expect, test } from 'vitest'
import type { ModelInfo } from '../../../bridge-server/protocol/catalogue.ts'
import { AppError } from '../../../bridge-server/errors.ts'
import type { RunJob } from '../../../bridge-server/jobs/job.ts'
import { aRequest, startBridge, testToken } from '../../support/bridge.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Does what the prompt says: `fails`, `waits` until cancelled, else a grey picture. */
const run = (blobs: { put(bytes: Uint8Array): Promise<string> }): RunJob => {
  return async ({ request }, { signal, onProgress }) => {
    const { area, prompt } = request
    if (prompt === 'fails')
      throw new AppError('out-of-memory', { message: 'Too large.', hint: 'Go smaller.' })
    onProgress({ phase: 'sampling', variation: 0, variations: 1, step: 1, steps: 4 })
    if (prompt === 'waits') await new Promise((_, reject) => signal.addEventListener('abort', reject))
    const { width, height } = area
    const blob = await blobs.put(new Uint8Array(4 * width * height).fill(128))
    const pixels = { blob, width, height, format: 'rgba8' } as const
    return { area, variations: [{ pixels, seed: 1 }], workingSize: area, seconds: 0 }
  }
}

async function aBridge() {
  const bridge = await startBridge({ run })
  closing.push(() => bridge.close())
  return bridge
}

async function aClient(url: string): Promise<Marquee> {
  const marquee = await connect({ url, token: testToken })
  closing.push(() => marquee.close())
  return marquee
}

test('a program has a job done, hears of it, and fetches its pixels', async () => {
  const { url } = await aBridge()
  const marquee = await aClient(`${url}/`)
  expect(marquee.device).toBe('cpu')
  const steps: number[] = []
  const { jobId, result } = await marquee.generate(aRequest(), {
    onProgress: ({ step }) => steps.push(step)
  })
  expect(steps).toEqual([1])
  const [variation] = result.variations
  const bytes = await marquee.pixels(jobId, variation!.pixels)
  expect(bytes).toEqual(new Uint8Array(4 * 64 * 64).fill(128))
  expect((await marquee.job(jobId)).state).toBe('done')
})

test('pictures that are sent can be named in requests', async () => {
  const { url } = await aBridge()
  const marquee = await aClient(url)
  const snapshot = await marquee.send({
    ...{ width: 64, height: 64, format: 'rgba8' },
    data: new Uint8Array(4 * 64 * 64).fill(9)
  })
  const { result } = await marquee.generate(aRequest({ mode: 'img2img', snapshot, strength: 0.5 }))
  expect(result.variations).toHaveLength(1)
})

test('what fails rejects with the server’s code and hint', async () => {
  const { url } = await aBridge()
  const marquee = await aClient(url)
  await expect(marquee.generate(aRequest({ prompt: 'fails' }))).rejects.toMatchObject({
    ...{ code: 'out-of-memory', message: 'Too large.', hint: 'Go smaller.' }
  })
  await expect(marquee.generate(aRequest({ count: 99 }))).rejects.toMatchObject({ code: 'bad-message' })
})

test('a signal cancels the job on the server too', async () => {
  const { url } = await aBridge()
  const marquee = await aClient(url)
  const controller = new AbortController()
  const reason = new Error('Enough')
  const job = marquee.generate(aRequest({ prompt: 'waits' }), {
    ...{ jobId: 'job-to-be-cancelled', signal: controller.signal },
    onProgress: () => controller.abort(reason)
  })
  await expect(job).rejects.toBe(reason)
  expect((await marquee.job('job-to-be-cancelled')).state).toBe('cancelled')
})

test('says who is not there, and who may not come in', async () => {
  const bridge = await startBridge({ run })
  await expect(connect({ url: bridge.url, token: 'wrong' })).rejects.toMatchObject({ code: 'unauthorized' })
  await bridge.close()
  const alone = connect({ url: bridge.url, token: testToken })
  await expect(alone).rejects.toBeInstanceOf(CodedError)
  await expect(alone).rejects.toMatchObject({ code: 'not-running' })
})

test('a request without wishes is a picture of the model’s own size, with its settings', () => {
  const model: ModelInfo = {
    id: 'm',
    name: 'M',
    family: 'sd1',
    conditioning: 'none',
    distillation: 'none',
    prediction: 'epsilon',
    nativeSize: 512,
    chunkTokens: 75,
    hasDepthEstimator: false,
    precision: 'fp16',
    bytes: 1,
    sha256: null,
    defaults: { sampler: 'euler', schedule: 'karras', steps: 20, guidance: 7, clipSkip: 1 }
  }
  expect(newRequest(model, { prompt: 'a boat', sampling: { seed: 4 } })).toMatchObject({
    ...{ mode: 'txt2img', model: 'm', prompt: 'a boat', area: { x: 0, y: 0, width: 512, height: 512 } },
    sampling: { sampler: 'euler', schedule: 'karras', steps: 20, guidance: 7, seed: 4 }
  })
})
