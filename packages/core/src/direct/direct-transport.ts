import { SightlineError } from '../errors.ts'
import type { Principal } from '../ports/access.ts'
import type { Gateway, Subscribed, Transport } from '../ports/transport.ts'
import type { CallMessage, ClientTransport, ClientTransportEvents, SubscribeMessage } from '../protocol/client-transport.ts'
import type { Frame } from '../protocol/frame.ts'
import type { Sightline } from '../sightline.ts'

/** As whom a client in this process comes in. */
export interface DirectTransportOptions {
  /** Who the client is; null is anonymous. What it may do is the access port's to say. */
  readonly as: Principal | null
}

/** As the wire would carry it: what the client does with it cannot reach the server's own copy. */
const asOnTheWire = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T))

/**
 * A client's way to a Sightline in the same process: for rendering on a server, and for tests.
 *
 * @example
 * const client = createClient<App>({ transport: directTransport(sightline, { as: user }) })
 */
export const directTransport = (sightline: Pick<Sightline, 'attach'>, { as }: DirectTransportOptions): ClientTransport => {
  let events: ClientTransportEvents | null = null
  let gateway: Gateway | null = null
  let sessionId: string | null = null
  let detach: (() => Promise<void>) | null = null
  let closed = false
  const rooms = new Set<string>()

  const leaveSession = (reason: string): void => {
    if (sessionId === null) return
    gateway?.disconnect(sessionId)
    sessionId = null
    rooms.clear()
    events?.disconnected(reason, false)
  }

  const deliver = (frame: Frame): void => {
    const copy = asOnTheWire(frame)
    // One turn later, as any transport would: a broadcast never runs a client's code.
    queueMicrotask(() => {
      if (sessionId !== null) events?.frame(copy)
    })
  }

  const transport: Transport = {
    name: 'direct',
    open: async (opened) => {
      gateway = opened
    },
    join: (id, room) => void (id === sessionId && rooms.add(room)),
    leave: (id, room) => void (id === sessionId && rooms.delete(room)),
    broadcast: (room, frame) => {
      if (rooms.has(room)) deliver(frame)
    },
    send: (id, frame) => {
      if (id === sessionId) deliver(frame)
    },
    disconnect: (id, reason) => {
      if (id === sessionId) leaveSession(reason)
    },
    close: async () => leaveSession('The server is stopping.'),
  }

  const connect = async (): Promise<void> => {
    try {
      detach = await sightline.attach(transport, { as })
      const connected = await (gateway as Gateway | null)?.connect({ headers: {}, auth: null, address: 'direct' })
      sessionId = connected?.sessionId ?? null
      if (closed) await shut()
      else events?.connected()
    } catch (thrown) {
      await letGo()
      events?.refused(thrown)
      events?.disconnected('refused', false)
    }
  }

  const letGo = async (): Promise<void> => {
    const detachOnce = detach
    detach = null
    await detachOnce?.()
  }

  const shut = async (): Promise<void> => {
    leaveSession('Closed.')
    await letGo()
  }

  const ask = async (
    to: Gateway,
    session: string,
    message: string,
    payload: unknown,
    signal: AbortSignal | undefined,
  ): Promise<unknown> => {
    if (message === 'call') return to.call(session, { ...(payload as CallMessage), ...(signal === undefined ? {} : { signal }) })
    const { delta = false, ...request } = payload as SubscribeMessage
    const variant = delta ? 'patch' : 'whole'
    if (message === 'unsubscribe') return to.unsubscribe(session, { ...request, variant })
    return to.subscribe(session, { ...request, variant }) satisfies Promise<Subscribed>
  }

  return {
    open: (on) => {
      events = on
      void connect()
    },
    request: async (message, payload, { signal } = {}) => {
      if (gateway === null || sessionId === null) throw new SightlineError('UNAVAILABLE', 'Not connected.')
      if (signal?.aborted === true) throw new SightlineError('ABORTED', 'The caller gave up.')
      return asOnTheWire(await ask(gateway, sessionId, message, asOnTheWire(payload), signal)) as never
    },
    close: () => {
      if (closed) return
      closed = true
      void shut()
    },
  }
}
