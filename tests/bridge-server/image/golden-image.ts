import { readFileSync } from 'node:fs'
import path from 'node:path'
import { decodePicture } from '../../../bridge-server/image/codec.ts'
import type { Gray, Rgba } from '../../../bridge-server/image/pixels.ts'
import { golden } from '../../support/golden.ts'

interface Golden {
  readonly resize: {
    readonly cases: readonly {
      readonly source: string
      readonly filter: 'nearest' | 'box' | 'bilinear' | 'bicubic' | 'lanczos'
      readonly size: readonly [number, number]
      readonly result: string
    }[]
  }
  readonly blur: {
    readonly source: string
    readonly cases: readonly (
      | { readonly kind: 'pillow'; readonly radius: number; readonly result: string }
      | { readonly kind: 'webui mask blur'; readonly radius: number; readonly result: string }
      | { readonly kind: 'grow (maximum over an n x n square)'; readonly n: number; readonly result: string }
    )[]
  }
  readonly working_sizes: { readonly cases: readonly WorkingSizeCase[] }
}

export interface WorkingSizeCase {
  readonly extent: readonly [number, number]
  readonly options: {
    readonly family: 'sd15' | 'sdxl' | 'flux'
    readonly multiplier?: number
    readonly max_megapixels?: number
    readonly downscale?: boolean
    readonly tight?: boolean
    readonly preferred?: number
  }
  readonly input: readonly [number, number]
  readonly initial: readonly [number, number]
  readonly desired: readonly [number, number]
  readonly target: readonly [number, number]
  readonly published: boolean
}

export const imageGolden = JSON.parse(readFileSync(golden('image/image.json'), 'utf8')) as Golden

export const goldenPicture = (name: string): Promise<Rgba> =>
  decodePicture(readFileSync(path.join(golden('image'), name)))

export async function goldenGray(name: string): Promise<Gray> {
  const { width, height, data } = await goldenPicture(name)
  return { width, height, data: Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]!) }
}
