import { totalmem } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { readConfig } from '../../bridge-server/config.ts'

const config = (argv: string[], env: NodeJS.ProcessEnv = {}) => {
  const read = readConfig(argv, env)
  if ('help' in read) throw new Error('help was not asked for')
  return read
}

it('works without any setting', () => {
  const { port, data, device, memoryBytes, mode, open, log, models } = config([])
  expect({ port, device, mode, open, log }).toEqual({
    port: 7421,
    device: 'auto',
    mode: 'auto',
    open: true,
    log: 'warn'
  })
  expect(path.isAbsolute(data)).toBe(true)
  expect(memoryBytes).toBeLessThan(totalmem())
  expect(models).toEqual([path.resolve(import.meta.dirname, '../../models'), path.join(data, 'models')])
})

it('takes every option from the command line, from the environment, and from the command line first', () => {
  const env = {
    MARQUEE_PORT: '1',
    MARQUEE_DATA: '/data',
    MARQUEE_DEVICE: 'webgpu',
    MARQUEE_MEMORY: '1GB',
    MARQUEE_MODE: 'instant',
    MARQUEE_LOG: 'info',
    MARQUEE_NO_OPEN: '1',
    MARQUEE_MODELS: ['/a', '/b'].join(path.delimiter)
  }
  expect(config([], env)).toMatchObject({
    ...{
      port: 1,
      data: path.resolve('/data'),
      device: 'webgpu',
      memoryBytes: 2 ** 30,
      mode: 'instant',
      log: 'info',
      open: false
    }
  })
  const argv =
    '--port 2 --data=/other --device cpu --memory 900MB --mode turbo --log error --models /c --models /d'.split(
      ' '
    )
  const both = config(argv, env)
  expect(both).toMatchObject({
    port: 2,
    data: path.resolve('/other'),
    device: 'cpu',
    memoryBytes: 900 * 2 ** 20,
    mode: 'turbo',
    log: 'error'
  })
  expect(both.models.slice(0, 4)).toEqual(['/c', '/d', '/a', '/b'].map((folder) => path.resolve(folder)))
})

it('knows sizes as people write them', () => {
  const sizes = {
    '8GB': 8 * 2 ** 30,
    '8g': 8 * 2 ** 30,
    '1.5 GiB': 1.5 * 2 ** 30,
    '900M': 900 * 2 ** 20,
    '1073741824': 2 ** 30
  }
  for (const [text, bytes] of Object.entries(sizes))
    expect(config(['--memory', text]).memoryBytes, text).toBe(bytes)
})

it.each([
  [['--prot', '1'], /no option --prot/, /--port/],
  [['--devcie=cpu'], /no option --devcie/, /--device/],
  [['--quality', 'high'], /no option --quality/, /--help/],
  [['-p', '1'], /no option -p/, /--help/],
  [['--port', 'many'], /0 to 65535, but is many/, /help/],
  [['--port', '65536'], /65535, but is 65536/, /help/],
  [['--port'], /--port needs a value/, /help/],
  [['--data', '--no-open'], /--data needs a value/, /help/],
  [['--no-open=1'], /takes no value/, /help/],
  [['--mode', 'fast'], /one of auto, instant, medium, turbo, but is fast/, /help/],
  [['--device', 'gpu'], /one of auto, cpu, .*, but is gpu/, /help/],
  [['--memory', 'lots'], /but is lots/, /help/],
  [['--memory', '1MB'], /at least 64MB/, /help/],
  [['dance'], /no command dance/, /serve/]
])('refuses %j and says what there is', (argv, message, hint) => {
  expect(() => readConfig(argv, {})).toThrow(
    expect.objectContaining({
      code: 'settings-invalid',
      message: expect.stringMatching(message) as unknown,
      hint: expect.stringMatching(hint) as unknown
    })
  )
})

it('explains every option when asked', () => {
  const read = readConfig(['serve', '--help'], {})
  for (const option of ['port', 'models', 'data', 'device', 'memory', 'mode', 'no-open', 'log'])
    expect(read).toMatchObject({ help: expect.stringContaining(`--${option}`) as unknown })
})

it('lets other computers in only over TLS, or where that is asked for', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'my-computer'])
    expect(() => config(['--listen', host])).toThrow(/--listen .* could be read on the way/)
  expect(config(['--listen', '0.0.0.0', '--insecure']).access).toEqual({ host: '0.0.0.0', tls: null })
  expect(() => config(['--tls-key', 'key.pem'])).toThrow(/belong together/)
  expect(() => config(['--tls-key', 'no-such.pem', '--tls-cert', 'no-such.pem'])).toThrow(/no-such\.pem/)
  for (const host of ['localhost', '127.0.0.1', '::1'])
    expect(config(['--listen', host]).access).toEqual({ host: null, tls: null })
  expect(config([]).access).toEqual({ host: null, tls: null })
})

it('keeps finished jobs by count, days and size', () => {
  expect(config([]).retention).toEqual({ jobs: 5000, days: Infinity, bytes: 20 * 2 ** 30 })
  expect(config(['--keep-jobs', '10', '--keep-size', '1GB'], { MARQUEE_KEEP_DAYS: '7' }).retention).toEqual({
    jobs: 10,
    days: 7,
    bytes: 2 ** 30
  })
  for (const text of ['-1', 'many', '1.5']) expect(() => config([`--keep-jobs=${text}`])).toThrow(/keep-jobs/)
})
