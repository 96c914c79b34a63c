import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net'
import type { Gateway, Subscribed } from '@sightline/core/ports'
import type { StateFrame } from '@sightline/core/protocol'
import { Server as EngineServer, type Socket as EngineSocket } from 'engine.io'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type SocketIoTransport, socketIoTransport } from '../../src/index.ts'
import { unsentBytes } from '../../src/socketio/engine-connection.ts'
import { until } from '../support/until.ts'

const MEGABYTE = 1_048_576

/** A gateway as core's: rooms by topic, and the latest state again for whoever has caught up. */
interface Model {
  readonly gateway: Gateway
  readonly log: string[]
  readonly latest: Map<string, StateFrame>
  sessionOf(name: string): string
}

const createModel = (transport: SocketIoTransport): Model => {
  const rooms = new Map<string, Set<string>>()
  const names = new Map<string, string>()
  const latest = new Map<string, StateFrame>()
  const log: string[] = []
  return {
    log,
    latest,
    sessionOf: (name) => names.get(name) ?? '',
    gateway: {
      connect: async ({ auth }) => {
        const sessionId = `session-${names.size}`
        names.set((auth as { name: string }).name, sessionId)
        rooms.set(sessionId, new Set())
        return { sessionId, serverTime: 0, protocol: 1 }
      },
      disconnect: (id) => {
        rooms.delete(id)
        log.push(`disconnect ${id}`)
      },
      lagging: (id) => {
        log.push(`lagging ${id}`)
        for (const room of rooms.get(id) ?? []) transport.leave(id, room)
      },
      drained: (id) => {
        log.push(`drained ${id}`)
        for (const room of rooms.get(id) ?? []) {
          transport.join(id, room)
          const frame = latest.get(room)
          if (frame !== undefined) void Promise.resolve().then(() => transport.send(id, frame, 'whole'))
        }
      },
      subscribe: async (id, { topic }): Promise<Subscribed> => {
        rooms.get(id)?.add(topic)
        transport.join(id, topic)
        return { topic, upToDate: true }
      },
      unsubscribe: () => {},
      call: async (_id, { input }) => ({ text: 'x'.repeat((input as { length: number }).length) }),
    },
  }
}

let transport: SocketIoTransport
let server: Server
let model: Model
let connections: EngineSocket[]
let url: string
const cleanUp: (() => unknown)[] = []

beforeEach(async () => {
  connections = []
  // The engine's own doings are watched from the inside: what it queues is what is promised to be bounded.
  const emit = EngineServer.prototype.emit
  vi.spyOn(EngineServer.prototype, 'emit').mockImplementation(function (
    this: EngineServer,
    event: string | symbol,
    ...args: unknown[]
  ) {
    if (event === 'connection') connections.push(args[0] as EngineSocket)
    return Reflect.apply(emit, this, [event, ...args]) as boolean
  })
  transport = socketIoTransport({ pingTimeoutMs: 60_000 })
  model = createModel(transport)
  await transport.open(model.gateway)
  server = createServer((request, response) => transport.handleRequest(request, response))
  server.on('upgrade', (request, socket, head) => transport.handleUpgrade(request, socket, head))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const step of cleanUp.splice(0)) step()
  await transport.close({ drainMs: 100 })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  vi.restoreAllMocks()
})

const bufferedBytes = (connection: EngineSocket): number => {
  const { writeBuffer } = connection as unknown as { readonly writeBuffer: readonly { readonly data?: string }[] }
  return writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0) + unsentBytes(connection)
}

const frameOf = (topic: string, revision: number, length: number): StateFrame => {
  const frame: StateFrame = {
    kind: 'state',
    topic,
    version: { epoch: 'e', revision },
    digest: String(revision),
    data: 'x'.repeat(length),
  }
  return frame
}

const push = (topic: string, revision: number, length = 100_000): void => {
  const frame = frameOf(topic, revision, length)
  model.latest.set(topic, frame)
  transport.broadcast(topic, frame)
}

/** A well-behaved client and the revisions it was shown, by topic. */
const openReader = async (name: string, topics: readonly string[], transports: string[] = ['websocket']) => {
  const socket: Socket = io(url, { transports, auth: { name }, reconnection: false, forceNew: true })
  cleanUp.push(() => socket.disconnect())
  const shown: [topic: string, revision: number, atMs: number][] = []
  socket.on('update', (frame: StateFrame) => shown.push([frame.topic, frame.version.revision, performance.now()]))
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  for (const topic of topics) await socket.emitWithAck('subscribe', { topic })
  const connection = connections.at(-1)
  if (connection === undefined) throw new Error('no connection')
  return { socket, shown, connection, id: model.sessionOf(name) }
}

/** A WebSocket client written by hand, so that it can stop reading from the network. */
const openSlow = async (name: string, topics: readonly string[]) => {
  const { port } = new URL(url)
  const network: NetSocket = connect(Number(port), '127.0.0.1')
  cleanUp.push(() => network.destroy())
  await once(network, 'connect')
  let received = Buffer.alloc(0)
  const texts: string[] = []
  const take = (): void => {
    for (;;) {
      const short = received[1]
      if (received.length < 2 || short === undefined) return
      const start = short < 126 ? 2 : short === 126 ? 4 : 10
      if (received.length < start) return
      const length = short < 126 ? short : short === 126 ? received.readUInt16BE(2) : Number(received.readBigUInt64BE(2))
      if (received.length < start + length) return
      texts.push(received.toString('utf8', start, start + length))
      received = received.subarray(start + length)
    }
  }
  let isUpgraded = false
  network.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    if (!isUpgraded) {
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      isUpgraded = true
      received = received.subarray(end + 4)
    }
    take()
  })
  const send = (text: string): void => {
    const payload = Buffer.from(text)
    const head =
      payload.length < 126
        ? Buffer.from([0x81, 0x80 | payload.length])
        : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255])
    // A mask of zeros leaves the payload as it is.
    network.write(Buffer.concat([head, Buffer.alloc(4), payload]))
  }
  network.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  )
  await until(() => isUpgraded)
  send(`40${JSON.stringify({ name })}`)
  await until(() => texts.some((text) => text.startsWith('40{')))
  for (const [index, topic] of topics.entries()) {
    send(`42${index}["subscribe",${JSON.stringify({ topic })}]`)
    await until(() => texts.some((text) => text.startsWith(`43${index}[`)))
  }
  const connection = connections.at(-1)
  if (connection === undefined) throw new Error('no connection')
  const shown = (): [topic: string, revision: number][] =>
    texts
      .filter((text) => text.startsWith('42["update"'))
      .map((text) => (JSON.parse(text.slice(2)) as [string, StateFrame])[1])
      .map(({ topic, version }) => [topic, version.revision])
  return { network, texts, send, shown, connection, id: model.sessionOf(name) }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a reader that stops reading while 100 KB documents are pushed', () => {
  test('is buffered for at most 1 MB, gets the latest state of each topic, and nobody else waits', async () => {
    const topics = ['a', 'b', 'c', 'd', 'e', 'f']
    const fast = await openReader('fast', topics)
    const slow = await openSlow('slow', topics)
    let most = 0
    let revision = 0
    const sent = new Map<string, number>()
    const pushRounds = async (rounds: number): Promise<number> => {
      const from = fast.shown.length
      for (let round = 0; round < rounds; round++) {
        revision++
        for (const topic of topics) {
          sent.set(`${topic}${revision}`, performance.now())
          push(topic, revision)
          most = Math.max(most, bufferedBytes(slow.connection))
        }
        await pause(5)
      }
      await until(() => fast.shown.length === topics.length * revision)
      const latencies = fast.shown.slice(from).map(([topic, shown, atMs]) => atMs - (sent.get(`${topic}${shown}`) ?? 0))
      return latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)] ?? 0
    }
    const latencyWhileAllRead = await pushRounds(20)
    expect(model.log).toEqual([])
    slow.network.pause()
    const latencyWhileOneStalls = await pushRounds(60)
    expect(most).toBeLessThanOrEqual(MEGABYTE)
    expect(model.log).toEqual([`lagging ${slow.id}`])
    expect(transport.laggingCount).toBe(1)

    // 480 documents: the fast reader has every one, in order, and no later than before.
    for (const topic of topics) {
      const revisions = fast.shown.filter(([name]) => name === topic).map(([, shown]) => shown)
      expect(revisions).toEqual(Array.from({ length: revision }, (_, i) => i + 1))
    }
    expect(latencyWhileOneStalls).toBeLessThan(3 * latencyWhileAllRead + 100)

    slow.network.resume()
    await until(() => topics.every((topic) => slow.shown().some(([name, shown]) => name === topic && shown === revision)))
    // Never the backlog.
    expect(slow.shown().length).toBeLessThan(topics.length * revision)
    await until(() => transport.laggingCount === 0)
    expect(model.log).toEqual([`lagging ${slow.id}`, `drained ${slow.id}`])

    // Back in its rooms.
    push('a', ++revision)
    await until(() => slow.shown().some(([name, shown]) => name === 'a' && shown === revision))
  })

  test('with more topics than its buffer holds still gets the latest of each, while they go on changing', async () => {
    const topics = Array.from({ length: 40 }, (_, i) => `topic-${i}`)
    const slow = await openSlow('slow', topics)
    slow.network.pause()
    let revision = 0
    let most = 0
    const round = async (): Promise<void> => {
      revision++
      for (const topic of topics) {
        push(topic, revision)
        most = Math.max(most, bufferedBytes(slow.connection))
      }
      await pause(20)
    }
    for (let i = 0; i < 5; i++) await round()
    const stalledAt = revision
    slow.network.resume()
    for (let i = 0; i < 10; i++) await round()
    await until(() => topics.every((topic) => slow.shown().some(([name, shown]) => name === topic && shown === revision)))
    expect(stalledAt).toBe(5)
    expect(most).toBeLessThanOrEqual(MEGABYTE)
    await until(() => transport.laggingCount === 0)
  })

  test('one that never reads again costs no more, until its connection times out', async () => {
    const slow = await openSlow('slow', ['a'])
    slow.network.pause()
    for (let revision = 1; revision <= 200; revision++) {
      push('a', revision)
      if (revision % 20 === 0) await pause(10)
    }
    expect(bufferedBytes(slow.connection)).toBeLessThanOrEqual(MEGABYTE)
    slow.network.destroy()
    await until(() => model.log.includes(`disconnect ${slow.id}`))
    expect(transport.laggingCount).toBe(0)
  })
})

test('a burst in one turn of the event loop makes no healthy reader lag', async () => {
  const readers = await Promise.all(['r0', 'r1', 'r2', 'r3'].map((name) => openReader(name, ['a', 'b', 'c', 'd', 'e', 'f'])))
  for (let round = 1; round <= 20; round++) {
    for (const topic of ['a', 'b', 'c', 'd', 'e', 'f']) push(topic, round)
    await pause(15)
  }
  for (const { shown } of readers) await until(() => shown.length === 120)
  expect(model.log.filter((line) => line.startsWith('lagging'))).toEqual([])
})

test('long polling is bounded too, and catches up', async () => {
  const reader = await openReader('poller', ['a', 'b'], ['polling'])
  let most = 0
  for (let revision = 1; revision <= 40; revision++) {
    push('a', revision)
    push('b', revision)
    most = Math.max(most, bufferedBytes(reader.connection))
    if (revision % 4 === 0) await pause(2)
  }
  expect(most).toBeLessThanOrEqual(MEGABYTE / 2)
  await until(() => ['a', 'b'].every((topic) => reader.shown.some(([name, revision]) => name === topic && revision === 40)))
  await until(() => transport.laggingCount === 0)
})

test('answers wait for a reader that is slow, and are all given', async () => {
  const slow = await openSlow('slow', [])
  slow.network.pause()
  for (let id = 0; id < 100; id++) slow.send(`42${id}["call",{"operation":"x","input":{"length":100000}}]`)
  await pause(200)
  expect(bufferedBytes(slow.connection)).toBeLessThanOrEqual(MEGABYTE)
  slow.network.resume()
  await until(() => slow.texts.filter((text) => text.startsWith('43')).length === 100, 15_000)
})

test('one that asks and asks and never reads is cut', async () => {
  const slow = await openSlow('slow', [])
  slow.network.pause()
  const ended = new Promise((resolve) => slow.network.once('close', resolve))
  slow.network.on('error', () => {})
  for (let id = 0; id < 20; id++) slow.send(`42${id}["call",{"operation":"x","input":{"length":1000000}}]`)
  await until(() => unsentBytes(slow.connection) > 0)
  let most = 0
  // Refusals for too many events are answers too.
  for (let id = 20; id < 4_000 && connections.length > 0 && slow.connection.readyState === 'open'; id++) {
    slow.send(`42${id}["call",{"operation":"x","input":{"length":10}}]`)
    if (id % 100 === 0) await pause(5)
    most = Math.max(most, bufferedBytes(slow.connection))
  }
  await until(() => slow.connection.readyState === 'closed')
  slow.network.resume()
  await ended
  expect(most).toBeLessThan(3 * MEGABYTE)
  expect(model.log).toContain(`disconnect ${slow.id}`)
})
