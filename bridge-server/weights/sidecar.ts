import path from 'node:path'
import type { Prediction } from '../protocol/catalogue.ts'
import { readConfig } from './config-file.ts'
import { stemOf } from './model-info.ts'
import { readText } from './open-file.ts'
import { unreadable } from './tensor-table.ts'

/** What is said about a checkpoint beside it or in its metadata; undefined where nobody says. */
export interface Sidecar {
  readonly prediction?: Prediction | undefined
  readonly latentScale?: number | undefined
  readonly nativeSize?: number | undefined
  readonly unetHeads?: { readonly count: number } | { readonly size: number } | undefined
  readonly betas?: { readonly start: number; readonly end: number } | undefined
  /** By encoder, first to last. */
  readonly text: readonly TextSidecar[]
}

export interface TextSidecar {
  readonly heads?: number | undefined
  readonly activation?: 'quick_gelu' | 'gelu' | undefined
  readonly padToken?: number | undefined
}

/**
 * What lies beside a checkpoint `a.b.safetensors`: `a.b.json` or `a.json` (Marquee's own: what shapes cannot tell) and
 * the original `a.b.yaml` or `a.yaml`. What the JSON says wins over the YAML, and that over the file's metadata.
 */
export async function readSidecar(
  file: string,
  metadata: Readonly<Record<string, string>>
): Promise<Sidecar> {
  const own = await jsonSidecar(file)
  const yaml = await yamlSidecar(file)
  const spec = specSidecar(metadata)
  return {
    prediction: own.prediction ?? yaml.prediction ?? spec.prediction,
    latentScale: own.latentScale ?? yaml.latentScale,
    nativeSize: own.nativeSize ?? spec.nativeSize,
    unetHeads: own.unetHeads ?? yaml.unetHeads,
    betas: yaml.betas,
    text: own.text
  }
}

/** The whole stem first, then up to its first dot. */
function besides(file: string, extension: string): readonly string[] {
  const stem = stemOf(file)
  const stems = [stem, stem.split('.')[0] ?? stem]
  return [...new Set(stems)].map((name) => path.join(path.dirname(file), name + extension))
}

async function jsonSidecar(file: string): Promise<Sidecar> {
  for (const candidate of besides(file, '.json')) {
    const config = await readConfig(candidate)
    if (config === null) continue
    const unet = config.object('unet')
    const count = unet?.number('heads')
    const size = unet?.number('head_dim')
    const prediction = config.text('prediction')
    return {
      prediction: prediction === undefined ? undefined : predictionNamed(prediction, candidate),
      latentScale: config.number('vae_scale'),
      nativeSize: config.number('native_size'),
      unetHeads: count !== undefined ? { count } : size !== undefined ? { size } : undefined,
      text: (config.list('text') ?? []).map((text) => ({
        heads: text.number('heads'),
        activation: activationNamed(text.text('activation'), candidate),
        padToken: text.number('pad_id')
      }))
    }
  }
  return { text: [] }
}

const predictions: Readonly<Record<string, Prediction>> = {
  eps: 'epsilon',
  epsilon: 'epsilon',
  v: 'v',
  v_prediction: 'v',
  x0: 'sample',
  sample: 'sample'
}

function predictionNamed(name: string, where: string): Prediction {
  const found = Object.hasOwn(predictions, name) ? predictions[name] : undefined
  if (found === undefined)
    throw unreadable(where, `it says the prediction is “${name}”, not epsilon, v or sample`)
  return found
}

function activationNamed(name: string | undefined, where: string): TextSidecar['activation'] {
  if (name === undefined || name === 'quick_gelu' || name === 'gelu') return name
  throw unreadable(where, `it says the activation is “${name}”, not quick_gelu or gelu`)
}

/**
 * The few scalars that matter of an LDM or SGM inference config. Their keys are unique in these files, so lines are
 * enough and no YAML parser is needed.
 */
async function yamlSidecar(file: string): Promise<Omit<Sidecar, 'text'>> {
  for (const candidate of besides(file, '.yaml')) {
    const text = await readText(candidate).catch(() => null)
    if (text === null) continue
    const scalar = (key: string): string | undefined =>
      new RegExp(`^[\\s-]*${key}:\\s*["']?([^\\s"'#]+)`, 'm').exec(text)?.[1]
    const number = (key: string): number | undefined => {
      const value = Number(scalar(key))
      return Number.isFinite(value) && value > 0 ? value : undefined
    }
    const parameterization = scalar('parameterization') ?? (/\.VScaling\w*\b/.test(text) ? 'v' : undefined)
    const [count, size] = [number('num_heads'), number('num_head_channels')]
    const [start, end] = [number('linear_start'), number('linear_end')]
    return {
      prediction: parameterization === undefined ? undefined : predictionNamed(parameterization, candidate),
      latentScale: number('scale_factor'),
      unetHeads: size !== undefined ? { size } : count !== undefined ? { count } : undefined,
      betas: start !== undefined && end !== undefined ? { start, end } : undefined
    }
  }
  return {}
}

/** https://github.com/Stability-AI/ModelSpec */
function specSidecar(metadata: Readonly<Record<string, string>>): Omit<Sidecar, 'text'> {
  const prediction = metadata['modelspec.prediction_type']
  const [width = 0] = (metadata['modelspec.resolution'] ?? '').split('x').map(Number)
  return {
    prediction:
      prediction !== undefined && Object.hasOwn(predictions, prediction)
        ? predictions[prediction]
        : undefined,
    nativeSize: Number.isSafeInteger(width) && width > 0 ? width : undefined
  }
}
