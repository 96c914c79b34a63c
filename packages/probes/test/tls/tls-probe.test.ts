import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type TlsOptions } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../../adapter-sql/test/free-port.ts'
import { parseTlsProbeOptions, type TlsProbeOptions, tlsProbe } from '../../src/index.ts'
import { type CollectOptions, collect, faultOf } from '../collect-once.ts'
import { faultsOf } from '../faults-of.ts'
import { startSocketServer } from '../socket-server.ts'
import { makeCertificate } from '../test-certificate.ts'

const dayMs = 86_400_000
const now = Date.now()
const lasting = (days: number) => makeCertificate({ from: new Date(now - 30 * dayMs), to: new Date(now + days * dayMs) })
const valid = lasting(20)

let server: Server | null = null
afterEach(async () => {
  if (server === null) return
  server.close()
  await once(server, 'close')
  server = null
})

const start = async (options: TlsOptions): Promise<number> => {
  server = createServer(options, (socket) => socket.on('error', () => {}))
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const check = async (options: Partial<TlsProbeOptions> & { readonly port: number }, context: CollectOptions = {}) => {
  const probe = tlsProbe({ host: '127.0.0.1', ca: valid.cert, ...options })
  try {
    return await collect(probe, context)
  } finally {
    await probe.close?.()
  }
}

describe('an endpoint', () => {
  it('tells its phases, its protocol and how long its certificate lasts', async () => {
    const port = await start(valid)
    const observation = await check({ port })
    expect(observation).toMatchObject({
      outcome: 'value',
      value: {
        status: 'up',
        protocol: 'TLSv1.3',
        isTrusted: true,
        certificates: [
          { subject: 'Sightline test', issuer: 'Sightline test', fingerprint: expect.stringMatching(/^[\dA-F:]{95}$/) },
        ],
      },
      values: { connectMs: expect.any(Number), tlsMs: expect.any(Number), tlsVersion: 1.3, chainCount: 1 },
    })
    expect(observation.values.certificateDays).toBeCloseTo(20, 0)
    expect(observation.values.chainDays).toBe(observation.values.certificateDays)
    expect(observation.values).not.toHaveProperty('dnsMs')
    expect((await check({ port, host: 'localhost' })).values).toHaveProperty('dnsMs')
  })

  it('may be asked for a protocol', async () => {
    const port = await start({ ...valid, maxVersion: 'TLSv1.2', ALPNProtocols: ['h2'] })
    expect(await check({ port, alpn: ['h2'] })).toMatchObject({ value: { alpn: 'h2' }, values: { tlsVersion: 1.2 } })
    expect(faultOf(await check({ port, minVersion: 'TLSv1.3' }))).toMatch(
      /^UNAVAILABLE: TLS with 127\.0\.0\.1:\d+ failed \(ERR_SSL_/,
    )
  })

  it.each<readonly [string, number, Partial<TlsProbeOptions>, RegExp]>([
    ['has expired', -2, {}, /^UNAVAILABLE: The TLS certificate of \S+ has expired\.$/],
    [
      'ends too soon',
      5.5,
      { minCertificateDays: 14 },
      /^UNAVAILABLE: The TLS certificate of \S+ ends in 5\.\d+ days, which must be 14 at least\.$/,
    ],
    [
      'is for another host',
      20,
      { servername: 'orders.example' },
      /^UNAVAILABLE: The TLS certificate of \S+ is for another host\.$/,
    ],
    ['is not trusted', 20, { ca: valid.cert }, /^UNAVAILABLE: The TLS certificate of \S+ is not trusted \(\w+\)\.$/],
  ])('whose certificate %s fails, and is measured all the same', async (_what, days, options, message) => {
    const certificate = lasting(days)
    const port = await start(certificate)
    const observation = await check({ port, ca: certificate.cert, ...options })
    expect(faultOf(observation)).toMatch(message)
    expect(observation.values.certificateDays).toBeCloseTo(days, 0)
  })

  it('may be asked not to prove anything', async () => {
    const port = await start(lasting(20))
    expect(await check({ port, rejectUnauthorized: false })).toMatchObject({ outcome: 'value', value: { isTrusted: false } })
    expect(faultOf(await check({ port, rejectUnauthorized: false, minCertificateDays: 30 }))).toMatch(/which must be 30 at least/)
  })

  it('that is not there', async () => {
    expect(faultOf(await check({ port: await freePort() }))).toMatch(/^UNAVAILABLE: Connection refused by /)
  })
})

describe('a hostile server', () => {
  it.each<readonly [string, Parameters<typeof startSocketServer>[0], RegExp]>([
    ['that never shakes hands', () => {}, /^TIMEOUT: Timed out while connecting to /],
    ['that closes amid the handshake', (socket) => socket.once('data', () => socket.end()), /^UNAVAILABLE: /],
    [
      'that speaks something else',
      (socket) => socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
      /^UNAVAILABLE: TLS with \S+ failed/,
    ],
  ])('%s', async (_what, serve, message) => {
    const odd = await startSocketServer(serve)
    expect(faultOf(await check({ port: odd.port }, { timeoutMs: 500 }))).toMatch(message)
    await vi.waitFor(() => expect(odd.openConnections()).toBe(0))
    await odd.close()
  })
})

describe('options', () => {
  it('come out as they went in', () => {
    const options = {
      host: 'a.example',
      port: 8443,
      ca: 'PEM',
      servername: 'b',
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      minCertificateDays: 7,
      alpn: ['h2'],
    }
    expect(parseTlsProbeOptions(options)).toEqual(options)
  })

  it('have all their faults told at once, by path', () => {
    const raw = { host: '', port: 70_000, ca: 1, minVersion: 'SSLv3', minCertificateDays: -1, alpn: [''], verify: false }
    expect(faultsOf(parseTlsProbeOptions, raw)).toEqual({
      host: 'must be a host name or an address',
      port: 'must be a port, 1 to 65535',
      ca: 'must be PEM text',
      minVersion: 'must be TLSv1.2 or TLSv1.3',
      minCertificateDays: 'must be 0 to 3650',
      'alpn.0': 'must be a name of at most 255 characters',
      verify: 'is not an option of the TLS probe',
    })
  })
})
