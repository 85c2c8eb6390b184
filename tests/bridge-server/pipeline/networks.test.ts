import { describe, expect, test } from 'vitest'
import { promptNetworks, refuseNetworks, withoutNetworks } from '../../../bridge-server/pipeline/networks.ts'

describe('tags of networks, as the web UI reads them', () => {
  test.each([
    ['<lora:a>', { name: 'a', text: 1, unet: 1 }],
    ['<lora:a:0.8>', { name: 'a', text: 0.8, unet: 0.8 }],
    ['<lora:a:0.8:0.5>', { name: 'a', text: 0.8, unet: 0.5 }],
    ['<lora:a:unet=0.5>', { name: 'a', text: 1, unet: 0.5 }],
    ['<lora:a:te=0:unet=-1>', { name: 'a', text: 0, unet: -1 }],
    ['<lyco:b c:.5>', { name: 'b c', text: 0.5, unet: 0.5 }]
  ])('%s', (tag, lora) => {
    const wanted = { blocks: null, rank: null, ...lora }
    expect(promptNetworks(`a house ${tag}`)).toEqual({ loras: [wanted], hypernetworks: [] })
  })

  /** Factors of the UNet's 26 blocks, the input blocks from 1 on, the middle 13, the output blocks from 14 on. */
  const blocks = (of: (i: number) => number): number[] =>
    Array.from({ length: 26 }, (_, i) => (i === 0 ? 1 : of(i)))

  test.each([
    ['dyn by place', '<lora:a:1:0.5:4>', { text: 1, unet: 0.5, rank: 4, blocks: null }],
    ['dyn by name', '<lora:a:0.5:dyn=2>', { text: 0.5, unet: 0.5, rank: 2, blocks: null }],
    ['a preset', '<lora:a:0.5:lbw=OUTALL>', { text: 0.5, blocks: blocks((i) => (i >= 17 ? 1 : 0)) }],
    [
      '26 numbers',
      `<lora:a:1:lbw=0.5,${'0.25,'.repeat(24)}2>`,
      { text: 0.5, blocks: blocks((i) => (i === 25 ? 2 : 0.25)) }
    ],
    [
      '17 by place',
      `<lora:a:1:${'0,'.repeat(16)}3>`,
      { text: 0, unet: 1, blocks: blocks((i) => (i === 25 ? 3 : 0)) }
    ],
    [
      '12 of XL',
      `<lora:a:1:lbw=1,1,${'0,'.repeat(9)}7>`,
      { blocks: blocks((i) => (i === 5 ? 1 : i === 19 ? 7 : 0)) }
    ]
  ])('%s', (_, tag, lora) => {
    expect(promptNetworks(tag).loras).toEqual([expect.objectContaining(lora)])
  })

  test.each([
    ['<lora:a:x>', /“x” is no weight/],
    ['<lora:a:1:lbw=1,2,3>', /“1,2,3” is no list of block weights/],
    ['<lora:a:1:lbw=FACE>', /“FACE” is no list/],
    ['<lora:a:1:start=4>', /“start=” is nothing that a LoRA has/]
  ])('%s is refused', (tag, message) => {
    expect(() => promptNetworks(tag)).toThrow(message)
  })

  test('<hypernet:h:0.5>', () => {
    const hypernetworks = [{ name: 'h', weight: 0.5 }]
    expect(promptNetworks('<hypernet:h:0.5>')).toEqual({ loras: [], hypernetworks })
  })

  test('several are all used, and of the text nothing remains but the rest', () => {
    const prompt = 'a <lora:a:1> house<hypernet:h:1>, <lora:a:0.5>red'
    expect(promptNetworks(prompt).loras.map(({ text }) => text)).toEqual([1, 0.5])
    expect(withoutNetworks(prompt)).toBe('a  house, red')
  })

  test('a tag of an unknown kind does nothing', () => {
    expect(promptNetworks('<sticker:a:1>')).toEqual({ loras: [], hypernetworks: [] })
  })
})

test('a negative prompt may have none', () => {
  expect(() => refuseNetworks('blurry')).not.toThrow()
  expect(() => refuseNetworks('blurry <lora:a:1>')).toThrow('<lora:a:1>')
})
