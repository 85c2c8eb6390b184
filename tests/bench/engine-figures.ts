import { readFileSync } from 'node:fs'
import { cpu } from '../../bridge-server/runtime/device.ts'
import { createModels } from '../../bridge-server/runtime/models.ts'
import { openSession } from '../../bridge-server/runtime/session.ts'
import { unetGraph } from '../../bridge-server/runtime/unet.ts'
import type { Mode } from '../../bridge-server/runtime/session-options.ts'
import { createTorchGenerator } from '../../bridge-server/tensor/torch-random.ts'
import { openCheckpoint } from '../../bridge-server/weights/open-checkpoint.ts'
import { median, timed, type Figure } from './figure.ts'

/** `engine-figures.ts CHECKPOINT LATENT_SIDE [MODE]`: prints the figures of one model as JSON. */
const [file, sideText, modeText] = process.argv.slice(2)
if (file === undefined || sideText === undefined) throw new Error('Which checkpoint, at which latent size?')
const side = Number(sideText)
const modes: readonly Mode[] = ['instant', 'medium', 'turbo']
const mode = modes.find((known) => known === modeText)
const random = createTorchGenerator(1)
const tensor = (dims: readonly number[]) => ({
  dims,
  data: random.randn(dims.reduce((product, d) => product * d, 1))
})

const [opening, checkpoint] = await timed(() => openCheckpoint(file))
const models = createModels({
  find: () => Promise.resolve(checkpoint),
  device: 'cpu',
  memoryBytes: 16e9,
  ...(mode === undefined ? {} : { mode })
})
const model = await models.open('bench')
const text = model.textEncoders[0]
if (text === undefined) throw new Error('The model has no text encoder.')
const ids = [0, 1].map(() => new Int32Array(text.length).fill(text.endToken).fill(text.startToken, 0, 1))
const context = tensor([2, text.length, text.width])
const unet = () =>
  model.unet({
    x: tensor([2, model.inputChannels, side, side]),
    timesteps: Float32Array.of(500, 500),
    context
  })
const repeat = async (count: number, work: () => Promise<unknown>) => {
  const seconds: number[] = []
  for (let i = 0; i < count; i++) seconds.push((await timed(work))[0])
  return median(seconds)
}
const runs = side > 32 ? 2 : 9

const { provider, target } = cpu
const build = () => unetGraph(checkpoint.unet, { loras: [], hypernetworks: [], controlled: false }, target)
const [building, graph] = await timed(() => Promise.resolve(build()))
const [preparing, session] = await timed(() => openSession(graph, { provider, mode: mode ?? 'turbo' }))
await session.release()
const [textFirst] = await timed(() => text.encode(ids))
const textNext = await repeat(runs, () => text.encode(ids))
const [unetFirst] = await timed(unet)
const unetNext = await repeat(runs, unet)
const unetMemory = memory()
const image = tensor([1, 3, side * 8, side * 8])
const [encodeFirst] = await timed(() => model.encode(image))
const encodeNext = await repeat(Math.min(runs, 5), () => model.encode(image))
const latents = tensor([1, 4, side, side])
const [decodeFirst] = await timed(() => model.decode(latents))
const decodeNext = await repeat(Math.min(runs, 5), () => model.decode(latents))
await models.release()

const figures: readonly Figure[] = [
  { name: 'read the headers', value: opening, unit: 's' },
  { name: 'UNet: graph built', value: building, unit: 's' },
  { name: 'UNet: graph encoded and session ready', value: preparing, unit: 's' },
  {
    name: 'text encoder: graph, session, first touch of the weights',
    value: Math.max(0, textFirst - textNext),
    unit: 's'
  },
  { name: 'text encoder, two chunks', value: textNext, unit: 's' },
  {
    name: 'UNet: graph, session, first touch of the weights',
    value: Math.max(0, unetFirst - unetNext),
    unit: 's'
  },
  { name: 'UNet, batch of 2 (one step with guidance)', value: unetNext, unit: 's' },
  { name: 'memory with the UNet open, anonymous', value: unetMemory.anonymous, unit: 'MB' },
  { name: 'memory with the UNet open, mapped files', value: unetMemory.mapped, unit: 'MB' },
  {
    name: 'VAE encoder: graph, session, first touch of the weights',
    value: Math.max(0, encodeFirst - encodeNext),
    unit: 's'
  },
  { name: 'VAE encode', value: encodeNext, unit: 's' },
  {
    name: 'VAE decoder: graph, session, first touch of the weights',
    value: Math.max(0, decodeFirst - decodeNext),
    unit: 's'
  },
  { name: 'VAE decode', value: decodeNext, unit: 's' },
  { name: 'peak memory of the process', value: process.resourceUsage().maxRSS / 1024, unit: 'MB' }
]
process.stdout.write(JSON.stringify(figures))

/** Resident memory in MB; where the system does not tell files apart, all of it is anonymous. */
function memory(): { anonymous: number; mapped: number } {
  if (process.platform !== 'linux') return { anonymous: process.memoryUsage().rss / 1e6, mapped: 0 }
  const status = readFileSync('/proc/self/status', 'utf8')
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1000
  return { anonymous: of('RssAnon'), mapped: of('RssFile') }
}
