import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../../adapter-sql/test/free-port.ts'
import type { PostgresCluster } from '../../../adapter-sql/test/postgres-cluster.ts'
import { startOwnPostgres } from '../../../adapter-sql/test/postgres-server.ts'
import { parsePostgresProbeOptions, postgresProbe } from '../../src/index.ts'
import { collect, faultOf } from '../collect-once.ts'
import { startTlsFront } from '../database/tls-front.ts'
import { faultsOf } from '../faults-of.ts'
import { startSocketServer } from '../socket-server.ts'
import { makeCertificate } from '../test-certificate.ts'

let server: PostgresCluster
let connected: () => Promise<number>
beforeAll(async () => {
  const started = await startOwnPostgres()
  if ('unavailable' in started) throw new Error(started.unavailable)
  server = started
  connected = async () => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    const { rows } = await client.query(`select count(*)::int as n from pg_stat_activity where application_name = 'sightline'`)
    await client.end()
    return rows[0].n
  }
})
afterAll(() => server.stop())

describe('PostgreSQL', () => {
  it('is pinged over one connection, and tells its version', async () => {
    const probe = postgresProbe({ url: server.url })
    const first = await collect(probe)
    expect(first).toMatchObject({
      outcome: 'value',
      value: { status: 'up', version: expect.stringMatching(/^\d+(\.\d+)?/) },
      values: { connectMs: expect.any(Number), pingMs: expect.any(Number) },
    })
    const second = await collect(probe)
    expect(second).toMatchObject({ outcome: 'value', value: (first as { value: unknown }).value })
    expect(Object.keys(second.values)).toEqual(['pingMs'])
    expect(await connected()).toBe(1)
    await probe.close?.()
    await vi.waitFor(async () => expect(await connected()).toBe(0), { timeout: 5_000 })
  })

  it('is connected to again after it was away', async () => {
    const probe = postgresProbe({ url: server.url })
    expect((await collect(probe)).outcome).toBe('value')
    await server.restart()
    const after = await collect(probe)
    expect(after).toMatchObject({ outcome: 'value', values: { connectMs: expect.any(Number) } })
    await probe.close?.()
  })

  it('that hangs is given up at the timeout, and found again', async () => {
    const probe = postgresProbe({ url: server.url })
    expect((await collect(probe)).outcome).toBe('value')
    const thaw = await server.freeze()
    try {
      expect(faultOf(await collect(probe, { timeoutMs: 300 }))).toMatch(
        /^TIMEOUT: Timed out while waiting for 127\.0\.0\.1:\d+ to answer\.$/,
      )
      expect(faultOf(await collect(probe, { timeoutMs: 300 }))).toMatch(/^TIMEOUT: /)
    } finally {
      thaw()
    }
    await vi.waitFor(async () => expect((await collect(probe)).outcome).toBe('value'), { timeout: 10_000 })
    await probe.close?.()
  })

  it.each<readonly [string, (url: URL) => void, RegExp]>([
    [
      'no such database',
      (url) => {
        url.pathname = '/nowhere'
      },
      /^UNAVAILABLE: PostgreSQL at 127\.0\.0\.1:\d+ has no such database\.$/,
    ],
    [
      'no such user',
      (url) => {
        url.username = 'nobody'
      },
      /^UNAVAILABLE: PostgreSQL at \S+ refuses the login \(28000\)\.$/,
    ],
  ])('with %s', async (_what, change, message) => {
    const url = new URL(server.url)
    url.password = 's3cret'
    change(url)
    const probe = postgresProbe({ url: url.href })
    expect(faultOf(await collect(probe))).toMatch(message)
    expect(faultOf(await collect(probe))).not.toContain('s3cret')
    await probe.close?.()
  })

  it('without TLS is told apart', async () => {
    const probe = postgresProbe({ url: server.url, tls: true })
    expect(faultOf(await collect(probe))).toMatch(/^UNAVAILABLE: PostgreSQL at \S+ does not speak TLS\.$/)
    await probe.close?.()
  })

  it('is not sent the password of the environment', async () => {
    vi.stubEnv('PGPASSWORD', 'of-the-environment')
    // Asks for the password in clear text, as a server that wants to have it would.
    const thief = await startSocketServer((socket) =>
      socket.once('data', () => socket.write(Buffer.from('520000000800000003', 'hex'))),
    )
    const probe = postgresProbe({ url: `postgres://u@127.0.0.1:${thief.port}/db` })
    await collect(probe, { timeoutMs: 300 })
    expect(thief.received()).not.toContain('of-the-environment')
    const own = postgresProbe({ url: `postgres://u:of%2Dthe-url@127.0.0.1:${thief.port}/db` })
    await collect(own, { timeoutMs: 300 })
    expect(thief.received()).toContain('of-the-url')
    await own.close?.()
    vi.unstubAllEnvs()
    await probe.close?.()
    await thief.close()
  })
})

describe('PostgreSQL over TLS', () => {
  it('must prove itself', async () => {
    const certificate = makeCertificate({ from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() + 86_400_000) })
    const front = await startTlsFront({ backPort: Number(new URL(server.url).port), ...certificate, isAsked: true })
    const url = `postgres://sightline@127.0.0.1:${front.port}/postgres`
    const trusting = postgresProbe({ url, tls: { ca: certificate.cert } }, { guard: { allow: ['127.0.0.1'] } })
    expect(await collect(trusting)).toMatchObject({ outcome: 'value', value: { status: 'up' } })
    await trusting.close?.()
    const doubting = postgresProbe({ url, tls: true })
    expect(faultOf(await collect(doubting))).toMatch(
      /^UNAVAILABLE: The TLS certificate of 127\.0\.0\.1:\d+ is not trusted \(\w+\)\.$/,
    )
    await doubting.close?.()
    await front.close()
  })
})

describe('something else than PostgreSQL', () => {
  it('that nobody is', async () => {
    const probe = postgresProbe({ url: `postgres://u:s3cret@127.0.0.1:${await freePort()}/db` })
    expect(faultOf(await collect(probe))).toMatch(/^UNAVAILABLE: Connection refused by 127\.0\.0\.1:\d+\.$/)
  })

  it.each<readonly [string, Parameters<typeof startSocketServer>[0], RegExp]>([
    ['that says nothing', () => {}, /^TIMEOUT: Timed out while connecting to /],
    [
      'that closes',
      (socket) => socket.once('data', () => socket.end()),
      /^UNAVAILABLE: PostgreSQL at \S+ closed the connection\.$/,
    ],
    ['that resets', (socket) => socket.once('data', () => socket.resetAndDestroy()), /^UNAVAILABLE: Connection closed by /],
  ])('%s leaves no connection open', async (_what, serve, message) => {
    const odd = await startSocketServer(serve)
    const probe = postgresProbe({ url: `postgres://u:s3cret@127.0.0.1:${odd.port}/db` })
    const fault = faultOf(await collect(probe, { timeoutMs: 500 }))
    expect(fault).toMatch(message)
    expect(fault).not.toContain('s3cret')
    await vi.waitFor(() => expect(odd.openConnections()).toBe(0))
    await probe.close?.()
    await odd.close()
  })
})

describe('options', () => {
  it.each([
    [{ url: 'http://x' }, { url: 'must begin with postgres: or postgresql:' }],
    [{ url: 'x' }, { url: 'must be a complete URL, such as postgres://monitor@127.0.0.1:5432/postgres' }],
    [{ url: 'postgres:///db' }, { url: 'must name a host' }],
    [{ url: 'postgres://%2Fvar%2Frun/db' }, { url: 'must name a host, not a socket of this machine' }],
    [{ url: 'postgres://x/db?sslrootcert=/etc/passwd' }, { url: 'must have no query' }],
    [{ url: 'postgres://a:%zz@x' }, { url: 'has a part that is not percent-encoded correctly' }],
    [
      { url: 5, tls: 'yes', query: '' },
      { url: 'must be a URL', tls: 'must be true, false or an object', query: 'is not an option of the PostgreSQL probe' },
    ],
  ])('%j is refused', (raw, faults) => {
    expect(faultsOf(parsePostgresProbeOptions, raw)).toEqual(faults)
  })
})
