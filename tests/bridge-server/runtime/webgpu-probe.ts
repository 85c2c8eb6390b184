import path from 'node:path'

import { createModels } from '../../../bridge-server/runtime/models.ts'
import { openCheckpoint } from '../../../bridge-server/weights/open-checkpoint.ts'
import { readRecorded, relativeError } from './recorded.ts'

/** Runs pocket on WebGPU and prints how far its networks are off PyTorch, as JSON. A process of its own: the loader of Vulkan is found at its start. */
const root = path.resolve(import.meta.dirname, '../../..')
const models = createModels({
  find: () => openCheckpoint(path.join(root, 'models/pocket')),
  device: 'webgpu',
  memoryBytes: 2 ** 32
})
const model = await models.open('pocket')
const recorded = readRecorded(path.join(root, 'tests/fixtures/pocket/pocket.safetensors'))
const text = await model.textEncoders[0]!.encode(recorded.ids('text.ids'))
const out = await model.unet({
  x: recorded.tensor('unet.1.x'),
  timesteps: recorded.tensor('unet.1.timesteps').data,
  context: recorded.tensor('unet.1.context')
})
const errors = {
  text: relativeError(text.hidden, recorded.tensor('text.last')),
  unet: relativeError(out, recorded.tensor('unet.1.out'))
}
await models.release()
process.stdout.write(JSON.stringify(errors))
