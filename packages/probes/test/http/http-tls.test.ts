import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpProbe } from '../../src/index.ts'
import { collect, collectOnce, faultOf, textOf } from '../collect-once.ts'
import { calmDocument, type HostileServer, startHostileServer } from '../hostile-servers.ts'
import { makeCertificate } from '../test-certificate.ts'

const dayMs = 86_400_000
const now = Date.now()
const valid = makeCertificate({ from: new Date(now - dayMs), to: new Date(now + 30 * dayMs) })
const expired = makeCertificate({ from: new Date(now - 9 * dayMs), to: new Date(now - 2 * dayMs) })

let server: HostileServer
let stale: HostileServer
beforeAll(async () => {
  server = await startHostileServer({ tls: valid })
  stale = await startHostileServer({ tls: expired })
})
afterAll(() => Promise.all([server.close(), stale.close()]))

describe('https', () => {
  it('tells its phases, and how long the certificate lasts', async () => {
    const probe = httpProbe({ url: server.url('/ok'), tls: { ca: valid.cert } })
    const first = await collect(probe)
    expect(JSON.parse(textOf(first))).toEqual(calmDocument)
    expect(first.values.connectMs).toBeGreaterThan(0)
    expect(first.values.tlsMs).toBeGreaterThan(0)
    expect(first.values.certificateDays).toBeCloseTo(30, 0)
    const kept = await collect(probe)
    expect(kept.values).not.toHaveProperty('tlsMs')
    expect(kept.values.certificateDays).toBeCloseTo(30, 0)
    await probe.close?.()
  })

  it('reaches a host by its name', async () => {
    const observation = await collectOnce({ url: `https://localhost:${server.port}/ok`, tls: { ca: valid.cert } })
    expect(observation.values).toMatchObject({ statusCode: 200, dnsMs: expect.any(Number) })
  })

  it('makes a whole new connection each time when it is to be fresh', async () => {
    const probe = httpProbe({ url: server.url('/ok'), tls: { ca: valid.cert }, connection: 'fresh' })
    const before = server.connectionsMade()
    for (let check = 0; check < 3; check++) expect((await collect(probe)).values).toHaveProperty('tlsMs')
    expect(server.connectionsMade() - before).toBe(3)
    await probe.close?.()
  })

  it('refuses certificates that prove nothing', async () => {
    expect(faultOf(await collectOnce({ url: server.url('/ok') }))).toBe(
      `UNAVAILABLE: The TLS certificate of 127.0.0.1:${server.port} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT).`,
    )
    expect(faultOf(await collectOnce({ url: stale.url('/ok'), tls: { ca: expired.cert } }))).toBe(
      `UNAVAILABLE: The TLS certificate of 127.0.0.1:${stale.port} has expired.`,
    )
    const elsewhere = { url: server.url('/ok'), tls: { ca: valid.cert, servername: 'another.example' } }
    expect(faultOf(await collectOnce(elsewhere))).toBe(
      `UNAVAILABLE: The TLS certificate of 127.0.0.1:${server.port} is for another host.`,
    )
  })

  it('measures a certificate that it was told not to judge', async () => {
    const observation = await collectOnce({ url: stale.url('/ok'), tls: { rejectUnauthorized: false } })
    expect(observation.outcome).toBe('bytes')
    expect(observation.values.certificateDays).toBeCloseTo(-2, 0)
  })

  it('says so where the other side speaks plain http', async () => {
    const plain = await startHostileServer()
    const observation = await collectOnce({ url: `https://127.0.0.1:${plain.port}/ok` })
    expect(faultOf(observation)).toMatch(/^UNAVAILABLE: TLS with 127\.0\.0\.1:\d+ failed \(\w+\)\.$/)
    await plain.close()
  })

  it('ends in time when the body drips', async () => {
    const observation = await collectOnce({ url: server.url('/drip'), tls: { ca: valid.cert } }, { timeoutMs: 300 })
    expect(faultOf(observation)).toMatch(/^TIMEOUT: Timed out while reading the body/)
  })
})
