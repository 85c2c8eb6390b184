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
    expect(promptNetworks(`a house ${tag}`)).toEqual({ loras: [lora], hypernetworks: [] })
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
