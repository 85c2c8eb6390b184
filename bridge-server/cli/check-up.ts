import { existsSync } from 'node:fs'
import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { freemem, totalmem } from 'node:os'
import path from 'node:path'
import { connect } from '../../plugin/client/marquee-client.ts'
import { toErrorReply } from '../errors.ts'
import { freeMemory } from '../runtime/free-memory.ts'
import { checkCatalogue, checkSettings, checkVersions, contentOf } from './check-settings.ts'
import { ok, problem, warning, type Finding, type Patient } from './finding.ts'
import { findServer } from './reach.ts'
import { reasonOf } from './read-pictures.ts'
import { sizeText } from './wording.ts'

type Check = (patient: Patient) => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>

const checks: readonly (readonly [name: string, check: Check])[] = [
  ['marquee', checkVersions],
  ['settings', checkSettings],
  ['packages', checkPackages],
  ['data', checkData],
  ['server', checkServer],
  ['memory', checkMemory],
  ['device', checkDevices],
  ['models', checkModels],
  ['catalogue', checkCatalogue],
  ['page', checkPage]
]

/** Looks at one thing after the other; one that cannot be looked at is a problem and hides no other. */
export async function* checkUp(patient: Patient): AsyncGenerator<Finding> {
  const { terminal } = patient
  for (const [name, check] of checks) {
    try {
      yield* [await check(patient)].flat()
    } catch (error) {
      yield problem(name, reasonOf(error), 'Mend what stands above first, then run marquee doctor again.')
    }
    terminal.signal.throwIfAborted()
  }
}

function checkPage({ config: { pageFolder } }: Patient): Finding {
  return existsSync(path.join(pageFolder, 'index.html'))
    ? ok('page', 'built')
    : warning('page', 'not built yet', 'npm start builds it; the command line needs none.')
}

/** The packages with native parts: the others are plain files beside them. */
const nativeParts: readonly (readonly [name: string, load: () => Promise<unknown>])[] = [
  ['onnxruntime-node', () => import('../runtime/session.ts')],
  ['sharp', () => import('../image/codec.ts')],
  ['libsql', () => import('../jobs/database.ts')],
  ['tokenizers', () => import('../prompt/tokenizer.ts')]
]

async function checkPackages(): Promise<Finding[]> {
  const broken: Finding[] = []
  for (const [name, load] of nativeParts)
    try {
      await load()
    } catch (error) {
      const [first = ''] = reasonOf(error).split('\n')
      broken.push(problem('packages', `${name} does not load: ${first}`, 'Run npm ci in Marquee’s folder.'))
    }
  return broken.length > 0 ? broken : [ok('packages', `${nativeParts.length} native packages load`)]
}

const littleDisk = 2e9

async function checkData({ config: { data } }: Patient): Promise<Finding[]> {
  try {
    await mkdir(data, { recursive: true, mode: 0o700 })
    await access(data, constants.W_OK)
    const { bavail, bsize } = await statfs(data)
    const free = bavail * bsize
    return [
      ok('data', `${data} can be written to and holds ${await contentOf(data)}`),
      free < littleDisk
        ? warning(
            'disk',
            `${sizeText(free)} are free`,
            'Free some space, or choose another folder with --data.'
          )
        : ok('disk', `${sizeText(free)} are free`)
    ]
  } catch (error) {
    return [
      problem('data', `${data} cannot be used: ${reasonOf(error)}`, 'Choose another folder with --data.')
    ]
  }
}

async function checkServer({ config: { data, port }, server }: Patient): Promise<Finding> {
  if (server !== null) {
    const there = await connect({ ...server, clientId: 'marquee-doctor' })
    there.close()
    return ok(
      'server',
      `${server.url} answers (version ${there.version}, ${there.device}); below is this computer`
    )
  }
  const running = await findServer(data).catch(() => null)
  if (running !== null) {
    running.close()
    return ok('server', `one serves this data folder (version ${running.version}, ${running.device})`)
  }
  if (await isFree(port)) return ok('port', `${port} is free`)
  const isMarquee = await fetch(`http://localhost:${port}/api/health`, { signal: AbortSignal.timeout(1000) })
    .then(async (reply) => (await reply.text()).includes('"name":"marquee"'))
    .catch(() => false)
  return warning(
    'port',
    `${port} is taken by ${isMarquee ? 'a Marquee with another data folder' : 'another program'}`,
    'Stop it, or serve with another --port (Photoshop expects 7421).'
  )
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

function checkMemory({ config: { memoryBytes } }: Patient): Finding {
  const limit = process.constrainedMemory()
  const container =
    limit > 0 && limit < totalmem() ? `, of which this container may use ${sizeText(limit)}` : ''
  const free = sizeText(freeMemory() ?? freemem())
  const text = `${sizeText(totalmem())}${container}; ${free} free; open models may take ${sizeText(memoryBytes)}`
  // The networks of SD 1.x in half precision.
  return memoryBytes < 2.5e9
    ? warning('memory', text, 'Small models run; for larger ones close programs or raise --memory.')
    : ok('memory', text)
}

async function checkDevices({ config, terminal: { progress } }: Patient): Promise<Finding[]> {
  const { accelerators, candidates, chooseDevice, createTry } =
    await import('../runtime/self-test/choose-device.ts')
  const { onnxruntimeVersion, knownProviders } = await import('../runtime/session.ts')
  const known = knownProviders()
  const cacheFolder = path.join(config.data, 'cache')
  const attempt = createTry({ env: config.env, cacheFolder, anew: true })
  const findings = [ok('providers', `${known.join(', ')} (onnxruntime ${onnxruntimeVersion()})`)]
  const offered = accelerators.filter((name) => candidates().includes(name) || name === config.device)
  const used = await chooseDevice(
    config,
    (provider, wanted) => {
      progress.show(`Trying ${provider}, which may take ${wanted ? 'minutes' : 'a minute'} …`, null)
      return attempt(provider, wanted)
    },
    offered
  ).catch((error: unknown) => toErrorReply(error))
  if ('message' in used) return [...findings, problem('device', used.message, used.hint ?? '')]
  const { trials, asked, device, precision, precisionReason } = used.report
  return [
    ...findings,
    ...trials.map((trial) => ok('device', `${trial.device}: ${verdicts[trial.verdict]}${trial.reason}`)),
    ok('device', `${asked.device} means ${device} in ${precision} here (${precisionReason})`)
  ]
}

const verdicts = { used: '', passed: '', slow: 'not used: ', failed: 'cannot be used: ' } as const

async function checkModels({ config: { models, data } }: Patient): Promise<Finding[]> {
  const { openLibrary } = await import('../weights/library.ts')
  const { openExtensions } = await import('../weights/extensions/extension-library.ts')
  const { catalogueOf } = await import('../catalogue.ts')
  const cacheFolder = path.join(data, 'cache')
  const library = openLibrary({ folders: models, cacheFolder, settingsFile: path.join(data, 'models.json') })
  try {
    const extensions = openExtensions({ folders: () => library.searched(), cacheFolder })
    const found = await catalogueOf(library, extensions)
    const refused = found.refused.map(({ id, message, leadsTo, hint }) =>
      warning('model', `${id}: ${message}${leadsTo === undefined ? '' : ` It leads to ${leadsTo}.`}`, hint)
    )
    const missing = models.filter((folder) => !existsSync(folder) && folder !== path.join(data, 'models'))
    return [
      found.models.length === 0
        ? problem('models', `none in ${models.join(', ')}`, 'Add one with marquee models add.')
        : ok('models', found.models.map(({ id, family }) => `${id} (${family})`).join(', ')),
      ...missing.map((folder) =>
        warning('models', `there is no folder ${folder}`, 'Correct --models or MARQUEE_MODELS.')
      ),
      ...refused
    ]
  } finally {
    library.close()
  }
}
