import { SightlineError } from '../errors.ts'
import type { Authority } from '../access/authority.ts'
import type { OperationRegistry } from '../operations/registry.ts'
import type { Principal } from '../ports/access.ts'
import type { Clock } from '../ports/clock.ts'
import type { Gateway, Transport, Variant } from '../ports/transport.ts'
import { DEFAULT_TEAM } from '../protocol/rooms.ts'
import type { Hub, Subscription } from '../topics/hub.ts'
import type { Session, SessionRegistry } from './session-registry.ts'

export interface GatewayOptions {
  readonly transport: Transport
  readonly sessions: SessionRegistry
  readonly hub: Hub
  readonly operations: OperationRegistry
  readonly authority: Authority
  readonly clock: Clock
  readonly randomId: () => string
  /** Subscriptions of one session, at most. */
  readonly maxSubscriptions: number
  /** Every session's principal, where the access port is not to be asked. */
  readonly as: Principal | null | undefined
  onOpened(session: Session): void
  onClosed(session: Session): void
}

/** Of topics and calls on the wire. */
export const PROTOCOL = 1

/** What one transport plugs into: the door through which every client comes. */
export const createGateway = (options: GatewayOptions): Gateway => {
  const { transport, sessions, hub, operations, authority, clock } = options

  const require = (sessionId: string): Session => {
    const session = sessions.get(sessionId)
    if (session === undefined) throw new SightlineError('UNAUTHENTICATED', 'This session is not open.')
    return session
  }

  const idOf = (key: string, variant: Variant): string => JSON.stringify([key, variant])

  const leave = (session: Session, id: string): void => {
    const subscription = session.subscriptions.get(id)
    if (subscription === undefined) return
    session.subscriptions.delete(id)
    session.lagging?.delete(subscription)
    hub.unsubscribe(session, subscription)
  }

  const join = (session: Session, id: string, subscription: Subscription): void => {
    session.subscriptions.set(id, subscription)
    if (session.lagging === null) return
    transport.leave(session.id, subscription.room)
    session.lagging.set(subscription, -1)
  }

  return {
    connect: async (credentials) => {
      const principal = options.as === undefined ? await authority.authenticate(credentials) : options.as
      const session = sessions.open({ id: options.randomId(), principal, team: principal?.teams[0] ?? DEFAULT_TEAM, transport })
      options.onOpened(session)
      return { sessionId: session.id, serverTime: clock.now(), protocol: PROTOCOL }
    },
    disconnect: (sessionId) => {
      const session = sessions.close(sessionId)
      if (session === undefined) return
      for (const id of [...session.subscriptions.keys()]) leave(session, id)
      options.onClosed(session)
    },
    lagging: (sessionId) => {
      const session = sessions.get(sessionId)
      if (session === undefined || session.lagging !== null) return
      session.lagging = new Map([...session.subscriptions.values()].map((subscription) => [subscription, subscription.topic.news]))
      for (const { room } of session.subscriptions.values()) transport.leave(sessionId, room)
    },
    drained: (sessionId) => {
      const session = sessions.get(sessionId)
      const missed = session?.lagging
      if (session === undefined || missed == null) return
      session.lagging = null
      for (const [subscription, seen] of missed) {
        transport.join(sessionId, subscription.room)
        if (subscription.variant !== 'v1' || subscription.topic.news !== seen) void hub.refresh(session, subscription)
      }
    },
    subscribe: async (sessionId, { topic, params, since, variant = 'whole' }) => {
      const session = require(sessionId)
      const resolved = await hub.resolve({ topic, params })
      await authority.demand({ principal: session.principal, team: session.team, permission: resolved.definition.permission })
      const id = idOf(resolved.key, variant)
      if (!session.subscriptions.has(id) && session.subscriptions.size >= options.maxSubscriptions) {
        throw new SightlineError('TOO_MANY_REQUESTS', `A session may hold ${options.maxSubscriptions} subscriptions.`)
      }
      // Asking again replaces: that is how a client whose copy does not fit gets the whole.
      leave(session, id)
      try {
        return await hub.subscribe(session, { name: topic, ...resolved, variant, since }, (subscription) => join(session, id, subscription))
      } catch (thrown) {
        leave(session, id)
        throw thrown
      }
    },
    unsubscribe: (sessionId, { topic, params, variant = 'whole' }) => {
      const session = sessions.get(sessionId)
      if (session === undefined) return
      hub.resolve({ topic, params }).then(
        ({ key }) => leave(session, idOf(key, variant)),
        () => {},
      )
    },
    call: async (sessionId, request) => {
      const { principal, team } = require(sessionId)
      return operations.call({ ...request, principal, team })
    },
  }
}
