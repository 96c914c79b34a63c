import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type PublicError, SightlineError, silentLogger, systemClock } from '@sightline/core'
import type { Clock, Credentials, Gateway, Logger, Transport } from '@sightline/core/ports'
import { type ApiDescription, type Frame, isV1Room } from '@sightline/core/protocol'
import { Server as EngineServer } from 'engine.io'
import { type Socket, Server as SocketServer } from 'socket.io'
import { clientAddress } from '../client-address.ts'
import { createOriginPolicy } from '../origin-policy.ts'
import { trackConnections } from './connection-set.ts'
import { createDrainWatch } from './drain-watch.ts'
import { type EncodedEvent, encodeEvent } from './encoded-event.ts'
import { writeEncoded } from './engine-connection.ts'
import { createEventBudget, type EventRate } from './event-budget.ts'
import { isFollowUp } from './follow-up.ts'
import { lenientParser } from './lenient-parser.ts'
import { Outlet } from './outlet.ts'
import { type Refusal, refuseRequest, refuseUpgrade } from './refusal.ts'
import { createRooms } from './rooms.ts'
import { type Acknowledge, createSessionEvents } from './session-events.ts'
import { createTurnWatch } from './turn-watch.ts'
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

interface Session {
  readonly id: string
  readonly socket: Socket
  readonly outlet: Outlet
}

const DEFAULTS = { maxMessageBytes: 102_400, maxQueuedBytes: 262_144, pingIntervalMs: 25_000, pingTimeoutMs: 20_000 }
const RATE: EventRate = { perSecond: 100, burst: 500 }
/** A connection that asks and does not read the answers is cut after this many. */
const MAX_HELD_ANSWERS = 1_000
const DRAIN_CHECK_MS = 50
/** How long a connection may stay without joining the namespace. */
const JOIN_TIMEOUT_MS = 20_000

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
  const bounds = { maxQueuedBytes, maxBurstBytes: 3 * maxQueuedBytes, maxHeldAnswers: MAX_HELD_ANSWERS }
  const rate = { ...RATE, ...options.eventRate }
  const originOf = createOriginPolicy(options.allowedOrigins)

  const engine = new EngineServer({
    pingInterval: options.pingIntervalMs ?? DEFAULTS.pingIntervalMs,
    pingTimeout: options.pingTimeoutMs ?? DEFAULTS.pingTimeoutMs,
    maxHttpBufferSize: options.maxMessageBytes ?? DEFAULTS.maxMessageBytes,
    perMessageDeflate: false,
    httpCompression: false,
  })
  const io = new SocketServer({ path, serveClient: false, connectTimeout: JOIN_TIMEOUT_MS, parser: lenientParser })
  io.bind(engine)

  const rooms = createRooms<Outlet>()
  const sessions = new Map<string, Session>()
  const laggards = createDrainWatch<Outlet>({ clock, everyMs: DRAIN_CHECK_MS })
  const turns = createTurnWatch<Outlet>()
  const connections = trackConnections(engine, clock)
  const opened = Promise.withResolvers<Gateway>()
  let closing: Promise<void> | null = null

  const credentialsOf = ({ handshake, request }: Socket): Credentials => ({
    headers: Object.fromEntries(Object.entries(handshake.headers).map(([name, value]) => [name, String(value)])),
    auth: handshake.auth,
    address: clientAddress(request, trustedProxies),
  })

  const openSession = (socket: Socket, sessionId: string, gateway: Gateway): Session => {
    const tell = (what: 'lagging' | 'drained'): void => {
      if (sessions.has(sessionId)) gateway[what](sessionId)
    }
    const outlet: Outlet = new Outlet(socket.conn, bounds, {
      watchTurn: turns.add,
      watchDrain: laggards.add,
      // Not from within a broadcast, which the gateway is in the middle of.
      lagging: () => queueMicrotask(() => tell('lagging')),
      drained: () => tell('drained'),
    })
    const session = { id: sessionId, socket, outlet }
    sessions.set(sessionId, session)
    return session
  }

  const closeSession = ({ id, outlet }: Session, gateway: Gateway): void => {
    if (!sessions.delete(id)) return
    rooms.leaveAll(outlet)
    laggards.delete(outlet)
    outlet.close()
    gateway.disconnect(id)
  }

  const emit = ({ socket, outlet }: Session, event: string, payload: object): void => {
    const encoded = encodeEvent(namespace, event, payload)
    outlet.answer(() => writeEncoded(socket.conn, encoded))
  }

  const listen = (session: Session, gateway: Gateway): void => {
    const { socket, outlet } = session
    const gone = new AbortController()
    const take = createSessionEvents({
      sessionId: session.id,
      gateway,
      signal: gone.signal,
      budget: createEventBudget(rate),
      apis,
      monotonic: () => clock.monotonic(),
      emit: (event, payload) => emit(session, event, payload),
    })
    // Every event comes through here and none goes on, so that no name a client chooses reaches a listener of the server's own.
    socket.use(([event, ...rest]) => {
      const last: unknown = rest.at(-1)
      const acknowledge = typeof last === 'function' ? acknowledgeWith(outlet, last as Acknowledge) : null
      void take(event, acknowledge !== null && rest.length === 1 ? undefined : rest[0], acknowledge)
    })
    socket.once('disconnect', () => gone.abort())
  }

  io.of(namespace).use((socket, next) => {
    const letIn = async (): Promise<void> => {
      const gateway = await opened.promise
      if (closing !== null) throw new SightlineError('UNAVAILABLE', 'The server is shutting down.')
      const { sessionId } = await gateway.connect(credentialsOf(socket))
      const session = openSession(socket, sessionId, gateway)
      const end = (): void => closeSession(session, gateway)
      socket.conn.once('close', end)
      socket.once('disconnect', end)
      if (socket.conn.readyState !== 'open') return end()
      listen(session, gateway)
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

  const prefix = `${path.replace(/\/$/, '')}/`

  return {
    name: 'socket.io',
    path,
    namespace,
    get laggingCount() {
      return laggards.size
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
      if (session === undefined) return
      emit(session, 'metrics:error', { code: 'UNAUTHENTICATED', message: reason, event: 'disconnect' })
      session.socket.disconnect(true)
    },
    handleRequest: (request, response) => {
      const verdict = originOf(request.headers)
      // Who is connected asks once more, to be told that it is over.
      if (closing !== null && !isFollowUp(request.url)) return refuseRequest(response, SHUTTING_DOWN)
      if (!verdict.ok) return refuseRequest(response, foreign(verdict.reason))
      if (verdict.allowed !== null) {
        response.setHeader('Access-Control-Allow-Origin', verdict.allowed)
        response.setHeader('Access-Control-Allow-Credentials', 'true')
        response.setHeader('Vary', 'Origin')
      }
      if (request.method === 'OPTIONS') {
        response.setHeader('Access-Control-Allow-Methods', 'GET, POST')
        response.setHeader('Access-Control-Allow-Headers', 'Content-Type, Authorization')
        response.writeHead(204).end()
        return
      }
      if (request.method === 'POST' && request.readableEnded) return refuseRequest(response, BODY_GONE)
      engine.handleRequest(request as Parameters<typeof engine.handleRequest>[0], response)
    },
    handleUpgrade: (request, socket, head) => {
      const verdict = originOf(request.headers)
      if (closing !== null) return refuseUpgrade(socket, SHUTTING_DOWN)
      if (!verdict.ok) return refuseUpgrade(socket, foreign(verdict.reason))
      connections.addSocket(socket)
      engine.handleUpgrade(request as Parameters<typeof engine.handleUpgrade>[0], socket, head)
    },
    close: ({ drainMs }) => {
      closing ??= connections.close({ drainMs }).finally(() => {
        laggards.close()
        turns.close()
      })
      return closing
    },
  }
}

const acknowledgeWith =
  (outlet: Outlet, acknowledge: Acknowledge): Acknowledge =>
  (answer) =>
    outlet.answer(() => {
      try {
        acknowledge(answer)
      } catch (thrown) {
        // What cannot be put into JSON (too deep, circular) must not reach the timer or socket that waits below.
        acknowledge({ ok: false, error: SightlineError.from(thrown).toPublic() })
      }
    })

const SHUTTING_DOWN = { status: 503, code: 'UNAVAILABLE', message: 'The server is shutting down.' } as const
const BODY_GONE = {
  status: 400,
  code: 'INVALID_INPUT',
  message: 'The body was read before it came here: mount Sightline before body parsers.',
} as const
const foreign = (message: string): Refusal => ({ status: 403, code: 'FORBIDDEN', message })

const toRefusal = (data: PublicError): Error => Object.assign(new Error(data.message), { data })
