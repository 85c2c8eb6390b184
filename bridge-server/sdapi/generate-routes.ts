import type { Call, Route } from './call.ts'
import { echoOf } from './echo.ts'
import { fieldsOf } from './fields.ts'
import { withInfotext } from './pasted.ts'
import { produce, type Produced } from './produce.ts'
import { readImg2img, readTxt2img, type GenerateParts } from './read-request.ts'
import { chosenScript } from './scripts/registry.ts'
import type { GenerateMode } from './scripts/script.ts'
import type { Work } from './work.ts'

export const generateRoutes = (parts: GenerateParts): readonly Route[] => [
  { method: 'POST', url: '/sdapi/v1/txt2img', answer: (call) => generate(call, 'txt2img', parts) },
  { method: 'POST', url: '/sdapi/v1/img2img', answer: (call) => generate(call, 'img2img', parts) }
]

const readers = { txt2img: readTxt2img, img2img: readImg2img } as const

async function generate(call: Call, mode: GenerateMode, parts: GenerateParts) {
  const body = withInfotext(call.body)
  const { images, info } = await produced({ ...call, body }, mode, parts)
  return { images, parameters: echoOf(fieldsOf(body), mode), info }
}

/** By itself, or as a script has it. */
async function produced(call: Call, mode: GenerateMode, parts: GenerateParts): Promise<Produced> {
  const fields = fieldsOf(call.body)
  const { upscalers } = await parts.catalogue()
  const chosen = chosenScript(fields, mode, upscalers)
  const read = readers[mode]
  if (chosen === null) return produce(call, fields, [await read(call, parts)], parts)
  const { script, args } = chosen
  if (script.kind === 'picture') return script.answer(call, args, parts)
  const works: Work[] = []
  for (const body of script.bodies(fields, args)) works.push(await read({ ...call, body }, parts))
  return produce(call, fields, works, parts)
}
