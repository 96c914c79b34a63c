import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Head } from '../ports/identity.ts'
import type { FeedItem, StorageDriver } from '../ports/storage.ts'

/** How many changes a feed can at least be resumed over. */
const keptChanges = 10_000
/** How often a quiet feed tells its position. */
const positionEveryMs = 1_000

/** The latest changes of a store, numbered from 1, and who waits for the next. */
export interface FeedLog {
  readonly changes: { readonly position: number; readonly store: string; readonly head: Head }[]
  position: number
  readonly watchers: Set<() => void>
}

export const memoryFeedLog = (): FeedLog => ({ changes: [], position: 0, watchers: new Set() })

export const recordChange = (log: FeedLog, store: string, head: Head): void => {
  log.changes.push({ position: ++log.position, store, head })
  // At twice the size, so that forgetting costs next to nothing a change.
  if (log.changes.length >= 2 * keptChanges) log.changes.splice(0, keptChanges)
  for (const wake of log.watchers) wake()
}

interface FeedOptions {
  readonly log: FeedLog
  readonly clock: Pick<Clock, 'setTimer'>
  /** Throws unless the driver is connected. */
  checkConnected(): void
}

/** Items are handed over in a later microtask, so that a sink never runs inside a write. */
export const memoryWatch =
  ({ log, clock, checkConnected }: FeedOptions): NonNullable<StorageDriver['watch']> =>
  async ({ stores, since, signal }, sink) => {
    checkConnected()
    if (signal.aborted) return
    let position = since === undefined ? log.position : resumePosition(log, since)
    if (position === null) {
      sink({ kind: 'gap', reason: 'the position is no longer known' })
      position = log.position
    }
    let told = position

    const handOver = (): void => {
      if (signal.aborted) return
      for (const change of log.changes.slice(Math.max(0, log.changes.length - (log.position - told)))) {
        told = change.position
        if (stores.includes(change.store)) sink({ kind: 'changed', store: change.store, head: change.head })
      }
      sink({ kind: 'position', token: toToken(told) })
    }

    let isWoken = false
    const wake = (): void => {
      if (isWoken) return
      isWoken = true
      queueMicrotask(() => {
        isWoken = false
        handOver()
      })
    }

    let cancelTimer = (): void => {}
    const tick = (): void => {
      cancelTimer = clock.setTimer(positionEveryMs, () => {
        handOver()
        tick()
      })
    }

    sink({ kind: 'mode', mode: 'stream', reason: 'the store is in this process' } satisfies FeedItem)
    handOver()
    log.watchers.add(wake)
    tick()
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    log.watchers.delete(wake)
    cancelTimer()
  }

const toToken = (position: number): string => `memory:${position}`

const resumePosition = (log: FeedLog, token: string): number | null => {
  const position = /^memory:\d+$/.test(token) ? Number(token.slice('memory:'.length)) : Number.NaN
  if (Number.isNaN(position)) throw new SightlineError('INVALID_INPUT', 'The position is not one of this feed.')
  const oldest = log.changes[0]?.position ?? log.position + 1
  return position <= log.position && position >= oldest - 1 ? position : null
}
