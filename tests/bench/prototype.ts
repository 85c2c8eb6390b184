import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { createModels } from '../../bridge-server/runtime/models.ts'
import { createTorchGenerator } from '../../bridge-server/tensor/torch-random.ts'
import { openCheckpoint } from '../../bridge-server/weights/open-checkpoint.ts'
import { median, timed, type Figure } from './figure.ts'

/**
 * `prototype.ts CHECKPOINT`: our SD 1.5 UNet against the first prototype's graph, in turn, in one process. Prints nothing to
 * compare where the prototype does not lie beside the repository or its one package cannot be had.
 */
interface Prototype {
  readonly openST: (file: string) => unknown
  readonly buildUNet: (weights: unknown, options: object) => { encode(): Uint8Array }
}

/** What the prototype knows of the blocks of SD 1.5 and keeps in a file of its own. */
const shapes = `export const SD15 = { mc: 320, heads: 8, inC: 4, outC: 4, ctx: 768 }
export function plan({ mc }) {
  const levels = [1, 2, 4, 4].map((factor) => factor * mc)
  const input = [{ kind: 'conv', cout: mc }]
  let cin = mc
  levels.forEach((cout, level) => {
    for (let i = 0; i < 2; i++, cin = cout) input.push({ kind: 'res', cin, cout, attn: level < 3 })
    if (level < 3) input.push({ kind: 'down', cout })
  })
  const skips = input.map(({ cout }) => cout)
  const output = []
  levels.toReversed().forEach((cout, at) => {
    for (let i = 0; i < 3; i++, cin = cout)
      output.push({ cin: cin + skips.pop(), cout, attn: at > 0, up: i === 2 && at < 3 })
  })
  return { input, output, mid: levels[3] }
}
`
const source = path.resolve(import.meta.dirname, '../../../shared/reference/engine-prototype')
const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('Which checkpoint?')
process.stdout.write(JSON.stringify(existsSync(source) ? await compare(file) : []))

async function compare(file: string): Promise<readonly Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-prototype-'))
  try {
    for (const name of ['gb.mjs', 'unet.mjs']) cpSync(path.join(source, name), path.join(folder, name))
    writeFileSync(path.join(folder, 'shapes.mjs'), shapes)
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', 'onnx-proto@8.0.1'], {
      cwd: folder,
      stdio: 'ignore'
    })
    const { openST } = (await import(pathToFileURL(path.join(folder, 'gb.mjs')).href)) as Prototype
    const { buildUNet } = (await import(pathToFileURL(path.join(folder, 'unet.mjs')).href)) as Prototype
    return await ratios(file, buildUNet(openST(file), { linear: 'gemm', dyn: true, anysize: true }).encode())
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function ratios(file: string, graph: Uint8Array): Promise<readonly Figure[]> {
  const random = createTorchGenerator(1)
  const x = random.randn(4 * 64 * 64)
  const context = random.randn(77 * 768)
  const checkpoint = await openCheckpoint(file)
  const find = () => Promise.resolve(checkpoint)
  const models = createModels({ find, device: 'cpu', memoryBytes: 16e9, mode: 'instant' })
  const model = await models.open('bench')
  const ours = () =>
    model.unet({
      x: { data: x, dims: [1, 4, 64, 64] },
      timesteps: Float32Array.of(500),
      context: { data: context, dims: [1, 77, 768] }
    })
  // The options that the prototype found for its mode "instant".
  const [opening, theirs] = await timed(() =>
    InferenceSession.create(graph, {
      graphOptimizationLevel: 'all',
      enableMemPattern: false,
      logSeverityLevel: 4,
      extra: {
        session: {
          model_external_initializers_file_folder_path: path.dirname(file),
          graph_optimizations_loop_level: '0'
        },
        optimization: {
          disable_specified_optimizers: 'ConstantFolding;FuseFp16InitializerToFp32NodeTransformer'
        }
      }
    })
  )
  const feeds = {
    x: new Tensor('float32', x, [1, 4, 64, 64]),
    temb: new Tensor('float32', random.randn(320), [1, 320]),
    ctx: new Tensor('float32', context, [1, 77, 768])
  }
  const [first] = await timed(ours)
  await theirs.run(feeds)
  const pairs: { ours: number; theirs: number }[] = []
  for (let round = 0; round < 4; round++)
    pairs.push({ ours: (await timed(ours))[0], theirs: (await timed(() => theirs.run(feeds)))[0] })
  await theirs.release()
  await models.release()
  const forward = median(pairs.map((pair) => pair.ours))
  return [
    { name: 'our UNet, batch of 1', value: forward, unit: 's' },
    { name: 'the prototype’s', value: median(pairs.map((pair) => pair.theirs)), unit: 's' },
    {
      name: 'ratio, pair by pair',
      value: median(pairs.map((pair) => pair.ours / pair.theirs)),
      unit: '×',
      goal: 1.05
    },
    { name: 'our first run: graph, session, reading the file', value: first - forward, unit: 's' },
    { name: 'the prototype’s session', value: opening, unit: 's' }
  ]
}
