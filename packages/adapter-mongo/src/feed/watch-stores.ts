import type { Clock, FeedItem, Logger, StorageDriver } from '@sightline/core/ports'
import type { StoreAccess } from '../store-access.ts'
import { type FeedTiming, modeOf } from './decide-feed.ts'
import { fromPositionText, toPositionText } from './feed-position.ts'
import { type StoreFeed, storeFeed } from './store-feed.ts'
import { watchedStore } from './watched-store.ts'

interface WatchOptions {
  readonly access: StoreAccess
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'warn'>
  readonly timing: FeedTiming & { readonly pollIntervalMs: number; readonly silentAfterMs: number }
}

/** How often a quiet feed tells its position. */
const positionEveryMs = 1_000
/** At most one warning in this time. */
const warnEveryMs = 60_000

/** The feeds of several stores as one, and the mode that they are in. */
export const watchStores = ({ access, clock, logger, timing }: WatchOptions): NonNullable<StorageDriver['watch']> => {
  let warnedAt = Number.NEGATIVE_INFINITY

  let isWarned = true

  const log = (mode: 'stream' | 'poll' | 'off', reason: string): void => {
    if (mode === 'stream') {
      // What was not warned of is not called off.
      if (isWarned) logger.info({ mode, reason }, 'MongoDB change feed: a change stream')
      isWarned = false
      return
    }
    if (clock.monotonic() - warnedAt < warnEveryMs) return
    warnedAt = clock.monotonic()
    isWarned = true
    logger.warn({ mode, reason }, `MongoDB change feed: ${mode === 'poll' ? 'changes are looked for' : 'interrupted'}`)
  }

  return async ({ stores, since, signal }, sink) => {
    // Refuses at once where there is no connection.
    access.collections()
    const positions = since === undefined ? null : fromPositionText(since)
    if (signal.aborted) return
    for (const store of stores) if (store !== 'snapshots') access.plan(store)
    let mode: string | null = null
    let isOver = false
    const feeds = new Map<string, StoreFeed>()
    const emit = (item: FeedItem): void => {
      if (!isOver) sink(item)
    }
    const stateChanged = (reason: string): void => {
      const next = modeOf([...feeds.values()].map((feed) => feed.state()))
      // While the first streams are being opened there is no mode yet.
      if (next === mode || (next === 'off' && mode === null)) return
      mode = next
      emit({ kind: 'mode', mode: next, reason })
      log(next, reason)
    }
    for (const name of new Set(stores)) {
      const feed = storeFeed({
        store: watchedStore(access.collections, name),
        timing,
        clock,
        now: access.now,
        since: positions?.get(name) ?? null,
        sink: emit,
        stateChanged: (_, reason) => stateChanged(reason),
      })
      feeds.set(name, feed)
    }
    // A store that the position does not know was not watched then.
    for (const name of positions === null ? [] : feeds.keys()) {
      if (positions?.has(name) !== true) emit({ kind: 'gap', reason: `${name}: it was not watched at the position` })
    }
    for (const feed of feeds.values()) feed.start()

    let cancelTimer = (): void => {}
    const tellPosition = (): void => {
      if (mode !== null && mode !== 'off') {
        emit({ kind: 'position', token: toPositionText(new Map([...feeds].map(([name, feed]) => [name, feed.position()]))) })
      }
      cancelTimer = clock.setTimer(mode === null ? 50 : positionEveryMs, tellPosition)
    }
    tellPosition()
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    isOver = true
    cancelTimer()
    for (const feed of feeds.values()) feed.stop()
  }
}
