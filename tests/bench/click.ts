import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import { PROTOCOL_VERSION, type ServerMessage } from '../../bridge-server/protocol/messages.ts'
import type { GenerateRequest } from '../../bridge-server/protocol/request.ts'
import { startMarquee } from '../support/marquee.ts'
import type { Figure } from './figure.ts'

type Timeline = readonly { readonly at: number; readonly message: ServerMessage }[]

/** Starts Marquee, presses Generate over its socket as the panel does, and reads the times off its events. */
export async function clickFigures(folder: string): Promise<readonly Figure[]> {
  const first = await startMarquee(folder)
  await first.stop()
  const marquee = await startMarquee(folder)
  try {
    const socket = await connect(marquee.url)
    const cold = await generate(socket)
    const warm = await generate(socket)
    socket.close()
    return [
      { name: 'npm start, second time, to the ready line', value: marquee.seconds, unit: 's', goal: 2 },
      { name: 'first picture after the start', value: lengthOf(cold), unit: 's' },
      { name: 'first picture after warm-up', value: lengthOf(warm), unit: 's', goal: 3 },
      ...phases(warm)
    ]
  } finally {
    await marquee.stop()
  }
}

async function connect(address: string): Promise<WebSocket> {
  const { origin, host, hash } = new URL(address)
  const socket = new WebSocket(`ws://${host}/api/socket`, { origin })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const token = new URLSearchParams(hash.slice(1)).get('token')
  socket.send(JSON.stringify({ type: 'hello', protocol: PROTOCOL_VERSION, token, client: 'marquee-bench' }))
  return socket
}

const area = { x: 0, y: 0, width: 128, height: 128 }

async function generate(socket: WebSocket): Promise<Timeline> {
  const request: GenerateRequest = {
    mode: 'txt2img',
    model: 'pocket',
    prompt: 'a red car in the grass, blue sky',
    negativePrompt: '',
    documentId: 'bench',
    canvas: { width: 128, height: 128 },
    area,
    strength: 1,
    sampling: { sampler: 'dpmpp-2m', schedule: 'karras', steps: 20, guidance: 4, seed: 1 },
    count: 1,
    workingSize: null
  }
  const jobId = randomUUID()
  const timeline: { at: number; message: ServerMessage }[] = []
  const ended = new Promise<void>((resolve, reject) => {
    const listen = (data: Buffer) => {
      const message = JSON.parse(data.toString()) as ServerMessage
      if (!('jobId' in message) || message.jobId !== jobId) return
      timeline.push({ at: performance.now(), message })
      if (message.type === 'failed' || message.type === 'error') reject(new Error(message.error.message))
      if (message.type !== 'done') return
      socket.off('message', listen)
      resolve()
    }
    socket.on('message', listen)
  })
  timeline.push({ at: performance.now(), message: { type: 'queued', jobId, position: 0 } })
  socket.send(JSON.stringify({ type: 'generate', jobId, request }))
  await ended
  return timeline
}

const lengthOf = (timeline: Timeline): number =>
  ((timeline.at(-1)?.at ?? NaN) - (timeline[0]?.at ?? NaN)) / 1000

/** Seconds between the first event of a phase and the first of the next. */
function phases(timeline: Timeline): readonly Figure[] {
  const starts: { phase: string; at: number }[] = []
  for (const { at, message } of timeline) {
    const phase = message.type === 'progress' ? message.phase : message.type === 'done' ? 'done' : null
    if (phase !== null && phase !== starts.at(-1)?.phase) starts.push({ phase, at })
  }
  return starts.slice(0, -1).map(({ phase, at }, index) => ({
    name: `  of it ${phase}`,
    value: ((starts[index + 1]?.at ?? at) - at) / 1000,
    unit: 's'
  }))
}
