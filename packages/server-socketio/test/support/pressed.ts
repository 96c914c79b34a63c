import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net'
import type { Clock, Gateway, Subscribed } from '@sightline/core/ports'
import type { StateFrame } from '@sightline/core/protocol'
import { Server as EngineServer, type Socket as EngineSocket } from 'engine.io'
import { io, type Socket } from 'socket.io-client'
import { vi } from 'vitest'
import { type SocketIoTransport, socketIoTransport } from '../../src/index.ts'
import { unsentBytes } from '../../src/socketio/engine-connection.ts'
import { until } from './until.ts'

/** A gateway as core's: rooms by topic, and the latest state again for whoever has caught up. */
export interface Model {
  readonly gateway: Gateway
  readonly log: string[]
  readonly latest: Map<string, StateFrame>
  /** Operations that were started. */
  readonly callCount: number
  sessionOf(name: string): string
}

const createModel = (transport: SocketIoTransport): Model => {
  const rooms = new Map<string, Set<string>>()
  const names = new Map<string, string>()
  const latest = new Map<string, StateFrame>()
  const log: string[] = []
  let callCount = 0
  return {
    log,
    latest,
    get callCount() {
      return callCount
    },
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
      call: async (_id, { input }) => {
        callCount++
        return { text: 'x'.repeat((input as { length: number }).length) }
      },
    },
  }
}

/** What waits inside Engine.IO and the network below. */
export const bufferedBytes = (connection: EngineSocket): number => {
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

/** A transport served on a port of its own, whose news and readers a test decides. */
export const openPressed = async ({ clock }: { readonly clock?: Clock } = {}) => {
  const connections: EngineSocket[] = []
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
  const transport = socketIoTransport({ pingTimeoutMs: 60_000, ...(clock === undefined ? {} : { clock }) })
  const model = createModel(transport)
  await transport.open(model.gateway)
  const server: Server = createServer((request, response) => transport.handleRequest(request, response))
  server.on('upgrade', (request, socket, head) => transport.handleUpgrade(request, socket, head))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const cleanUp: (() => unknown)[] = []

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

  const close = async (): Promise<void> => {
    for (const step of cleanUp.splice(0)) step()
    await transport.close({ drainMs: 100 })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    vi.restoreAllMocks()
  }

  return { transport, model, connections, push, openReader, openSlow, close }
}

export type Pressed = Awaited<ReturnType<typeof openPressed>>
