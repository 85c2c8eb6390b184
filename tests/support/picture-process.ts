import path from 'node:path'
import { toErrorReply } from '../../bridge-server/errors.ts'
import { generate } from '../../bridge-server/pipeline/generate.ts'
import { createModels } from '../../bridge-server/runtime/models.ts'
import { openCheckpoint } from '../../bridge-server/weights/open-checkpoint.ts'
import { aRequest } from './bridge.ts'

/**
 * `picture-process.ts CHECKPOINT SIDE MEMORY`: makes a small picture of the pocket model, so that the program is there with all it
 * needs, tells its parent, makes the picture that is asked for, and tells how it ended.
 */
const [file = '', sideText, memoryText] = process.argv.slice(2)
const pocket = path.resolve(import.meta.dirname, '../../models/pocket')

const modelsOf = (checkpoint: string) =>
  createModels({
    find: () => openCheckpoint(checkpoint),
    device: 'cpu',
    memoryBytes: Number(memoryText)
  })

function picture(models: ReturnType<typeof modelsOf>, side: number) {
  const size = { width: side, height: side }
  const request = aRequest({
    ...{ canvas: size, area: { x: 0, y: 0, ...size }, workingSize: size },
    sampling: { sampler: 'euler', schedule: 'karras', steps: 2, guidance: 3, seed: 1 }
  })
  const { signal } = new AbortController()
  const nobody = { onProgress: () => undefined, onPreview: () => undefined }
  return generate(request, { controls: [], controlMasks: [] }, models, { signal, ...nobody })
}

const first = modelsOf(pocket)
await picture(first, 64)
await first.release()
process.send?.({ began: true })
const models = modelsOf(file)
try {
  const { variations } = await picture(models, Number(sideText))
  const open = models.memory().networks.map(({ network }) => network)
  process.send?.({ bytes: variations[0]?.pixels.data.length, open })
} catch (error) {
  process.send?.({ error: toErrorReply(error) })
}
process.disconnect()
