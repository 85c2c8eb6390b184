import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createTransport } from '../../../bridge-server/downloads/transport.ts'
import { noProxy } from '../../support/downloads.ts'

const canMakeOne = existsSync('/usr/bin/openssl')
if (!canMakeOne) process.stderr.write('SKIPPED: there is no openssl to make a certificate with\n')

it.skipIf(!canMakeOne)(
  'a mirror with a certificate of its own making is asked once, and gets no secret',
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'marquee-certificate-'))
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost']
    execFileSync('openssl', [...made, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    let asked = 0
    const server = createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (_request, response) => {
        asked++
        response.end()
      }
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const transport = createTransport({ proxy: noProxy, tokens: new Map([[`localhost:${port}`, 'secret']]) })
    await expect(
      transport.get(`https://localhost:${port}/x`, { headers: {}, signal: new AbortController().signal })
    ).rejects.toMatchObject({
      isFinal: true,
      message: expect.stringMatching(
        /certificate that nobody vouches for \(self.signed certificate/
      ) as string
    })
    expect(asked).toBe(0)
    await transport.close()
    server.close()
    rmSync(folder, { recursive: true })
  }
)
