import os from 'node:os'
import { AppError } from '../errors.ts'
import { samplerName, shortHash } from '../image/webui-names.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import { latentUpscalers } from '../protocol/upscalers.ts'
import type { Route } from './call.ts'
import { titleOf } from './models.ts'
import { scripts } from './scripts/registry.ts'
import type { GenerateMode, ScriptArg } from './scripts/script.ts'
import { samplerAliases, scheduleName, type Samplers } from './samplers.ts'
import type { Style } from './styles.ts'

interface ListParts extends Samplers {
  readonly catalogue: () => Promise<Catalogue>
  readonly styles: () => Promise<readonly Style[]>
  readonly version: string
}

const get = (name: string, answer: Route['answer']): Route => ({
  method: 'GET',
  url: `/sdapi/v1/${name}`,
  answer
})

/** What there is to choose from, in the web UI's fields. */
export const listRoutes = ({ samplers, schedules, catalogue, styles }: ListParts): readonly Route[] => [
  get('samplers', () =>
    samplers.map((each) => ({ name: samplerName(each), aliases: samplerAliases(each), options: {} }))
  ),
  get('schedulers', () =>
    schedules.map((each) => ({
      ...{ name: scheduleName(each), label: each.label, aliases: null },
      ...{ default_rho: -1, need_inner_model: false }
    }))
  ),
  get('upscalers', async () =>
    [{ label: 'None' }, ...(await catalogue()).upscalers].map(({ label }) => ({
      ...{ name: label, model_name: null, model_path: null, model_url: null, scale: 4 }
    }))
  ),
  get('latent-upscale-modes', () => latentUpscalers.map(({ label }) => ({ name: label }))),
  get('sd-models', async () =>
    (await catalogue()).models.map((model) => ({
      ...{ title: titleOf(model), model_name: model.id, hash: shortHash(model) },
      ...{ sha256: model.sha256, filename: model.id, config: null }
    }))
  ),
  get('sd-vae', async () => (await catalogue()).vaes.map(({ id }) => ({ model_name: id, filename: id }))),
  get('loras', async () =>
    (await named(catalogue, 'lora')).map(({ id, name }) => ({ name, alias: name, path: id, metadata: {} }))
  ),
  get('hypernetworks', async () =>
    (await named(catalogue, 'hypernetwork')).map(({ id, name }) => ({ name, path: id }))
  ),
  get('embeddings', async () => ({
    loaded: Object.fromEntries(
      (await named(catalogue, 'embedding')).map(({ name }) => [
        name,
        { step: null, sd_checkpoint: null, sd_checkpoint_name: null, shape: 0, vectors: 0 }
      ])
    ),
    skipped: {}
  })),
  get('prompt-styles', styles),
  get('scripts', async () => ({
    txt2img: (await scriptsOf('txt2img', catalogue)).map(({ name }) => name),
    img2img: (await scriptsOf('img2img', catalogue)).map(({ name }) => name)
  })),
  get('script-info', async () => [
    ...(await scriptsOf('txt2img', catalogue)),
    ...(await scriptsOf('img2img', catalogue))
  ]),
  // Options of the command line are the server's own business, but clients look whether the API is there.
  get('cmd-flags', () => ({ api: true })),
  get('memory', () => ({
    ram: { free: os.freemem(), used: process.memoryUsage().rss, total: os.totalmem() },
    cuda: { error: 'Models run in a process of their own; see /metrics.' }
  })),
  ...['face-restorers', 'realesrgan-models', 'extensions'].map((name) => get(name, () => [])),
  {
    method: 'POST',
    url: '/sdapi/v1/interrogate',
    answer: () => {
      throw new AppError('not-found', {
        message: 'Model not found: there is no network here that describes pictures.',
        hint: 'png-info tells what a picture says of its making.'
      })
    }
  },
  // Folders are looked through whenever somebody asks.
  ...['checkpoints', 'vae', 'loras', 'embeddings'].map((name): Route => ({
    method: 'POST',
    url: `/sdapi/v1/refresh-${name}`,
    answer: async () => {
      await catalogue()
      return {}
    }
  }))
]

const named = async (catalogue: ListParts['catalogue'], wanted: string) =>
  (await catalogue()).extensions.filter(({ kind }) => kind === wanted)

/** Those that `script_name` may name, and ControlNet, which is always on, where it has something to work with. */
async function scriptsOf(mode: GenerateMode, catalogue: ListParts['catalogue']) {
  const { upscalers } = await catalogue()
  const about = { is_alwayson: false, is_img2img: mode === 'img2img' }
  const { length } = await named(catalogue, 'controlnet')
  return [
    ...(length === 0 ? [] : [{ ...about, name: 'controlnet', is_alwayson: true, args: [] }]),
    ...scripts
      .filter(({ modes }) => modes.includes(mode))
      .map(({ name, args }) => ({ ...about, name: name.toLowerCase(), args: args(upscalers).map(toldArg) }))
  ]
}

const toldArg = ({ label, value, minimum, maximum, step, choices }: ScriptArg) => ({
  ...{ label, value, minimum: minimum ?? null, maximum: maximum ?? null },
  ...{ step: step ?? null, choices: choices ?? null }
})
