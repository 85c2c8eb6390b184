import type { Call, Route } from './call.ts'
import { fieldsOf } from './fields.ts'
import { withInfotext } from './pasted.ts'
import { produce, type Work } from './produce.ts'
import { readImg2img, readTxt2img, type GenerateParts } from './read-request.ts'
import { chosenScript } from './scripts/registry.ts'
import type { GenerateMode } from './scripts/script.ts'

export const generateRoutes = (parts: GenerateParts): readonly Route[] => [
  { method: 'POST', url: '/sdapi/v1/txt2img', answer: (call) => generate(call, 'txt2img', parts) },
  { method: 'POST', url: '/sdapi/v1/img2img', answer: (call) => generate(call, 'img2img', parts) }
]

const readers = { txt2img: readTxt2img, img2img: readImg2img } as const

/** By itself, or as a script has it. */
async function generate(call: Call, mode: GenerateMode, parts: GenerateParts): Promise<unknown> {
  const body = withInfotext(call.body)
  const fields = fieldsOf(body)
  const { upscalers } = await parts.catalogue()
  const chosen = chosenScript(fields, mode, upscalers)
  const read = readers[mode]
  if (chosen === null) return produce(call, fields, [await read({ ...call, body }, parts)], parts)
  const { script, args } = chosen
  if (script.kind === 'picture') return script.answer({ ...call, body }, args, parts)
  const works: Work[] = []
  for (const each of script.bodies(fields, args)) works.push(await read({ ...call, body: each }, parts))
  return produce(call, fields, works, parts)
}
