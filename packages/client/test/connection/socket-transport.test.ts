import { createServer, type Server } from 'node:http'
import { createSightline, defineMutation, definePlugin, type Sightline, SightlineError } from '@sightline/core'
import type { ClientTransport, Frame, Schema } from '@sightline/core/protocol'
import { scriptedProbe } from '@sightline/core/testing'
import { serve, socketIoTransport } from '@sightline/server-socketio'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { locate, type SocketTransportOptions, socketTransport } from '../../src/connection/socket-transport.ts'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts'

const any: Schema<unknown, unknown> = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }
const operation = (handle: (input: unknown) => unknown) => defineMutation({ permission: 'x:y', input: any, output: any, handle })

let cleanUp: (() => unknown)[] = []
let sightline: Sightline
let http: Server
let proxy: TcpProxy
/** What the clients showed at the door, and what the door says to it. */
let shown: unknown[]
let door: (auth: unknown) => void

beforeEach(async () => {
  shown = []
  door = () => {}
  const probe = scriptedProbe({ open: 1 })
  sightline = createSightline({
    access: {
      authenticate: async ({ auth }) => {
        shown.push(auth)
        door(auth)
        return { id: 'user', roles: [], teams: ['default'] }
      },
      allows: ({ permission }) => permission !== 'pollers:view',
    },
    apis: { orders: { intervalMs: 100, regions: { 'us-east': { probe } } } },
    plugins: [
      definePlugin({
        name: 'test',
        operations: {
          echo: operation((input) => input),
          refuse: operation(() => {
            throw new SightlineError('CONFLICT', 'Somebody was faster.')
          }),
          never: operation(() => new Promise(() => {})),
        },
      }),
    ],
  }) as unknown as Sightline
  // A host of its own, so that the embedded profile is what is talked to.
  const web = serve(sightline, { path: '/sightline', rateLimit: false })
  http = createServer((request, response) => web.handler(request, response, () => response.writeHead(404).end()))
  web.attach(http)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  await sightline.start()
  proxy = await tcpProxy((http.address() as { port: number }).port)
  cleanUp = [
    () => proxy.close(),
    () => web.close({ drainMs: 50 }),
    () => sightline.stop({ timeoutMs: 500 }),
    () => new Promise((resolve) => http.close(resolve)),
  ]
})
afterEach(async () => {
  for (const step of cleanUp) await step()
})

const until = async (what: () => boolean | number | undefined) => {
  const since = performance.now()
  while (!what()) {
    if (performance.now() - since > 10_000) throw new Error(`not within 10 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** An open transport, and what it told. */
const opened = (options: Partial<SocketTransportOptions> = {}) => {
  const transport: ClientTransport = socketTransport({
    url: `http://127.0.0.1:${proxy.port}/sightline`,
    reconnectDelayMs: 20,
    maxReconnectDelayMs: 100,
    ...options,
  })
  cleanUp.unshift(() => transport.close())
  const told: string[] = []
  const frames: Frame[] = []
  const count = (what: string) => told.filter((each) => each === what).length
  transport.open({
    connected: () => told.push('connected'),
    disconnected: (_reason, willRetry) => told.push(willRetry ? 'lost' : 'closed'),
    refused: (error) => told.push(`refused ${(error as { code: string }).code}`),
    frame: (frame) => frames.push(frame),
  })
  return { transport, told, frames, count }
}

/** Cuts until the client has lost its connection: a request on its way to the proxy escapes the first cut, and polling goes on with it. */
const lose = async ({ count }: ReturnType<typeof opened>) => {
  const before = count('lost')
  while (count('lost') === before) {
    proxy.cut()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('requests', () => {
  test('subscribe answers with the topic’s key and its first frame; more come as they are made', async () => {
    const { transport, frames, count } = opened()
    await until(() => count('connected'))
    const ack = await transport.request('subscribe', { topic: 'regions', delta: true })
    expect(ack).toMatchObject({
      topic: 'regions',
      frame: { kind: 'keyed', reset: true, put: [[expect.any(String), {}, { api: 'orders' }]] },
    })
    await until(() => frames.length)
    expect(frames[0]).toMatchObject({ topic: 'regions', kind: 'keyed' })
    await transport.request('unsubscribe', { topic: 'regions', delta: true })
  })

  test('call answers with the output, or rejects with the server’s error', async () => {
    const { transport, count } = opened()
    await until(() => count('connected'))
    expect(await transport.request('call', { operation: 'echo', input: { a: [1] } })).toEqual({ a: [1] })
    await expect(transport.request('call', { operation: 'refuse', input: {} })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'Somebody was faster.',
    })
    await expect(transport.request('call', { operation: 'nothing', input: {} })).rejects.toMatchObject({
      code: 'UNKNOWN_OPERATION',
    })
    await expect(transport.request('subscribe', { topic: 'pollers' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  test('end with what they were given: a time, a signal, the connection', async () => {
    const line = opened()
    const { transport, count } = line
    await expect(transport.request('call', { operation: 'echo', input: {} })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await until(() => count('connected'))
    const never = { operation: 'never', input: {} }
    await expect(transport.request('call', never, { timeoutMs: 30 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    const abort = new AbortController()
    const aborted = transport.request('call', never, { signal: abort.signal })
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(transport.request('call', never, { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' })
    const lost = transport.request('call', never)
    const refused = expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await lose(line)
    await refused
  })
})

describe('the connection', () => {
  test('comes back when it was cut, when the server was away, and when it was sent away', async () => {
    const line = opened()
    const { count } = line
    await until(() => count('connected') === 1)
    await lose(line)
    await until(() => count('connected') === 2)
    const { target } = proxy
    proxy.target = null
    await lose(line)
    await until(() => count('lost') >= 4)
    proxy.target = target
    await until(() => count('connected') === 3)
    // A connection that was cut while polling is one for the server until its next sign of life is due.
    expect(sightline.sessions.revoke({ userId: 'user' })).toBeGreaterThanOrEqual(1)
    await until(() => count('connected') === 4)
  })

  test('asks `auth` anew each time', async () => {
    let token = 0
    const line = opened({ auth: async () => ({ token: ++token }) })
    const { count } = line
    await until(() => count('connected') === 1)
    await lose(line)
    await until(() => count('connected') === 2)
    expect(shown.length).toBeGreaterThanOrEqual(2)
    expect(shown).toEqual(shown.map((_, i) => ({ token: i + 1 })))
  })

  test('is given up when refused for good', async () => {
    door = () => {
      throw new SightlineError('UNAUTHENTICATED', 'Sign in.')
    }
    const { told, count } = opened()
    await until(() => count('closed'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(told).toEqual(['refused UNAUTHENTICATED', 'closed'])
    expect(shown).toHaveLength(1)
  })

  test('is tried again when `auth` fails', async () => {
    let failures = 0
    const auth = async () => {
      if (++failures <= 2) throw new Error('no network')
      return {}
    }
    const { told, count } = opened({ auth })
    await until(() => count('connected'))
    expect(told).toEqual(['refused INTERNAL', 'lost', 'refused INTERNAL', 'lost', 'connected'])
  })

  test('is tried again when refused for now, as late as the server says', async () => {
    const refusedAt: number[] = []
    const busy = socketIoTransport()
    await busy.open({
      lagging: () => {},
      drained: () => {},
      unsubscribe: () => {},
      subscribe: async (_, { topic }) => ({ topic, pending: true }),
      call: async () => null,
      connect: async () => {
        if (refusedAt.push(performance.now()) > 2) return { sessionId: 's', serverTime: 0, protocol: 1 }
        throw new SightlineError('UNAVAILABLE', 'Too much to do.', { retryAfterMs: 300 })
      },
      disconnect: () => {},
    })
    const host = createServer((request, response) => busy.handleRequest(request, response))
    host.on('upgrade', (request, socket, head) => busy.handleUpgrade(request, socket, head))
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
    cleanUp.push(
      () => busy.close({ drainMs: 0 }),
      () => new Promise((resolve) => host.close(resolve)),
    )
    const { told, count } = opened({ url: `http://127.0.0.1:${(host.address() as { port: number }).port}` })
    await until(() => count('connected'))
    expect(told).toEqual(['refused UNAVAILABLE', 'lost', 'refused UNAVAILABLE', 'lost', 'connected'])
    expect((refusedAt[1] ?? 0) - (refusedAt[0] ?? 0)).toBeGreaterThan(290)
  })

  test('comes back when it is cut in the middle of its upgrade to WebSocket', async () => {
    let brokenAt: number | null = null
    // The probe's pong arrives, then its connection breaks; what polling was about to deliver comes only after that.
    const narrow = await tcpProxy(proxy.target, (data, line) => {
      if (brokenAt === null && data.includes('3probe')) {
        brokenAt = performance.now()
        setTimeout(() => line.destroy(), 30)
        return 0
      }
      return brokenAt !== null && performance.now() - brokenAt < 25 ? 60 : 0
    })
    cleanUp.push(() => narrow.close())
    const { transport, told, count } = opened({ url: `http://127.0.0.1:${narrow.port}/sightline` })
    await until(() => count('lost') > 0 && told.at(-1) === 'connected')
    expect(brokenAt).not.toBeNull()
    expect(await transport.request('call', { operation: 'echo', input: 'there' })).toBe('there')
  })

  test('is gone once closed, whatever was under way', async () => {
    const { transport, told, count } = opened()
    await until(() => count('connected'))
    transport.close()
    transport.close()
    await until(() => sightline.sessions.count === 0)
    proxy.cut()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(told).toEqual(['connected'])
    const early = opened()
    early.transport.close()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(early.told).toEqual([])
    expect(sightline.sessions.count).toBe(0)
  })
})

describe('where Socket.IO listens', () => {
  test.each([
    ['http://h:5000', undefined, { origin: 'http://h:5000', path: '/socket.io' }],
    ['https://h/sightline', undefined, { origin: 'https://h', path: '/sightline/socket.io' }],
    ['https://h/a/b/', undefined, { origin: 'https://h', path: '/a/b/socket.io' }],
    ['https://h/a', '/elsewhere', { origin: 'https://h', path: '/elsewhere' }],
  ])('%s, path %s', (url, path, place) => {
    expect(locate(url, path)).toEqual(place)
  })
  test('a path alone needs a page', () => {
    expect(() => locate('/sightline')).toThrow(SightlineError)
    Object.assign(globalThis, { location: { origin: 'http://page' } })
    try {
      expect(locate('/sightline')).toEqual({ origin: undefined, path: '/sightline/socket.io' })
      expect(locate('')).toEqual({ origin: undefined, path: '/socket.io' })
    } finally {
      Reflect.deleteProperty(globalThis, 'location')
    }
  })
})
