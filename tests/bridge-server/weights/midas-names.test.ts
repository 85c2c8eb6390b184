import { expect, test } from 'vitest'
import type { Weight } from '../../../bridge-server/graph/weight.ts'
import { dptRename } from '../../../bridge-server/weights/diffusers-names.ts'
import { midasToTransformers } from '../../../bridge-server/weights/midas-names.ts'
import { readSafetensors } from '../../../bridge-server/weights/safetensors.ts'
import { findGolden } from '../../support/golden.ts'

const both = (name: string): string[] => [`${name}.weight`, `${name}.bias`]
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** The names of isl-org/MiDaS' DPTDepthModel('vitb_rn50_384') over timm, for a transformer and stages of these depths. */
function midasNames(layers: number, stages: readonly number[]): string[] {
  const vit = 'pretrained.model'
  const backbone = `${vit}.patch_embed.backbone`
  return [
    ...[`${vit}.cls_token`, `${vit}.pos_embed`, `${backbone}.stem.conv.weight`],
    ...[
      ...both(`${backbone}.stem.norm`),
      ...both(`${vit}.patch_embed.proj`),
      ...both(`${vit}.norm`),
      ...both(`${vit}.head`)
    ],
    ...stages.flatMap((depth, stage) =>
      range(depth).flatMap((i) => {
        const block = `${backbone}.stages.${stage}.blocks.${i}`
        const down = i === 0 ? [`${block}.downsample.conv.weight`, ...both(`${block}.downsample.norm`)] : []
        return [
          ...down,
          ...[1, 2, 3].flatMap((n) => [`${block}.conv${n}.weight`, ...both(`${block}.norm${n}`)])
        ]
      })
    ),
    ...range(layers).flatMap((i) =>
      ['norm1', 'attn.qkv', 'attn.proj', 'norm2', 'mlp.fc1', 'mlp.fc2'].flatMap((x) =>
        both(`${vit}.blocks.${i}.${x}`)
      )
    ),
    ...['3.0.project.0', '3.3', '4.0.project.0', '4.3', '4.4'].flatMap((x) =>
      both(`pretrained.act_postprocess${x}`)
    ),
    ...[1, 2, 3, 4].flatMap((n) => [
      `scratch.layer${n}_rn.weight`,
      ...both(`scratch.refinenet${n}.out_conv`),
      ...[1, 2].flatMap((unit) =>
        [1, 2].flatMap((conv) => both(`scratch.refinenet${n}.resConfUnit${unit}.conv${conv}`))
      )
    ]),
    ...[0, 2, 4].flatMap((n) => both(`scratch.output_conv.${n}`))
  ]
}

const golden = findGolden('extensions/dpt-hybrid/model.safetensors')
test.skipIf(golden === null)(
  'MiDaS’ names become exactly those that transformers computes with',
  async () => {
    const { weights } = await readSafetensors(golden!)
    const expected = [...weights.keys()].filter((name) => dptRename(name) !== null)
    const weight: Weight = { dtype: 'f16', shape: [96, 32], file: '/x', offset: 1000, length: 6144 }
    const renamed = midasToTransformers(new Map(midasNames(6, [1, 1, 2]).map((name) => [name, weight])))
    expect([...renamed.keys()].sort()).toEqual(expected.sort())
    const value = renamed.get('dpt.encoder.layer.5.attention.attention.value.weight')
    expect(value).toMatchObject({ shape: [32, 32], offset: 1000 + 2 * 2048, length: 2048 })
  }
)
