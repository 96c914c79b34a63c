import type { Authority } from '../access/authority.ts'
import { SightlineError } from '../errors.ts'
import type { OperationRegistry } from '../operations/registry.ts'
import type { Principal } from '../ports/access.ts'
import type { Clock } from '../ports/clock.ts'
import type { SharedSubscription } from '../ports/sessions.ts'
import type { Gateway, Subscribed, SubscribeRequest, Transport, Variant } from '../ports/transport.ts'
import { DEFAULT_TEAM } from '../protocol/rooms.ts'
import type { Subscription } from '../topics/active-topic.ts'
import type { Hub, ResolvedTopic } from '../topics/hub.ts'
import { type Ask, millisecondsLeft, type Session, type SessionRegistry } from './session-registry.ts'

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
  /** What it is subscribed to is another. */
  onSubscribed(session: Session): void
  /** What an earlier session was subscribed to; null where nobody knows. */
  recall(sessionId: string): Promise<readonly SharedSubscription[] | null>
}

/** Of topics and calls on the wire. */
export const PROTOCOL = 1

/** A gateway that can be shut. */
export interface Door extends Gateway {
  /** Lets nobody in any more, and forgets who is. */
  close(): void
}

/** What one transport plugs into: the door through which every client comes. */
export const createGateway = (options: GatewayOptions): Door => {
  const { transport, sessions, hub, operations, authority, clock } = options
  let isClosed = false

  const demand = (sessionId: string): Session => {
    const session = sessions.get(sessionId)
    if (session === undefined || session.isCut) throw new SightlineError('UNAUTHENTICATED', 'This session is not open.')
    return session
  }

  const idOf = (key: string, variant: Variant): string => JSON.stringify([key, variant])

  const leave = (session: Session, id: string): void => {
    const subscription = session.subscriptions.get(id)
    if (subscription === undefined) return
    session.subscriptions.delete(id)
    hub.leave(session, subscription)
    options.onSubscribed(session)
  }

  const disconnect = (sessionId: string): void => {
    const session = sessions.close(sessionId)
    if (session === undefined) return
    for (const subscription of session.subscriptions.values()) hub.leave(session, subscription)
    session.subscriptions.clear()
    options.onClosed(session)
  }

  const join = (session: Session, topic: ResolvedTopic, variant: Variant): Subscription => {
    if (session.subscriptions.size >= options.maxSubscriptions) {
      throw new SightlineError('TOO_MANY_REQUESTS', `A session may hold ${options.maxSubscriptions} subscriptions.`)
    }
    const subscription = hub.join(session, topic, variant)
    session.subscriptions.set(idOf(topic.key, variant), subscription)
    options.onSubscribed(session)
    if (session.isLagging) hub.pause(session, subscription)
    return subscription
  }

  const subscribe = async (
    session: Session,
    ask: Ask,
    { topic: name, params, since, variant = 'whole' }: SubscribeRequest,
  ): Promise<Subscribed> => {
    if (variant === 'v1' && name !== 'metrics')
      throw new SightlineError('INVALID_INPUT', 'Version 1 knows the topic metrics only.')
    const topic = await hub.resolve({ topic: name, params })
    await authority.demand({ principal: session.principal, team: session.team, permission: topic.definition.permission })
    const id = idOf(topic.key, variant)
    // Much may have happened while the access port thought about it.
    demand(session.id)
    if (ask.withdrawn.has(id)) throw new SightlineError('ABORTED', 'It was unsubscribed before it was subscribed.')
    const subscription = session.subscriptions.get(id) ?? join(session, topic, variant)
    try {
      return await hub.answer(session, subscription, since)
    } catch (thrown) {
      if (session.subscriptions.get(id) === subscription) leave(session, id)
      throw thrown
    }
  }

  const subscribeNow = async (sessionId: string, request: SubscribeRequest): Promise<Subscribed> => {
    const session = demand(sessionId)
    const ask: Ask = { withdrawn: new Set() }
    session.asks.add(ask)
    try {
      return await subscribe(session, ask, request)
    } finally {
      session.asks.delete(ask)
    }
  }

  /** Is it subscribed again? Its present state is sent: it may have changed meanwhile. */
  const regainOne = async (sessionId: string, { topic, params }: SharedSubscription): Promise<boolean> => {
    try {
      const answer = await subscribeNow(sessionId, { topic, params, variant: 'v1' })
      if ('frame' in answer) transport.send(sessionId, answer.frame, 'v1')
      return true
    } catch {
      return false
    }
  }

  return {
    connect: async (credentials) => {
      const principal = options.as === undefined ? await authority.authenticate(credentials) : options.as
      if (isClosed) throw new SightlineError('UNAVAILABLE', 'Sightline is stopping.')
      if (millisecondsLeft(principal, clock) <= 0) throw new SightlineError('UNAUTHENTICATED', 'These credentials have expired.')
      const session = sessions.open({ id: options.randomId(), principal, team: principal?.teams[0] ?? DEFAULT_TEAM, transport })
      options.onOpened(session)
      return { sessionId: session.id, serverTime: clock.now(), protocol: PROTOCOL }
    },
    disconnect,
    lagging: (sessionId) => {
      const session = sessions.get(sessionId)
      if (session === undefined || session.isLagging) return
      session.isLagging = true
      for (const subscription of session.subscriptions.values()) hub.pause(session, subscription)
    },
    drained: (sessionId) => {
      const session = sessions.get(sessionId)
      if (session === undefined || !session.isLagging) return
      session.isLagging = false
      for (const subscription of session.subscriptions.values()) void hub.resume(session, subscription)
    },
    subscribe: subscribeNow,
    regain: async (sessionId, earlier) => {
      demand(sessionId)
      const known = await options.recall(earlier)
      if (known === null) return false
      const regained = known.filter(({ variant }) => variant === 'v1').map((each) => regainOne(sessionId, each))
      return !(await Promise.all(regained)).includes(false)
    },
    unsubscribe: (sessionId, { topic, params, variant = 'whole' }) => {
      const session = sessions.get(sessionId)
      if (session === undefined) return
      const asked = [...session.asks]
      hub.resolve({ topic, params }).then(
        ({ key }) => {
          for (const { withdrawn } of asked) withdrawn.add(idOf(key, variant))
          leave(session, idOf(key, variant))
        },
        // Nobody can be subscribed to what there is not.
        () => {},
      )
    },
    call: async (sessionId, request) => {
      const { principal, team } = demand(sessionId)
      return operations.call({ ...request, principal, team })
    },
    close: () => {
      isClosed = true
      for (const session of [...sessions.all()]) if (session.transport === transport) disconnect(session.id)
    },
  }
}
