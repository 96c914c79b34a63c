import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { withTimeout } from '../storage/with-timeout.ts'
import type { IncidentCache } from './incident-cache.ts'
import type { IncidentStore } from './incident-store.ts'

/** Those that were resolved within the last day are shown, and at most so many of a team. */
export const SHOWN_RESOLVED_MS = 86_400_000
export const SHOWN = 1_000
/** So many that are not resolved are read, of all teams; and so many at all, to count those of each key. */
const ACTIVE = 20_000
const COUNTED = 5_000
/** Reads at most so often, in ms. */
const FRESH_MS = 2_000
/** What is shown meanwhile would wait as long. */
const SHOW_AFTER_MS = 200

/** Keeps what this process knows of the incidents like what storage holds. */
export interface IncidentFollower {
  /** Reads what is active and what was resolved lately, unless that was done just now. Rejects as storage does. */
  refresh(options?: { readonly force?: boolean }): Promise<void>
  /** As `refresh`; where it was read before, it is given up with `TIMEOUT` after 200 ms, and what is known stands until it ends. */
  refreshSoon(): Promise<void>
  /** Has storage been read at all? */
  readonly isLoaded: boolean
}

export interface IncidentFollowerOptions {
  readonly cache: IncidentCache
  readonly store: IncidentStore
  readonly clock: Clock
  readonly logger: Logger
}

export const createIncidentFollower = ({ cache, store, clock, logger }: IncidentFollowerOptions): IncidentFollower => {
  let reading: Promise<void> | null = null
  let readAt = Number.NEGATIVE_INFINITY
  let isLoaded = false

  /** What was active here, and is not among those that are: somebody ended it, or it is gone. */
  const catchUp = async (active: ReadonlySet<string>, before: readonly (readonly [string, string])[]): Promise<void> => {
    for (const [team, id] of before) {
      if (active.has(JSON.stringify([team, id]))) continue
      const stored = await store.load(team, id)
      if (stored === null) cache.forget(team, id)
      else cache.stored(stored)
    }
  }

  const count = async (): Promise<void> => {
    if (cache.hasCountedAll) return
    const { items, isAll } = await store.listUpTo('system', { index: 'byOpened', equals: {}, order: 'desc' }, COUNTED)
    for (const { team, value } of items) if (value.ordinal > 0) cache.count(team, value.key, value.ordinal)
    if (isAll) cache.countedAll()
  }

  const read = async (): Promise<void> => {
    const before = [...cache.all()]
      .filter(({ record, isStored }) => record.isActive && isStored)
      .map(({ team, record }) => [team, record.incident.id] as const)
    const active = await store.listUpTo('system', { index: 'byActive', equals: { isActive: true }, order: 'desc' }, ACTIVE)
    const since = clock.now() - SHOWN_RESOLVED_MS
    const byResolved = { index: 'byResolved', equals: { isActive: false }, range: { from: since }, order: 'desc' } as const
    const resolved = await store.listUpTo('system', byResolved, SHOWN)
    for (const stored of [...resolved.items, ...active.items]) cache.stored(stored)
    if (active.isAll) await catchUp(new Set(active.items.map(({ team, id }) => JSON.stringify([team, id]))), before)
    await count()
    isLoaded = true
    readAt = clock.monotonic()
  }

  const refresh: IncidentFollower['refresh'] = async ({ force = false } = {}) => {
    if (!force && clock.monotonic() - readAt < FRESH_MS) return
    reading ??= read().finally(() => {
      reading = null
    })
    try {
      await reading
    } catch (thrown) {
      logger.debug({ code: SightlineError.from(thrown).code }, 'Incidents could not be read.')
      throw thrown
    }
  }

  return {
    get isLoaded() {
      return isLoaded
    },
    refresh,
    refreshSoon: () =>
      isLoaded ? withTimeout({ clock, timeoutMs: SHOW_AFTER_MS, what: 'Incidents were not read' }, refresh) : refresh(),
  }
}
