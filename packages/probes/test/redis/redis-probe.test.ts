import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type OwnRedisServer, startOwnRedis } from '../../../adapter-redis/test/redis-server.ts'
import { freePort } from '../../../adapter-sql/test/free-port.ts'
import { parseRedisProbeOptions, redisProbe } from '../../src/index.ts'
import { collect, faultOf } from '../collect-once.ts'
import { startTlsFront } from '../database/tls-front.ts'
import { faultsOf } from '../faults-of.ts'
import { startSocketServer } from '../socket-server.ts'
import { makeCertificate } from '../test-certificate.ts'

let server: OwnRedisServer
let admin: Redis
beforeAll(async () => {
  const started = await startOwnRedis()
  if ('unavailable' in started) throw new Error(started.unavailable)
  server = started
  admin = new Redis(server.url)
  admin.on('error', () => {})
})
afterAll(async () => {
  admin.disconnect()
  await server.stop()
})

const clients = async (): Promise<number> =>
  String(await admin.client('LIST'))
    .trim()
    .split('\n').length - 1

describe('Redis', () => {
  it('is pinged over one connection, and tells its version', async () => {
    const probe = redisProbe({ url: server.url })
    const first = await collect(probe)
    const version = server.version.split(' ')[1]
    expect(first).toMatchObject({
      outcome: 'value',
      value: { status: 'up', version },
      values: { connectMs: expect.any(Number), pingMs: expect.any(Number) },
    })
    expect(Object.keys((await collect(probe)).values)).toEqual(['pingMs'])
    expect(await clients()).toBe(1)
    await probe.close?.()
    await vi.waitFor(async () => expect(await clients()).toBe(0))
  })

  it('may keep its version from a user, and its login from others', async () => {
    await admin.call('ACL', 'SETUSER', 'monitor', 'on', '>s3cret', '+ping', '+select')
    const url = new URL(server.url)
    url.username = 'monitor'
    url.password = 's3cret'
    const probe = redisProbe({ url: url.href })
    expect(await collect(probe)).toMatchObject({ outcome: 'value', value: { status: 'up' } })
    await probe.close?.()
    url.password = 'wr0ng'
    const refused = redisProbe({ url: url.href })
    const fault = faultOf(await collect(refused))
    expect(fault).toMatch(/^UNAVAILABLE: Redis at 127\.0\.0\.1:\d+ refuses the login \(\w+\)\.$/)
    expect(fault).not.toContain('wr0ng')
    await refused.close?.()
    await vi.waitFor(async () => expect(await clients()).toBe(0))
  })

  it('that hangs is given up at the timeout, and found again', async () => {
    const probe = redisProbe({ url: server.url })
    expect((await collect(probe)).outcome).toBe('value')
    server.freeze()
    try {
      expect(faultOf(await collect(probe, { timeoutMs: 300 }))).toMatch(
        /^TIMEOUT: Timed out while waiting for 127\.0\.0\.1:\d+ to answer\.$/,
      )
    } finally {
      server.thaw()
    }
    expect((await collect(probe)).outcome).toBe('value')
    await probe.close?.()
  })

  it('that was killed is down, and connected to again once it is back', async () => {
    const probe = redisProbe({ url: server.url })
    expect((await collect(probe)).outcome).toBe('value')
    await server.kill()
    expect(faultOf(await collect(probe))).toMatch(/^UNAVAILABLE: Connection refused by /)
    await server.restart()
    expect(await collect(probe)).toMatchObject({ outcome: 'value', values: { connectMs: expect.any(Number) } })
    await probe.close?.()
  })
})

describe('Redis over TLS', () => {
  it('must prove itself', async () => {
    const certificate = makeCertificate({ from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() + 86_400_000) })
    const front = await startTlsFront({ backPort: Number(new URL(server.url).port), ...certificate })
    const url = `rediss://127.0.0.1:${front.port}`
    const trusting = redisProbe({ url, tls: { ca: certificate.cert } })
    expect(await collect(trusting)).toMatchObject({ outcome: 'value', value: { status: 'up' } })
    await trusting.close?.()
    const doubting = redisProbe({ url })
    expect(faultOf(await collect(doubting))).toMatch(
      /^UNAVAILABLE: The TLS certificate of 127\.0\.0\.1:\d+ is not trusted \(\w+\)\.$/,
    )
    await doubting.close?.()
    await front.close()
  })
})

describe('something else than Redis', () => {
  it('that nobody is', async () => {
    const probe = redisProbe({ url: `redis://u:s3cret@127.0.0.1:${await freePort()}` })
    expect(faultOf(await collect(probe))).toMatch(/^UNAVAILABLE: Connection refused by 127\.0\.0\.1:\d+\.$/)
  })

  it.each<readonly [string, Parameters<typeof startSocketServer>[0], RegExp]>([
    ['that says nothing', () => {}, /^TIMEOUT: Timed out while waiting for /],
    ['that closes', (socket) => socket.once('data', () => socket.end()), /^UNAVAILABLE: Redis at \S+ closed the connection\.$/],
    [
      'that speaks something else',
      (socket) => socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
      /^UNAVAILABLE: Redis at /,
    ],
    [
      'that never ends',
      (socket) =>
        socket.once('data', () => {
          const pour = (): void => {
            while (!socket.destroyed && socket.write(`$1000000000\r\n${'x'.repeat(10_000)}`));
          }
          socket.on('drain', pour)
          pour()
        }),
      /^TIMEOUT: /,
    ],
  ])('%s leaves no connection open', async (_what, serve, message) => {
    const odd = await startSocketServer(serve)
    const probe = redisProbe({ url: `redis://u:s3cret@127.0.0.1:${odd.port}` })
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
    [{ url: 'http://x' }, { url: 'must begin with redis: or rediss:' }],
    [{ url: 'redis://x/name' }, { url: 'must end with the number of a database, if anything' }],
    [{ url: 'redis://x?family=6' }, { url: 'must have no query' }],
    [{ url: 'redis://%2Ftmp%2Fx' }, { url: 'must name a host, not a socket of this machine' }],
    [{ url: 'redis://x', tls: {} }, { tls: 'needs a url that begins with rediss:' }],
    [
      { tls: { a: 1 }, db: 1 },
      { url: 'must be a URL', 'tls.a': 'is not an option of the Redis probe', db: 'is not an option of the Redis probe' },
    ],
  ])('%j is refused', (raw, faults) => {
    expect(faultsOf(parseRedisProbeOptions, raw)).toEqual(faults)
  })
})
