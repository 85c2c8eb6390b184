import type { Rect } from '#protocol/geometry.ts'
import type { Control } from '#protocol/request.ts'
import { upscaledSize } from '#protocol/upscalers.ts'
import type { BridgeClient, ImageToSend } from '../client/bridge-client.ts'
import { CodedError } from '../client/coded-error.ts'
import type { Host, HostControl, RgbaImage } from '../hosts/host.ts'
import type { ActionContext } from './action-context.ts'
import {
  buildRequest,
  checkArea,
  planFor,
  takesControls,
  takesSnapshot,
  type Plan,
  type Situation
} from './build-request.ts'
import { emptiness, type PlacedMask } from './masks.ts'
import type { Intent } from './intents.ts'
import { MAX_COUNT } from './settings.ts'
import { MAX_SEED } from './stored-values.ts'

/**
 * The whole of a press: reads the document as it is now, then sends what it read. `pixelsRead` is called, once and in
 * any case, when the document may change again. Rejects only with what went wrong before there was a job.
 */
export async function sendJob(context: ActionContext, intent: Intent, pixelsRead: () => void): Promise<void> {
  const { store, client, newId, now } = context
  const { settings, catalogue, connection } = store.getState()
  const job = await (async () => {
    if (catalogue === null || connection.state !== 'online')
      throw new CodedError(
        'not-running',
        'There is no connection to Marquee’s server.',
        'Start it with npm start.'
      )
    const plan = planFor(intent, await readSituation(context.host, intent), settings, catalogue)
    checkOpens(context.host, plan)
    const controls = takesControls(plan) ? await context.host.controls(plan.area) : []
    return { plan, controls, images: await readImages(context.host, plan) }
  })().finally(pixelsRead)

  const seed = settings.seed.locked ? settings.seed.value : drawnSeed(context.random)
  store.dispatch({ type: 'settings-changed', change: { seed: { ...settings.seed, value: seed } } })
  const [snapshot, selection] = [
    await described(client, job.images.snapshot),
    await described(client, job.images.selection)
  ]
  const controls = await Promise.all(job.controls.map((control) => describedControl(client, control)))
  const refs = {
    snapshot: snapshot?.ref ?? null,
    selection: selection?.ref ?? null,
    controls: controls.map(({ control }) => control)
  }
  const request = buildRequest(job.plan, settings, refs, seed)
  const jobId = newId()
  store.dispatch({ type: 'job-sent', jobId, request, created: now() })
  try {
    for (const sent of [snapshot, selection, ...controls.flatMap(({ images }) => images)])
      if (sent !== null) await client.upload(sent.ref, sent.image)
    const isCancelled = store.getState().jobs.some(({ id, state }) => id === jobId && state === 'cancelled')
    if (!isCancelled) client.generate(jobId, request)
  } catch (error) {
    store.dispatch({ type: 'job-failed-here', jobId, error })
  }
}

/** Leaves room for the seeds of all variations, which count up from it. */
export const drawnSeed = (random: () => number): number => Math.floor(random() * (MAX_SEED - MAX_COUNT))

/** Throws CodedError 'too-large' where what is upscaled would be a document that the editor cannot open. */
function checkOpens(host: Host, { upscale, area }: Plan): void {
  const problem = upscale === undefined ? null : (host.openProblem?.(upscaledSize(area, upscale)) ?? null)
  if (problem !== null)
    throw new CodedError(
      'too-large',
      `What would be made could not be opened: ${problem}`,
      'Choose a smaller factor, or select the part that is to be larger.'
    )
}

async function readSituation(host: Host, intent: Intent): Promise<Situation> {
  const document = await host.document()
  if (document === null)
    throw new CodedError('not-found', 'No document is open.', 'Open a picture or make a new one.')
  const empty = intent === 'expand' ? await host.emptyBounds() : null
  return {
    documentId: document.id,
    canvas: document.canvas,
    origin: document.origin,
    area: document.area,
    selection: await host.selection(),
    empty: empty === null ? null : await readEmpty(host, empty)
  }
}

async function readEmpty(host: Host, bounds: Rect): Promise<PlacedMask> {
  checkArea(bounds)
  return { bounds, mask: emptiness(await host.flatten(bounds)) }
}

async function readImages(host: Host, plan: Plan) {
  const { width, height } = plan.area
  const snapshot: ImageToSend | null = takesSnapshot(plan)
    ? { width, height, format: 'rgba8', data: (await host.flatten(plan.area)).bands.map(({ data }) => data) }
    : null
  const selection: ImageToSend | null =
    plan.mask === null ? null : { width, height, format: 'gray8', data: plan.mask.data }
  return { snapshot, selection }
}

const described = async (client: BridgeClient, image: ImageToSend | null) =>
  image === null ? null : describedImage(client, image)

const describedImage = async (client: BridgeClient, image: ImageToSend) => ({
  image,
  ref: await client.describe(image)
})

/** A control as the request has it, and the images to send. */
async function describedControl(client: BridgeClient, { pixels, mask, ...settings }: HostControl) {
  const map = await describedImage(client, rgba(pixels))
  const where = mask === undefined ? null : await describedImage(client, { ...mask, format: 'gray8' })
  const control: Control = {
    ...settings,
    image: map.ref,
    ...(where === null ? {} : { mask: where.ref })
  }
  return { control, images: where === null ? [map] : [map, where] }
}

const rgba = ({ width, height, data }: RgbaImage): ImageToSend => ({ width, height, format: 'rgba8', data })
