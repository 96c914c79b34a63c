import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startMongo } from '../../../adapter-mongo/test/mongo-server.ts'
import { freePort } from '../../../adapter-sql/test/free-port.ts'
import { mongodbProbe, mongodbProbeKind, parseMongodbProbeOptions } from '../../src/index.ts'
import { collect, faultOf } from '../collect-once.ts'
import { faultsOf } from '../faults-of.ts'
import { startSocketServer } from '../socket-server.ts'

let server: { readonly url: string; readonly version: string; stop(): Promise<void> }
beforeAll(async () => {
  const started = await startMongo({ hasStreams: false })
  if ('unavailable' in started) throw new Error(started.unavailable)
  server = started
})
afterAll(() => server.stop())

describe('MongoDB', () => {
  it('is pinged through one client, and tells its version', async () => {
    const probe = mongodbProbe({ url: server.url })
    const first = await collect(probe)
    expect(first).toMatchObject({
      outcome: 'value',
      value: { status: 'up', version: server.version },
      values: { connectMs: expect.any(Number), pingMs: expect.any(Number) },
    })
    expect(Object.keys((await collect(probe)).values)).toEqual(['pingMs'])
    await probe.close?.()
    expect(faultOf(await collect(probe))).toMatch(/^ABORTED: /)
  })

  it('is reached under a guard where it is allowed', async () => {
    const probe = mongodbProbe({ url: server.url }, { guard: { allow: ['127.0.0.1'] } })
    expect((await collect(probe)).outcome).toBe('value')
    await probe.close?.()
    const named = mongodbProbe({ url: server.url.replace('127.0.0.1', 'localhost') }, { guard: { allow: ['localhost'] } })
    expect((await collect(named)).outcome).toBe('value')
    await named.close?.()
  })

  it('that ends is down', async () => {
    const own = await startMongo({ hasStreams: false, isSilent: true })
    if ('unavailable' in own) throw new Error(own.unavailable)
    const probe = mongodbProbe({ url: own.url })
    expect((await collect(probe)).outcome).toBe('value')
    await own.stop()
    expect(faultOf(await collect(probe))).toMatch(/^UNAVAILABLE: /)
    await probe.close?.()
  })
})

describe('something else than MongoDB', () => {
  it('that nobody is, is known at once', async () => {
    const port = await freePort()
    const probe = mongodbProbe({ url: `mongodb://u:s3cret@127.0.0.1:${port}/` })
    const observation = await collect(probe, { timeoutMs: 8_000 })
    expect(faultOf(observation)).toBe(`UNAVAILABLE: Connection refused by 127.0.0.1:${port}.`)
    // The driver by itself would go on looking for 5 s.
    expect(observation.latencyMs).toBeLessThan(4_500)
    await probe.close?.()
  })

  it.each<readonly [string, Parameters<typeof startSocketServer>[0], RegExp]>([
    ['that says nothing', () => {}, /^TIMEOUT: Timed out while waiting for /],
    ['that closes', (socket) => socket.once('data', () => socket.end()), /^UNAVAILABLE: /],
    [
      'that speaks something else',
      (socket) => socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
      /^TIMEOUT: /,
    ],
  ])('%s leaves no connection open for long', async (_what, serve, message) => {
    const odd = await startSocketServer(serve)
    const probe = mongodbProbe({ url: `mongodb://u:s3cret@127.0.0.1:${odd.port}/` })
    const fault = faultOf(await collect(probe, { timeoutMs: 1_000 }))
    expect(fault).toMatch(message)
    expect(fault).not.toContain('s3cret')
    await probe.close?.()
    await vi.waitFor(() => expect(odd.openConnections()).toBe(0), { timeout: 15_000 })
    await odd.close()
  })
})

describe('options', () => {
  it.each([
    'mongodb://x',
    'mongodb://a:b@x:1,y:2/db?replicaSet=r&tls=true',
    'mongodb+srv://a:b@x.example/?authSource=admin',
    'mongodb://[::1]:27017',
  ])('%s is taken', (url) => {
    expect(parseMongodbProbeOptions({ url })).toEqual({ url })
  })

  it.each([
    [{ url: 'http://x' }, { url: 'must be a MongoDB URL, such as mongodb://127.0.0.1:27017' }],
    [{ url: 'mongodb://%2Ftmp%2Fmongodb-27017.sock' }, { url: 'must name hosts as they are, not percent-encoded' }],
    [{ url: 'mongodb://%31%32%37.0.0.1' }, { url: 'must name hosts as they are, not percent-encoded' }],
    [
      { url: 'mongodb://x/?tlsCAFile=/etc/passwd' },
      { url: expect.stringMatching(/^must have no query parameters but authSource, /) },
    ],
    [{ url: 'mongodb://x/?proxyHost=10.0.0.1' }, { url: expect.stringMatching(/^must have no query parameters but /) }],
    [
      { url: 'mongodb://x/?authMechanism=MONGODB-AWS' },
      { url: 'must have one of DEFAULT, PLAIN, SCRAM-SHA-1, SCRAM-SHA-256 as authMechanism' },
    ],
    [{ url: 'mongodb://a:%zz@x' }, { url: 'has a part that is not percent-encoded correctly' }],
    [{ uri: 'mongodb://x' }, { url: 'must be a URL', uri: 'is not an option of the MongoDB probe' }],
  ])('%j is refused', (raw, faults) => {
    expect(faultsOf(parseMongodbProbeOptions, raw)).toEqual(faults)
  })

  it.each(['mongodb+srv://x.example', 'mongodb://x,y', 'mongodb://x/?replicaSet=r', 'mongodb://x/?directConnection=false'])(
    '%s is refused under a guard: the servers would say where to connect to',
    (url) => {
      expect(parseMongodbProbeOptions({ url })).toEqual({ url })
      expect(faultsOf(mongodbProbeKind({ guard: {} }).parse, { url })).toEqual({
        url: 'must name one host, which is asked directly: no mongodb+srv:, no replicaSet',
      })
    },
  )
})
