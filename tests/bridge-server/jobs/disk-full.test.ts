import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Job } from '../../../bridge-server/protocol/results.ts'
import { aRequest, newJobId, openSocket, sha256, startBridge, testToken } from '../../support/bridge.ts'
import { mountSmallDisk } from '../../support/small-disk.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'marquee-disk-'))
const disk = mountSmallDisk(folder, '3m')
afterAll(() => {
  disk?.unmount()
  rmSync(folder, { recursive: true, force: true })
})

let isFilled = false
let startFilling: () => void = () => undefined
const filling = new Promise<void>((resolve) => (startFilling = resolve))

/** The pixels that a job's prompt stands for. */
const pixelsOf = (prompt: string): Buffer => {
  const seed = createHash('sha256').update(prompt).digest()
  return Buffer.concat(Array.from({ length: 2048 }, () => seed))
}

const start = () =>
  startBridge({
    folder,
    run:
      (blobs) =>
      async ({ request }) => {
        if (request.prompt.startsWith('fill') && !isFilled) {
          await filling
          isFilled = true
          disk?.fill()
        }
        const size = { width: 128, height: 128 }
        const blob = await blobs.put(pixelsOf(request.prompt))
        return {
          area: request.area,
          variations: [{ pixels: { blob, ...size, format: 'rgba8' }, seed: 1 }],
          workingSize: size,
          seconds: 0
        }
      }
  })

const connected = async (port: number) => {
  const socket = await openSocket(port)
  await socket.hello()
  return socket
}

it.skipIf(disk === null)(
  'a full disk (which can be made only by root on Linux) fails jobs clearly, leaves what is there alone, and is over when there is room',
  async () => {
    const headers = { authorization: `Bearer ${testToken}`, 'x-marquee-client': 'client-of-tests' }
    let bridge = await start()
    let socket = await connected(bridge.port)
    const submit = (prompt: string): string => {
      const jobId = newJobId()
      socket.say({ type: 'generate', jobId, request: aRequest({ prompt }) })
      return jobId
    }
    const good = ['one', 'two', 'three'].map(submit)
    for (const id of good) await socket.next('done', id)

    const [failing, waiting] = [submit(`fill ${randomBytes(4).toString('hex')}`), submit('waiting')]
    await socket.next('queued', waiting)
    startFilling()
    for (const id of [failing, waiting]) {
      const { error } = await socket.next('failed', id)
      expect(error).toMatchObject({ code: 'disk-full', hint: expect.stringContaining('--data') as unknown })
    }
    const refused = submit('refused')
    expect((await socket.next('error', refused)).error.code).toBe('disk-full')
    const body = randomBytes(100_000)
    const put = await fetch(`${bridge.url}/api/blobs/${sha256(body)}`, {
      method: 'PUT',
      body,
      headers: { ...headers, 'content-type': 'application/octet-stream' }
    })
    expect(put.status).toBe(507)

    const expectGood = async (): Promise<void> => {
      for (const [index, prompt] of ['one', 'two', 'three'].entries()) {
        const job = (await (await fetch(`${bridge.url}/api/jobs/${good[index]!}`, { headers })).json()) as Job
        const { blob } = job.result!.variations[0]!.pixels
        const image = await fetch(`${bridge.url}/api/jobs/${job.id}/images/${blob}`, { headers })
        expect(Buffer.from(await image.arrayBuffer()).equals(pixelsOf(prompt))).toBe(true)
      }
    }
    await expectGood()
    expect(bridge.bugs).toEqual([])

    disk?.makeRoom()
    await socket.next('done', submit('later'))
    socket.close()
    await bridge.close()
    bridge = await start()
    socket = await connected(bridge.port)
    await expectGood()
    await socket.next('done', submit('after a restart'))
    // What was told stays so: nobody hears a second end.
    for (const id of [failing, waiting]) {
      const { state, error } = bridge.queue.find('client-of-tests', id).job
      expect([state, error?.code]).toEqual(['failed', 'disk-full'])
      expect(socket.messages.filter((m) => 'jobId' in m && m.jobId === id)).toEqual([])
    }
    socket.close()
    await bridge.close()
  }
)
