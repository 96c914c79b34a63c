import type { Principal } from '../ports/access.ts'
import type { Clock } from '../ports/clock.ts'
import type { Transport } from '../ports/transport.ts'
import type { Subscription } from '../topics/active-topic.ts'

/** A client at a transport. */
export interface Session {
  readonly id: string
  readonly principal: Principal | null
  readonly team: string
  readonly transport: Transport
  /** ms since the Unix epoch. */
  readonly openedAt: number
  /** By topic key and variant. */
  readonly subscriptions: Map<string, Subscription>
  /** Subscriptions that are being decided on. */
  readonly asks: Set<Ask>
  /** Its buffer is full: it is in no room. */
  isLagging: boolean
  /** Expired or revoked: its transport was told to end it. */
  isCut: boolean
}

/** A request to subscribe that has not been decided on yet. Holds what was unsubscribed behind it. */
export interface Ask {
  readonly withdrawn: Set<string>
}

/** Who is connected to this process. */
export interface SessionRegistry {
  readonly count: number
  readonly subscriptions: number
  get(id: string): Session | undefined
  all(): Iterable<Session>
  open(session: Pick<Session, 'id' | 'principal' | 'team' | 'transport'>): Session
  /** Forgets it; what it subscribed to is for the caller to leave. */
  close(id: string): Session | undefined
  revoke(which?: { readonly userId?: string }): number
}

/** The longest delay a timer takes, in ms; a session that lives longer is looked at again then. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const createSessionRegistry = ({ clock }: { readonly clock: Clock }): SessionRegistry => {
  const sessions = new Map<string, Session>()
  const expiries = new Map<string, () => void>()

  const cut = (session: Session, reason: string): void => {
    session.isCut = true
    session.transport.disconnect(session.id, reason)
  }

  const watchExpiry = (session: Session): void => {
    const leftMs = millisecondsLeft(session.principal, clock)
    if (leftMs === Number.POSITIVE_INFINITY) return
    if (leftMs <= 0) cut(session, 'The session has expired.')
    else
      expiries.set(
        session.id,
        clock.setTimer(Math.min(leftMs, LONGEST_TIMER_MS), () => watchExpiry(session)),
      )
  }

  return {
    get count() {
      return sessions.size
    },
    get subscriptions() {
      let sum = 0
      for (const session of sessions.values()) sum += session.subscriptions.size
      return sum
    },
    get: (id) => sessions.get(id),
    all: () => sessions.values(),
    open: (identity) => {
      const session: Session = {
        ...identity,
        openedAt: clock.now(),
        subscriptions: new Map(),
        asks: new Set(),
        isLagging: false,
        isCut: false,
      }
      sessions.set(session.id, session)
      watchExpiry(session)
      return session
    },
    close: (id) => {
      const session = sessions.get(id)
      sessions.delete(id)
      expiries.get(id)?.()
      expiries.delete(id)
      return session
    },
    revoke: ({ userId } = {}) => {
      const revoked = [...sessions.values()].filter((session) => userId === undefined || session.principal?.id === userId)
      for (const session of revoked) cut(session, 'The session was revoked.')
      return revoked.length
    },
  }
}

/** How long a principal is one, in ms; for one whose end cannot be read, no longer. */
export const millisecondsLeft = (principal: Principal | null, clock: Pick<Clock, 'now'>): number => {
  if (principal?.expiresAt === undefined) return Number.POSITIVE_INFINITY
  const leftMs = principal.expiresAt - clock.now()
  return Number.isNaN(leftMs) ? 0 : leftMs
}
