import { SightlineError } from '@sightline/core'
import type { Clock, Credentials, Gateway } from '@sightline/core/ports'
import type { ApiDescription } from '@sightline/core/protocol'
import type { Socket } from 'socket.io'
import { clientAddress } from '../client-address.ts'
import { createDrainWatch } from './drain-watch.ts'
import { encodeEvent } from './encoded-event.ts'
import { writeEncoded } from './engine-connection.ts'
import { createEventBudget, type EventRate } from './event-budget.ts'
import type { EventQueueBounds } from './event-queue.ts'
import { createLeftovers } from './leftovers.ts'
import { wireBytesOf } from './lenient-parser.ts'
import { Outlet, type OutletBounds } from './outlet.ts'
import { type Acknowledge, createSessionEvents } from './session-events.ts'
import { createTurnWatch } from './turn-watch.ts'

/** A socket that the gateway let in. */
export interface SocketSession {
  readonly id: string
  readonly socket: Socket
  readonly outlet: Outlet
}

export interface SocketSessions {
  get(id: string): SocketSession | undefined
  /** Asks the gateway, and takes the socket's events from then on. Rejects with a `SightlineError`. */
  letIn(socket: Socket, gateway: Gateway): Promise<void>
  /** Tells the client why, and cuts it. */
  dismiss(session: SocketSession, reason: string): void
  readonly laggingCount: number
  close(): void
}

export interface SocketSessionsOptions {
  readonly namespace: string
  readonly bounds: OutletBounds
  readonly queue: EventQueueBounds
  readonly eventRate: EventRate
  /** How long a connection may stay after its session left. */
  readonly joinTimeoutMs: number
  readonly trustedProxies: number
  readonly clock: Clock
  apis(): readonly ApiDescription[]
  onClosed(session: SocketSession): void
}

interface OpenSession extends SocketSession {
  /** Takes up the events that waited until answers were read. */
  resume(): void
}

const DRAIN_CHECK_MS = 50

export const createSocketSessions = (options: SocketSessionsOptions): SocketSessions => {
  const { namespace, bounds, queue, eventRate, trustedProxies, clock, apis, onClosed } = options
  const sessions = new Map<string, OpenSession>()
  const laggards = createDrainWatch<Outlet>({ clock, everyMs: DRAIN_CHECK_MS })
  const turns = createTurnWatch<Outlet>()
  const leftovers = createLeftovers({ clock, afterMs: options.joinTimeoutMs })

  const credentialsOf = ({ handshake, request }: Socket): Credentials => {
    // Socket.IO's own, of the session before: no credentials.
    const { pid: _, offset: __, ...auth } = handshake.auth
    return {
      headers: Object.fromEntries(Object.entries(handshake.headers).map(([name, value]) => [name, String(value)])),
      auth,
      address: clientAddress(request, trustedProxies),
    }
  }

  const open = (socket: Socket, id: string, gateway: Gateway): OpenSession => {
    const tell = (what: 'lagging' | 'drained'): void => {
      if (sessions.has(id)) gateway[what](id)
    }
    const outlet: Outlet = new Outlet(socket.conn, bounds, {
      watchTurn: turns.add,
      watchDrain: laggards.add,
      // Not from within a broadcast, which the gateway is in the middle of.
      lagging: () => queueMicrotask(() => tell('lagging')),
      drained: () => tell('drained'),
      answered: () => session.resume(),
      monotonic: () => clock.monotonic(),
    })
    const session: OpenSession = { id, socket, outlet, resume: () => {} }
    sessions.set(id, session)
    return session
  }

  const end = (session: SocketSession, gateway: Gateway): void => {
    if (!sessions.delete(session.id)) return
    laggards.delete(session.outlet)
    session.outlet.close()
    onClosed(session)
    gateway.disconnect(session.id)
  }

  const emit = ({ socket, outlet }: SocketSession, event: string, payload: object): Promise<void> => {
    const encoded = encodeEvent(namespace, event, payload)
    return outlet.answer({ write: () => writeEncoded(socket.conn, encoded), bytes: () => encoded.bytes })
  }

  const takeEvents = (session: OpenSession, gateway: Gateway): void => {
    const { socket, outlet } = session
    const gone = new AbortController()
    const events = createSessionEvents({
      sessionId: session.id,
      gateway,
      signal: gone.signal,
      budget: createEventBudget(eventRate),
      queue,
      mayStart: () => !outlet.isHolding,
      apis,
      monotonic: () => clock.monotonic(),
      emit: (event, payload) => emit(session, event, payload),
    })
    session.resume = events.resume
    // Every event comes through here and none goes on, so that no name a client chooses reaches a listener of the server's own.
    socket.use((received) => {
      const [event, ...rest] = received
      const last: unknown = rest.at(-1)
      const acknowledge = typeof last === 'function' ? acknowledgeWith(outlet, last as (answer: object) => void) : null
      const payload: unknown = acknowledge !== null && rest.length === 1 ? undefined : rest[0]
      events.take({ event, payload, acknowledge, bytes: wireBytesOf(received) })
    })
    socket.once('disconnect', () => {
      gone.abort()
      events.close()
    })
  }

  /** A client that had a session before, here or at a process that is no more. */
  const regain = async (session: OpenSession, earlier: string, gateway: Gateway): Promise<void> => {
    try {
      if ((await gateway.regain?.(session.id, earlier)) === true) return
      if (sessions.has(session.id)) await emit(session, 'metrics:error', subscribeAgain)
    } catch {
      // It has left meanwhile.
    }
  }

  return {
    get: (id) => sessions.get(id),
    letIn: async (socket, gateway) => {
      const { sessionId } = await gateway.connect(credentialsOf(socket))
      const session = open(socket, sessionId, gateway)
      socket.conn.once('close', () => end(session, gateway))
      leftovers.delete(socket.conn)
      socket.once('disconnect', () => {
        end(session, gateway)
        leftovers.add(socket.conn)
      })
      // It may have left while it was being authenticated.
      if (socket.conn.readyState !== 'open') return end(session, gateway)
      takeEvents(session, gateway)
      const earlier: unknown = socket.handshake.auth.pid
      // `socket.io-client` is told this when it connects, and says it when it comes back (https://socket.io/docs/v4/connection-state-recovery).
      Reflect.set(socket, 'pid', sessionId)
      // Behind the packet that says it is connected.
      if (typeof earlier === 'string') setImmediate(() => void regain(session, earlier, gateway))
    },
    dismiss: (session, reason) => {
      void emit(session, 'metrics:error', { code: 'UNAUTHENTICATED', message: reason, event: 'disconnect' })
      // Let in by the gateway, it is not connected yet for Socket.IO, which would do nothing.
      if (session.socket.connected) session.socket.disconnect(true)
      else session.socket.conn.close(true)
    },
    get laggingCount() {
      return laggards.size
    },
    close: () => {
      laggards.close()
      turns.close()
      leftovers.close()
    },
  }
}

const subscribeAgain = {
  code: 'NOT_FOUND',
  message: 'This is a new connection, and what was subscribed to on the one before is not known: subscribe again.',
  event: 'metrics:subscribe',
}

const acknowledgeWith =
  (outlet: Outlet, acknowledge: (answer: object) => void): Acknowledge =>
  (answer) =>
    outlet.answer({
      write: () => {
        try {
          acknowledge(answer)
        } catch (thrown) {
          // What cannot be put into JSON (too deep, circular) must not reach the timer or socket that waits below.
          acknowledge({ ok: false, error: SightlineError.from(thrown).toPublic() })
        }
      },
      bytes: () => lengthOf(answer),
    })

/** Only of what has to wait: it is put into JSON once more for this. */
const lengthOf = (answer: object): number => {
  try {
    return JSON.stringify(answer).length
  } catch {
    return 0
  }
}
