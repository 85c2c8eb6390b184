import { expect, it } from 'vitest'
import type { ServerStatus } from '../../../bridge-server/protocol/status.ts'
import { statusLines, tokenWords } from '../../../plugin/ui/status-wording.ts'

const status: ServerStatus = {
  ...{ version: '1.2.3', protocol: 1, time: 100_000, uptimeSeconds: 3700, device: 'cpu', sockets: 2 },
  compute: { device: null, memory: null, networks: [] },
  jobs: { waiting: 0, running: 0 },
  engine: { state: 'asleep', starts: 0, ends: [] },
  memory: { server: 1, free: 2e9, total: 16e9 },
  disk: { pictures: 5e8, free: 9e9 },
  ...{ tokens: null, mayChange: false }
}
const line = (change: Partial<ServerStatus>, name: string) =>
  new Map(statusLines({ ...status, ...change })).get(name)

it('says what the server does', () => {
  expect(line({}, 'Jobs')).toBe('None')
  expect(line({ jobs: { waiting: 3, running: 1 } }, 'Jobs')).toBe('1 running, 3 waiting')
  expect(line({}, 'Running for')).toBe('1 h 1 min')
})

it('says where the arithmetic happens, why not elsewhere, and what it takes', () => {
  expect(line({}, 'Device')).toBe('cpu')
  const compute: ServerStatus['compute'] = {
    device: {
      ...{ asked: { device: 'auto', precision: 'auto' }, device: 'cpu', precision: 'fp32' },
      precisionReason: '',
      trials: [
        { device: 'webgpu', verdict: 'failed', reason: 'no driver' },
        { device: 'cpu', verdict: 'used', reason: 'no other device is right and faster' }
      ]
    },
    memory: { limit: 8e9, room: 8e9, networks: 2e9, process: 3e9, peak: 3e9 },
    networks: []
  }
  expect(line({ compute }, 'Device')).toBe('cpu, float32')
  expect(line({ compute }, 'Not webgpu')).toBe('no driver')
  expect(line({ compute }, 'Not cpu')).toBeUndefined()
  expect(line({ compute }, 'Networks')).toBe('2.0 GB of 8.0 GB')
  const tight = { ...compute, memory: { limit: 8e9, room: 3e9, networks: 2e9, process: 3e9, peak: 3e9 } }
  expect(line({ compute: tight }, 'Networks')).toBe('2.0 GB of 8.0 GB; other programs leave 3.0 GB')
})

it('says how often the engine ended unasked, when last, and why', () => {
  const ends = [
    { at: 1000, reason: 'exit code 3' },
    { at: 40_000, reason: 'SIGKILL' }
  ]
  expect(line({}, 'Engine')).toBe('Starts with the next job')
  expect(line({ engine: { state: 'running', starts: 2, ends: ends.slice(0, 1) } }, 'Engine')).toBe(
    'Running; ended unasked once, last 1 min 39 s ago (exit code 3)'
  )
  expect(line({ engine: { state: 'asleep', starts: 3, ends } }, 'Engine')).toMatch(/2 times.*SIGKILL/)
})

it('says of a token since when it lets in, and whether it is used now', () => {
  const token = { id: 't', name: 'Tablet', created: Date.UTC(2026, 4, 3), sockets: 0 }
  expect(tokenWords(token)).toBe('not connected, since 2026-05-03')
  expect(tokenWords({ ...token, sockets: 2 })).toBe('connected, since 2026-05-03')
})
