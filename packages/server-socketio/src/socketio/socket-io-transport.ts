import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type PublicError, SightlineError, silentLogger, systemClock } from '@sightline/core'
import type { Clock, Gateway, Logger, Transport } from '@sightline/core/ports'
import { type ApiDescription, type Frame, isV1Room } from '@sightline/core/protocol'
import { Server as EngineServer } from 'engine.io'
import { Server as SocketServer } from 'socket.io'
import { createOriginPolicy } from '../origin-policy.ts'
import { trackConnections } from './connection-set.ts'
import { type EncodedEvent, encodeEvent } from './encoded-event.ts'
import { createEngineDoor } from './engine-door.ts'
import type { EventRate } from './event-budget.ts'
import type { EventQueueBounds } from './event-queue.ts'
import { lenientParser } from './lenient-parser.ts'
import type { Outlet } from './outlet.ts'
import { createRooms } from './rooms.ts'
import { createSocketSessions } from './socket-sessions.ts'
import { toMetricsUpdate } from './version-1.ts'

/** Everything has a default. */
export interface SocketIoTransportOptions {
  /** Where clients connect. Default `/socket.io`. */
  readonly path?: string
  /** Default `/`. */
  readonly namespace?: string
  /** Pages of other origins that may connect: `https://status.example.com`. Default none. */
  readonly allowedOrigins?: readonly string[]
  /** The configured apis, for version 1, which leaves the api out. Default none. */
  readonly apis?: () => readonly ApiDescription[]
  /**
   * Names this process in the id of every connection (`web1-…`), by which a load balancer finds it again: long polling goes through any
   * number of processes as long as all requests with one `sid` reach the same. Letters, digits, `_`; default none.
   */
  readonly nodeName?: string
  /** Proxies of one's own in front, whose `X-Forwarded-For` is believed. Default 0. */
  readonly trustedProxies?: number
  /** The longest message taken from a client, in bytes; a longer one ends its connection. Default 102,400. */
  readonly maxMessageBytes?: number
  /**
   * A client that does not read is told no more news above this many bytes, until it has read what it was sent; within one turn of the
   * event loop three times as much may queue. Its buffer stays below four times this, for documents of up to this size. Default 262,144.
   */
  readonly maxQueuedBytes?: number
  /** Events a client may send. Default 100 per second, 500 at once. */
  readonly eventRate?: Partial<EventRate>
  /** How often a connection is asked for a sign of life, in ms. Default 25,000. */
  readonly pingIntervalMs?: number
  /** How long it may take to give one, in ms. Default 20,000. */
  readonly pingTimeoutMs?: number
  /** How long a connection may stay that has not joined the namespace, or has left it, in ms. Default 20,000. */
  readonly joinTimeoutMs?: number
  readonly logger?: Logger
  readonly clock?: Clock
}

/** A `Transport` over Socket.IO that leaves the HTTP server to others: it is handed the requests and upgrades of its path. */
export interface SocketIoTransport extends Transport {
  readonly path: string
  readonly namespace: string
  /** Is this request's path ours? */
  serves(url: string | undefined): boolean
  /** Long polling. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void
  /** WebSocket, at first or from long polling. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Clients that read more slowly than they are sent. */
  readonly laggingCount: number
}

const DEFAULTS = { maxMessageBytes: 102_400, maxQueuedBytes: 262_144, pingIntervalMs: 25_000, pingTimeoutMs: 20_000 }
const JOIN_TIMEOUT_MS = 20_000
const RATE: EventRate = { perSecond: 100, burst: 500 }
/** A connection that asks and does not read the answers is cut after this many, or when it read nothing of this many bytes for so long. */
const HELD = { maxHeldAnswers: 1_000, maxHeldBytes: 1_048_576, maxStallMs: 20_000 }
/** Of one session, for what calls and for what subscribes alike: a few at once keep a client busy, and a thousand would be a thousand answers. */
const QUEUE: EventQueueBounds = { maxRunning: 4, maxWaiting: 1_000, maxWaitingBytes: 1_048_576 }

/**
 * @example
 * const transport = socketIoTransport({ apis: () => sightline.info().apis })
 * await sightline.attach(transport)
 * server.on('upgrade', (request, socket, head) => transport.serves(request.url) && transport.handleUpgrade(request, socket, head))
 */
export const socketIoTransport = (options: SocketIoTransportOptions = {}): SocketIoTransport => {
  const { path = '/socket.io', namespace = '/', apis = () => [], trustedProxies = 0 } = options
  const { logger = silentLogger(), clock = systemClock() } = options
  const maxQueuedBytes = options.maxQueuedBytes ?? DEFAULTS.maxQueuedBytes
  const bounds = { maxQueuedBytes, maxBurstBytes: 3 * maxQueuedBytes, ...HELD }
  const originOf = createOriginPolicy(options.allowedOrigins)

  const engine = new EngineServer({
    pingInterval: options.pingIntervalMs ?? DEFAULTS.pingIntervalMs,
    pingTimeout: options.pingTimeoutMs ?? DEFAULTS.pingTimeoutMs,
    maxHttpBufferSize: options.maxMessageBytes ?? DEFAULTS.maxMessageBytes,
    perMessageDeflate: false,
    httpCompression: false,
  })
  if (options.nodeName !== undefined) nameConnections(engine, options.nodeName)
  const io = new SocketServer({
    path,
    serveClient: false,
    connectTimeout: options.joinTimeoutMs ?? JOIN_TIMEOUT_MS,
    parser: lenientParser,
  })
  io.bind(engine)

  const connections = trackConnections(engine, clock)
  const rooms = createRooms<Outlet>()
  const sessions = createSocketSessions({
    namespace,
    bounds,
    queue: QUEUE,
    joinTimeoutMs: options.joinTimeoutMs ?? JOIN_TIMEOUT_MS,
    eventRate: { ...RATE, ...options.eventRate },
    trustedProxies,
    clock,
    apis,
    onClosed: ({ outlet }) => rooms.leaveAll(outlet),
  })
  const opened = Promise.withResolvers<Gateway>()
  let closing: Promise<void> | null = null

  io.of(namespace).use((socket, next) => {
    const letIn = async (): Promise<void> => {
      const gateway = await opened.promise
      if (closing !== null) throw new SightlineError('UNAVAILABLE', 'The server is shutting down.')
      await sessions.letIn(socket, gateway)
    }
    letIn().then(
      () => next(),
      (thrown) => next(toRefusal(SightlineError.from(thrown).toPublic())),
    )
  })
  engine.on('connection_error', ({ code, message }: { code: number; message: string }) => {
    logger.debug({ code, reason: message }, 'A connection was not opened.')
  })

  const encodeFrame = (frame: Frame, isV1: boolean): EncodedEvent | null => {
    try {
      if (!isV1) return encodeEvent(namespace, 'update', frame)
      const update = toMetricsUpdate(frame)
      return update === null ? null : encodeEvent(namespace, 'metrics-update', update)
    } catch (error) {
      logger.error({ topic: frame.topic, error: String(error) }, 'A frame could not be encoded.')
      return null
    }
  }

  const door = createEngineDoor({ engine, originOf, isClosing: () => closing !== null, onUpgrade: connections.addSocket })
  const prefix = `${path.replace(/\/$/, '')}/`

  return {
    name: 'socket.io',
    path,
    namespace,
    get laggingCount() {
      return sessions.laggingCount
    },
    serves: (url = '') => url.startsWith(prefix) || url.split('?')[0] === prefix.slice(0, -1),
    open: async (gateway) => opened.resolve(gateway),
    join: (sessionId, room) => {
      const session = sessions.get(sessionId)
      if (session !== undefined) rooms.join(session.outlet, room)
    },
    leave: (sessionId, room) => {
      const session = sessions.get(sessionId)
      if (session !== undefined) rooms.leave(session.outlet, room)
    },
    broadcast: (room, frame) => {
      const members = rooms.members(room)
      if (members === undefined) return
      const event = encodeFrame(frame, isV1Room(room))
      if (event === null) return
      for (const outlet of members) outlet.broadcast(event)
    },
    send: (sessionId, frame, variant) => {
      const isV1 = variant === 'v1'
      sessions.get(sessionId)?.outlet.send(`${variant}:${frame.topic}`, () => encodeFrame(frame, isV1))
    },
    disconnect: (sessionId, reason) => {
      const session = sessions.get(sessionId)
      if (session !== undefined) sessions.dismiss(session, reason)
    },
    ...door,
    close: ({ drainMs }) => {
      closing ??= connections.close({ drainMs }).finally(sessions.close)
      return closing
    },
  }
}

const toRefusal = (data: PublicError): Error => Object.assign(new Error(data.message), { data })

/** Ids as Engine.IO makes them, behind the process's name. */
const nameConnections = (engine: EngineServer, name: string): void => {
  if (!/^\w{1,64}$/.test(name)) {
    const message = 'must have 1 to 64 letters, digits or "_"'
    throw new SightlineError('INVALID_CONFIG', `socket.nodeName: ${message}.`, { fields: [{ path: 'socket.nodeName', message }] })
  }
  const withIds = engine as unknown as { generateId(request: IncomingMessage): string }
  const generate = withIds.generateId.bind(engine)
  withIds.generateId = (request) => `${name}-${generate(request)}`
}
