import type { AnnotatorInfo } from '../protocol/annotators.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import type { Call, Route } from './call.ts'
import { mostUnits, type ControlParts } from './controlnet.ts'
import { fieldsOf, wrong } from './fields.ts'
import { keptWhile } from './kept.ts'
import { chosenModule, moduleNames, resolutionOf, thresholds, thresholdsOf, usable } from './modules.ts'
import { sentPicture } from './pictures.ts'
import type { BlobStore } from '../jobs/blobs.ts'

interface ControlRouteParts extends ControlParts {
  readonly catalogue: () => Promise<Catalogue>
  readonly blobs: BlobStore
}

const get = (name: string, answer: Route['answer']): Route => ({
  method: 'GET',
  url: `/controlnet/${name}`,
  answer
})

const mostPictures = 16

/** What the ControlNet extension adds to the web UI's API. */
export const controlnetRoutes = (parts: ControlRouteParts): readonly Route[] => [
  get('version', () => ({ version: 3 })),
  get('settings', () => ({ control_net_unit_count: mostUnits, control_net_max_models_num: mostUnits })),
  get('model_list', async () => ({ model_list: modelsOf(await parts.catalogue()) })),
  get('module_list', async ({ query }) => {
    const all = usable((await parts.catalogue()).annotators)
    const isAlias = /^true$/i.test(String(query.alias_names))
    return {
      module_list: ['none', ...all.map((each) => (isAlias ? each.label : nameOf(each)))],
      module_detail: {
        none: { model_free: false, sliders: [] },
        ...Object.fromEntries(
          all.map((each) => [nameOf(each), { model_free: false, sliders: slidersOf(each) }])
        )
      }
    }
  }),
  get('control_types', async () => ({ control_types: typesOf(await parts.catalogue()) })),
  { method: 'POST', url: '/controlnet/detect', answer: (call) => detect(call, parts) }
]

const nameOf = (annotator: AnnotatorInfo): string => moduleNames(annotator)[0] ?? annotator.id

const modelsOf = ({ extensions }: Catalogue): readonly string[] =>
  extensions.filter(({ kind }) => kind === 'controlnet').map(({ name }) => name)

/** The resolution, then what threshold_a and threshold_b are. */
const slidersOf = (annotator: AnnotatorInfo) => [
  { name: 'Resolution', value: 512, min: 64, max: 2048, step: 8 },
  ...thresholdsOf(annotator).map(({ slider }) => slider)
]

/** All, and for each preprocessor the networks whose names say that they follow its maps. */
function typesOf(catalogue: Catalogue) {
  const annotators = usable(catalogue.annotators)
  const models = modelsOf(catalogue)
  const type = (modules: readonly string[], networks: readonly string[]) => ({
    module_list: ['none', ...modules],
    model_list: ['None', ...networks],
    default_option: modules[0] ?? 'none',
    default_model: networks[0] ?? 'None'
  })
  const suited = ({ suits }: AnnotatorInfo): readonly string[] =>
    models.filter((model) => suits.some((word) => model.toLowerCase().includes(word)))
  return {
    All: { ...type(annotators.map(nameOf), models), default_option: 'none', default_model: 'None' },
    ...Object.fromEntries(annotators.map((each) => [each.label, type([nameOf(each)], suited(each))]))
  }
}

async function detect({ body, signal }: Call, { catalogue, pictures, annotate, blobs }: ControlRouteParts) {
  const fields = fieldsOf(body)
  const { annotators } = await catalogue()
  const module = chosenModule(fields.text('controlnet_module', 'none'), annotators, 'controlnet_module')
  // The second name is that of older versions, which clients still send.
  const sent = fields.given('controlnet_input_images') ?? fields.given('controlnet_images')
  if (!Array.isArray(sent) || sent.length === 0 || sent.length > mostPictures)
    throw wrong('controlnet_input_images', `must hold 1 to ${mostPictures} pictures.`)
  const given = [fields.given('controlnet_threshold_a'), fields.given('controlnet_threshold_b')]
  const shortSide = resolutionOf(fields.given('controlnet_processor_res'))
  const images: string[] = []
  for (const [i, each] of sent.entries()) {
    const picture = sentPicture(each, `controlnet_input_images.${i}`)
    const size = module === null ? {} : { shortSide }
    const image = await pictures.decode({ sent: picture, as: 'rgba', ...size }, signal)
    const map = await keptWhile(blobs, [image], async () =>
      module === null
        ? image
        : annotate({ annotator: module.id, image, parameters: thresholds(module, given) }, signal)
    )
    images.push(await pictures.encode({ picture: map, finish: { kind: 'all' }, text: {} }, signal))
  }
  return { images, info: 'Success' }
}
