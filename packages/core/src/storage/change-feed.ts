import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import { backoffMs } from '../polling/backoff.ts'
import type { Clock } from '../ports/clock.ts'
import type { Head } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { FeedItem, StorageDriver } from '../ports/storage.ts'

/** How this process learns what others store: from the database's own feed, or without one by the bus and by comparing heads. */
export type FeedMode = Extract<FeedItem, { readonly kind: 'mode' }>['mode']

export interface ChangeFeedOptions {
  readonly driver: Pick<StorageDriver, 'name' | 'watch'>
  readonly stores: readonly string[]
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  onChanged(store: string, head: Head): void
  /** Something may be missing: compare heads. */
  onGap(): void
}

/** Watches the database's own change feed for as long as there is one. */
export interface ChangeFeed {
  readonly mode: FeedMode
  /** Why it is in this mode. */
  readonly reason: string
  /** Storage answers: watches, where it can and does not yet. */
  storageUp(): void
  stop(): void
}

/** A server that cannot be watched now may be another one later. */
const UNSUPPORTED_PAUSE_MS = 60_000
/** A feed that has lasted this long was in order: its next trouble is a new one. */
const LASTING_MS = 30_000

export const createChangeFeed = (options: ChangeFeedOptions): ChangeFeed => {
  const { driver, clock, logger } = options
  const closing = new AbortController()
  /** Null until it is known. */
  let mode: FeedMode | null = null
  let reason = 'storage has no change feed'
  let position: string | undefined
  let isWatching = false
  let attempt = 0

  const become = (next: FeedMode, because: string): void => {
    reason = because.replace(/\.$/, '')
    if (next === mode) return
    logger.info({ storage: driver.name, mode: next, before: mode }, `The change feed is ${next}: ${reason}.`)
    mode = next
  }

  const take = (item: FeedItem): void => {
    if (closing.signal.aborted) return
    if (item.kind === 'changed') options.onChanged(item.store, item.head)
    else if (item.kind === 'position') position = item.token
    else if (item.kind === 'gap') options.onGap()
    else become(item.mode, item.reason)
  }

  /** Resolves with how long to wait before it is tried again, in ms. */
  const watchOnce = async (watch: NonNullable<StorageDriver['watch']>): Promise<number> => {
    const startedAt = clock.monotonic()
    try {
      await watch(
        { stores: options.stores, signal: closing.signal, ...(position === undefined ? {} : { since: position }) },
        take,
      )
      return 0
    } catch (thrown) {
      const { code, message } = SightlineError.from(thrown)
      become('off', message)
      // A position that the feed does not know any more is no way to begin again.
      if (code === 'INVALID_INPUT') position = undefined
      if (code === 'UNSUPPORTED') return UNSUPPORTED_PAUSE_MS
      if (clock.monotonic() - startedAt >= LASTING_MS) attempt = 0
      return backoffMs({ attempt: attempt++, baseMs: 250, capMs: 30_000, random: options.random })
    }
  }

  const keepWatching = async (watch: NonNullable<StorageDriver['watch']>): Promise<void> => {
    while (!closing.signal.aborted) {
      const pauseMs = await watchOnce(watch)
      await pause(pauseMs, { clock, signals: [closing.signal] })
      if (pauseMs < UNSUPPORTED_PAUSE_MS && !closing.signal.aborted) options.onGap()
    }
  }

  return {
    get mode() {
      return mode ?? 'off'
    },
    get reason() {
      return reason
    },
    storageUp: () => {
      const watch = driver.watch?.bind(driver)
      if (watch === undefined || isWatching || closing.signal.aborted) return
      isWatching = true
      void keepWatching(watch)
    },
    stop: () => closing.abort(),
  }
}
