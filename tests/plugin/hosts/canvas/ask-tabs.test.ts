import { expect, it } from 'vitest'
import { holdByAsking } from '../../../../plugin/hosts/canvas/ask-tabs.ts'

let made = 0
const tab = () => holdByAsking(() => `tab-${++made}`)

it('lets one tab have a slot, and every other know', async () => {
  const slot = 'asked-one-by-one'
  expect(await tab()(slot, 0)).toBe(true)
  expect(await tab()(slot, 0)).toBe(false)
  expect(await tab()(slot, 0)).toBe(false)
  expect(await tab()('another', 0)).toBe(true)
})

it('lets one of several have it that ask at once', async () => {
  const holders = await Promise.all(Array.from({ length: 5 }, () => tab()('asked-at-once', 0)))
  expect(holders.filter(Boolean)).toHaveLength(1)
})
