import { compareBytes } from '../ports/byte-order.ts'
import type { Clock } from '../ports/clock.ts'
import type { Page, PageRequest } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { SessionStore, SharedSession, SharedSubscription } from '../ports/sessions.ts'
import { withTimeout } from '../storage/with-timeout.ts'
import type { Session, SessionRegistry } from './session-registry.ts'

export interface SharedSessionsOptions {
  /** null: this process tells nobody. */
  readonly store: SessionStore | null
  readonly sessions: SessionRegistry
  readonly clock: Clock
  readonly logger: Logger
  /** This process, where there is no store that names it. */
  readonly origin: string
}

/** How many processes there are, and clients at all of them. */
export interface SessionCount {
  readonly processes: number
  readonly sessions: number
}

/** The sessions of this process as others see them, and those of others as they are seen here. Nothing waits for the store. */
export interface SharedSessions {
  /** It was opened or has ended, or what it is subscribed to is another. */
  changed(session: Pick<Session, 'id'>): void
  /** null where nobody knows, or the store does not answer. */
  recall(id: string): Promise<readonly SharedSubscription[] | null>
  list(team: string, page: PageRequest): Promise<Page<SharedSession>>
  /** As last counted; null while the store does not answer. */
  readonly count: SessionCount | null
  start(): void
  /** Nothing is told from now on: what ends with this process has not been left by its client. */
  stop(): void
}

/** Changes of so long go together, in ms. */
const EVERY_MS = 250
const COUNT_EVERY = 20
const AT_ONCE = 100
const RECALL_MS = 1_000

export const createSharedSessions = ({ store, sessions, clock, logger, origin }: SharedSessionsOptions): SharedSessions => {
  const untold = new Set<string>()
  let isStopped = false
  let cancel = (): void => {}
  let counted: SessionCount | null = null
  let isAway = false

  const tell = async (to: SessionStore, id: string): Promise<void> => {
    untold.delete(id)
    const session = sessions.get(id)
    try {
      if (session === undefined) await to.delete(id)
      else await to.save(toShared(session))
    } catch (thrown) {
      if (!isStopped) untold.add(id)
      throw thrown
    }
  }

  const tellAll = async (to: SessionStore): Promise<void> => {
    for (const ids = [...untold]; ids.length > 0 && !isStopped; )
      await Promise.all(ids.splice(0, AT_ONCE).map((id) => tell(to, id)))
  }

  const turn = async (to: SessionStore, number: number): Promise<void> => {
    try {
      await tellAll(to)
      if (number % COUNT_EVERY === 0) counted = await to.count()
      isAway = false
    } catch (thrown) {
      counted = null
      if (!isAway) logger.warn({ store: to.name, error: String(thrown) }, 'Sessions are not shared while their store is away.')
      isAway = true
    }
  }

  const schedule = (to: SessionStore, number: number): void => {
    if (isStopped) return
    cancel = clock.setTimer(EVERY_MS, () => void turn(to, number).then(() => schedule(to, number + 1)))
  }

  const listOwn = (team: string, { limit, cursor }: PageRequest): Page<SharedSession> => {
    const behind = [...sessions.all()]
      .filter((session) => session.team === team && (cursor === undefined || compareBytes(session.id, cursor) > 0))
      .toSorted((a, b) => compareBytes(a.id, b.id))
    const items = behind.slice(0, limit).map((session) => ({ ...toShared(session), process: origin }))
    return { items, next: behind.length > limit ? (items.at(-1)?.id ?? null) : null }
  }

  /** The store's pages are of all teams. */
  const listShared = async (from: SessionStore, team: string, { limit, cursor }: PageRequest): Promise<Page<SharedSession>> => {
    const items: SharedSession[] = []
    let next = cursor ?? null
    do {
      const page: Page<SharedSession> = await from.list({
        limit: limit - items.length,
        ...(next === null ? {} : { cursor: next }),
      })
      items.push(...page.items.filter((session) => session.team === team))
      next = page.next
    } while (next !== null && items.length < limit)
    return { items, next }
  }

  return {
    changed: ({ id }) => {
      if (store !== null && !isStopped) untold.add(id)
    },
    recall: async (id) => {
      if (store === null) return null
      const ask = () => store.load(id)
      const found = await withTimeout({ clock, timeoutMs: RECALL_MS, what: 'The session store did not answer' }, ask).catch(
        () => null,
      )
      return found?.subscriptions ?? null
    },
    list: async (team, page) => (store === null ? listOwn(team, page) : listShared(store, team, page)),
    get count() {
      return store === null ? { processes: 1, sessions: sessions.count } : counted
    },
    start: () => {
      if (store !== null) schedule(store, 0)
    },
    stop: () => {
      isStopped = true
      cancel()
      untold.clear()
    },
  }
}

const toShared = ({ id, team, principal, openedAt, subscriptions }: Session): Omit<SharedSession, 'process'> => ({
  id,
  team,
  userId: principal?.id ?? null,
  openedAt,
  subscriptions: [...subscriptions.values()].map(({ topic: { name, params }, variant }) => ({
    topic: name,
    params: params ?? {},
    variant,
  })),
})
