import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { DiffusionModel } from '../../bridge-server/runtime/model.ts'
import { createModels } from '../../bridge-server/runtime/models.ts'
import type { Mode } from '../../bridge-server/runtime/session-options.ts'
import { createTorchGenerator } from '../../bridge-server/tensor/torch-random.ts'
import { openExtensions } from '../../bridge-server/weights/extensions/extension-library.ts'
import { openCheckpoint } from '../../bridge-server/weights/open-checkpoint.ts'
import { median, timed, type Figure } from './figure.ts'
import { loraKinds, writeLora } from './make-lora.ts'

/** `lora-figures.ts CHECKPOINT LATENT_SIDE [MODE]`: what LoRAs that change every layer cost, against the UNet without one. */
const [file, sideText, modeText] = process.argv.slice(2)
if (file === undefined || sideText === undefined) throw new Error('Which checkpoint, at which latent size?')
const side = Number(sideText)
const modes: readonly Mode[] = ['instant', 'medium', 'turbo']
const mode = modes.find((known) => known === modeText)
const checkpoint = await openCheckpoint(file)
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-lora-'))
try {
  for (const kind of loraKinds)
    await writeLora(path.join(folder, `${kind}.safetensors`), kind, checkpoint.unet.weights)
  process.stdout.write(JSON.stringify(await figures()))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function figures(): Promise<readonly Figure[]> {
  const models = createModels({
    find: () => Promise.resolve(checkpoint),
    extensions: openExtensions({ folders: () => Promise.resolve([folder]), cacheFolder: folder }),
    device: 'cpu',
    memoryBytes: 16e9,
    ...(mode === undefined ? {} : { mode })
  })
  const random = createTorchGenerator(1)
  const tensor = (...dims: readonly number[]) => ({
    dims,
    data: random.randn(dims.reduce((product, size) => product * size, 1))
  })
  const plain = await models.open('bench')
  const [text] = plain.textEncoders
  const call = {
    x: tensor(2, plain.inputChannels, side, side),
    timesteps: Float32Array.of(500, 500),
    context: tensor(2, text?.length ?? 77, text?.width ?? 768)
  }
  const dressed = async (name: string, unet: number): Promise<DiffusionModel> =>
    plain.with({ loras: [{ name, text: 0, unet }], hypernetworks: [], controlNets: [] })
  const seconds = async (model: DiffusionModel): Promise<number> => (await timed(() => model.unet(call)))[0]
  const rows: Figure[] = []
  const plainFirst = await seconds(plain)
  for (const kind of loraKinds) {
    const name = { lora: 'LoRA', loha: 'LoHa' }[kind]
    const one = await dressed(kind, 0.8)
    const first = await seconds(one)
    const other = await seconds(await dressed(kind, 0.7))
    const model = await dressed(kind, 0.7)
    // In turn, so that what else the machine does is shared.
    const pairs: (readonly [number, number])[] = []
    for (let i = 0; i < (side > 32 ? 2 : 9); i++) pairs.push([await seconds(plain), await seconds(model)])
    const [without, within] = [median(pairs.map(([a]) => a)), median(pairs.map(([, b]) => b))]
    rows.push(
      {
        name: `${name}: a call of the UNet, against a plain one`,
        value: within / without,
        unit: '×',
        goal: 1.3
      },
      {
        name: `${name}: the first call, against the plain one’s first`,
        value: first / plainFirst,
        unit: '×'
      },
      { name: `${name}: another weight costs`, value: Math.max(0, other - within), unit: 's' }
    )
  }
  await models.release()
  return rows
}
