import { expect, it } from 'vitest'
import { keptClientId, takeToken } from '../../../plugin/client/session.ts'

const storage = (kept: Record<string, string> = {}) => ({
  getItem: (key: string) => kept[key] ?? null,
  setItem: (key: string, value: string) => void (kept[key] = value)
})

it('takes the token of the link and keeps it for a page without one', () => {
  const kept = storage()
  expect(takeToken('', kept)).toBe('')
  expect(takeToken('#token=secret', kept)).toBe('secret')
  expect(takeToken('', kept)).toBe('secret')
  expect(takeToken('#token=newer', kept)).toBe('newer')
  expect(takeToken('#something-else', kept)).toBe('newer')
})

it('stays the same client over reloads, and a new one where what was kept is no id', () => {
  const kept = storage()
  expect(keptClientId(kept, () => 'client-00000001')).toBe('client-00000001')
  expect(keptClientId(kept, () => 'client-00000002')).toBe('client-00000001')
  kept.setItem('marquee.client', 'not an id')
  expect(keptClientId(kept, () => 'client-00000003')).toBe('client-00000003')
})
