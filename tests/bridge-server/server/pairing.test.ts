import { expect, it } from 'vitest'
import { createPairing } from '../../../bridge-server/server/pairing.ts'

function start() {
  let now = 0
  const pairing = createPairing({ issue: () => 'the token', now: () => now })
  return {
    offer: () => pairing.offer(),
    claim: (code: string) => pairing.claim(code),
    pass: (seconds: number) => (now += seconds * 1000)
  }
}

it('gives the token for the code, once', () => {
  const { offer, claim } = start()
  const { code } = offer()
  expect(code).toMatch(/^[A-HJ-NP-TV-Z2-9]{6}$/)
  expect(claim(code)).toBe('the token')
  expect(() => claim(code)).toThrow(/no such code any more/)
})

it('a code lasts five minutes, and a new one ends it', () => {
  const { offer, claim, pass } = start()
  const first = offer().code
  const second = offer()
  expect(second.expiresIn).toBe(300)
  if (first !== second.code) expect(() => claim(first)).toThrow(/not the code/)
  pass(299)
  expect(claim(second.code)).toBe('the token')
  const third = offer().code
  pass(301)
  expect(() => claim(third)).toThrow(/no such code any more/)
})

it('five wrong guesses end a code, and twenty tries a minute are all anyone has', () => {
  const { offer, claim, pass } = start()
  const { code } = offer()
  for (let guess = 0; guess < 5; guess++) expect(() => claim('wrong')).toThrow(/not the code/)
  expect(() => claim(code)).toThrow(/no such code any more/)
  for (let guess = 0; guess < 14; guess++) expect(() => claim('wrong')).toThrow(/no such code any more/)
  const late = offer().code
  expect(() => claim(late)).toThrow(/Too many/)
  pass(61)
  expect(claim(late)).toBe('the token')
})

it('codes do not repeat', () => {
  const { offer } = start()
  expect(new Set(Array.from({ length: 200 }, () => offer().code)).size).toBe(200)
})
