import { SightlineError } from '../../../src/errors.ts'
import type { Gateway, Transport, Variant } from '../../../src/ports/transport.ts'
import type {
  CallMessage,
  ClientTransport,
  ClientTransportEvents,
  SubscribeMessage,
} from '../../../src/protocol/client-transport.ts'
import type { Frame } from '../../../src/protocol/frame.ts'

/** A client's end of a wire, as real clients use it. */
export interface WireEnd extends ClientTransport {
  /** Loses the connection; the client comes back by itself, in a later turn of the event loop. */
  cut(): void
  /** The client does not read: its buffer is full, and what it misses is missed. */
  clog(): void
  unclog(): void
}

/** A transport in memory whose clients can be cut off and held up. What is sent is copied, as a wire would. */
export interface Wire extends Transport {
  end(): WireEnd
}

interface End {
  deliver(frame: Frame): void
  lost(reason: string, willRetry: boolean): void
}

export const createWire = (): Wire => {
  let gateway: Gateway | null = null
  const ends = new Map<string, End>()
  const rooms = new Map<string, Set<string>>()

  const opened = (): Gateway => {
    if (gateway === null) throw new SightlineError('UNAVAILABLE', 'Nobody listens.')
    return gateway
  }

  const drop = (sessionId: string, reason: string, willRetry: boolean): void => {
    const end = ends.get(sessionId)
    if (end === undefined) return
    ends.delete(sessionId)
    for (const members of rooms.values()) members.delete(sessionId)
    gateway?.disconnect(sessionId)
    end.lost(reason, willRetry)
  }

  const createEnd = (): WireEnd => {
    let on: ClientTransportEvents | null = null
    let sessionId: string | null = null
    let isClogged = false
    let isClosed = false

    const connect = async (): Promise<void> => {
      try {
        const connected = await opened().connect({ headers: {}, auth: null, address: 'wire' })
        sessionId = connected.sessionId
        isClogged = false
        ends.set(sessionId, {
          deliver: (frame) => {
            // A full buffer takes nothing, and the gateway hears of it only afterwards.
            if (isClogged) return
            const copy = JSON.parse(JSON.stringify(frame)) as Frame
            queueMicrotask(() => {
              if (sessionId === connected.sessionId) on?.frame(copy)
            })
          },
          lost: (reason, willRetry) => {
            sessionId = null
            on?.disconnected(reason, willRetry)
            if (willRetry) setImmediate(() => void (isClosed || connect()))
          },
        })
        if (isClosed) drop(sessionId, 'closed', false)
        else on?.connected()
      } catch (thrown) {
        on?.refused(thrown)
        on?.disconnected('refused', false)
      }
    }

    const ask = (message: string, payload: unknown): Promise<unknown> => {
      if (sessionId === null) throw new SightlineError('UNAVAILABLE', 'Not connected.')
      if (message === 'call') return opened().call(sessionId, payload as CallMessage)
      const { delta = false, ...request } = payload as SubscribeMessage
      const variant = delta ? 'patch' : 'whole'
      if (message === 'subscribe') return opened().subscribe(sessionId, { ...request, variant })
      opened().unsubscribe(sessionId, { ...request, variant })
      return Promise.resolve()
    }

    return {
      open: (events) => {
        on = events
        void connect()
      },
      request: async (message, payload) => {
        const asked = sessionId
        const answer = await ask(message, JSON.parse(JSON.stringify(payload)))
        if (asked !== sessionId) throw new SightlineError('UNAVAILABLE', 'The connection was lost.')
        return (answer === undefined ? undefined : JSON.parse(JSON.stringify(answer))) as never
      },
      close: () => {
        isClosed = true
        if (sessionId !== null) drop(sessionId, 'closed', false)
      },
      cut: () => {
        if (sessionId !== null) drop(sessionId, 'cut', true)
      },
      clog: () => {
        if (sessionId === null || isClogged) return
        isClogged = true
        const clogged = sessionId
        setImmediate(() => {
          if (sessionId === clogged && isClogged) opened().lagging(clogged)
        })
      },
      unclog: () => {
        if (sessionId === null || !isClogged) return
        const drained = sessionId
        setImmediate(() => {
          if (sessionId !== drained) return
          isClogged = false
          // A buffer that emptied before the gateway heard that it was full was full all the same.
          opened().lagging(drained)
          opened().drained(drained)
        })
      },
    }
  }

  return {
    name: 'wire',
    end: createEnd,
    open: async (to) => {
      gateway = to
    },
    join: (sessionId, room) => {
      if (!rooms.has(room)) rooms.set(room, new Set())
      rooms.get(room)?.add(sessionId)
    },
    leave: (sessionId, room) => void rooms.get(room)?.delete(sessionId),
    broadcast: (room, frame) => {
      for (const sessionId of rooms.get(room) ?? []) ends.get(sessionId)?.deliver(frame)
    },
    send: (sessionId, frame, _variant: Variant) => ends.get(sessionId)?.deliver(frame),
    disconnect: (sessionId, reason) => drop(sessionId, reason, false),
    close: async () => {
      for (const sessionId of [...ends.keys()]) drop(sessionId, 'The server is stopping.', false)
    },
  }
}
