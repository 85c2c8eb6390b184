import { expect, it } from 'vitest'
import { parseClientMessage } from '../../bridge-server/parse.ts'
import { aRequest } from '../support/bridge.ts'

const parsed = (message: unknown) => parseClientMessage(JSON.stringify(message))
const generate = (changes: object) => ({
  type: 'generate',
  jobId: 'job-12345678',
  request: { ...aRequest(), ...changes }
})
const complaint = (message: unknown): string => {
  const result = parsed(message)
  return result.ok ? 'nothing' : result.reply.error.message
}

it('gives a message as it was sent', () => {
  const messages = [
    { type: 'hello', protocol: 1, token: 't', client: 'client-1' },
    generate({}),
    { type: 'cancel', jobId: 'job-12345678' },
    { type: 'reorder', jobId: 'job-12345678', position: 2 }
  ]
  for (const message of messages) expect(parsed(message)).toEqual({ ok: true, message })
})

it.each([
  [{ count: 9 }, 'request.count must be a whole number of 1 to 8, but is 9.'],
  [{ count: 1.5 }, 'request.count must be a whole number of 1 to 8, but is 1.5.'],
  [{ strength: '1' }, 'request.strength must be a number of 0 to 1, but is "1".'],
  [
    { mode: 'draw' },
    'request.mode must be one of txt2img, img2img, inpaint, outpaint, depth2img, upscale, but is "draw".'
  ],
  [{ prompt: undefined }, 'request.prompt is missing.'],
  [{ colour: 'red' }, 'request.colour is not a known field.'],
  [{ workingSize: 5 }, 'request.workingSize must be an object or null, but is 5.'],
  [
    { workingSize: { width: 0, height: 8 } },
    'request.workingSize.width must be a whole number of at least 1, but is 0.'
  ],
  [
    { sampling: { ...aRequest().sampling, steps: 0 } },
    'request.sampling.steps must be a whole number of 1 to 150, but is 0.'
  ],
  [{ model: '' }, 'request.model must be a text of 1 to 512 characters, but is "".']
])('names the field that is wrong and what it may be: %j', (changes, message) => {
  expect(complaint(generate(changes))).toBe(message)
})

it('says which job a broken message was about', () => {
  expect(parsed(generate({ count: 0 }))).toMatchObject({ ok: false, reply: { jobId: 'job-12345678' } })
  expect(parsed({ type: 'cancel' })).not.toHaveProperty('reply.jobId')
})

it('names the known messages where it does not know one', () => {
  for (const message of [{ type: 'dance' }, {}, 5, null, [], 'cancel', { type: 'constructor' }])
    expect(parsed(message)).toMatchObject({
      ok: false,
      reply: {
        error: { code: 'unknown-message', hint: 'Known types are: hello, generate, cancel, reorder.' }
      }
    })
})

it('takes no text that is not JSON, and shows little of a long one', () => {
  expect(parseClientMessage('{')).toMatchObject({ ok: false, reply: { error: { code: 'bad-message' } } })
  expect(complaint(generate({ prompt: 'x'.repeat(30_000) })).length).toBeLessThan(200)
  expect(parseClientMessage('['.repeat(100_000) + ']'.repeat(100_000))).toMatchObject({ ok: false })
})
