import type { FeedItem, StorageDriver } from '@sightline/core/ports'
import { expect, onTestFinished, vi } from 'vitest'

/** What a feed has told so far. */
export interface Watching {
  readonly items: readonly FeedItem[]
  readonly gaps: () => number
  /** The heads told, each as often as it was. */
  readonly heads: () => readonly string[]
  readonly token: () => string
  until(what: string, fits: () => boolean, timeoutMs?: number): Promise<void>
  stop(): Promise<void>
}

/** Watches until the test is over. Resolves once the feed has told a position. */
export const startWatching = async (
  driver: StorageDriver,
  since?: string,
  stores = ['snapshots', 'test.notes'],
): Promise<Watching> => {
  const items: FeedItem[] = []
  const abort = new AbortController()
  if (driver.watch === undefined) throw new Error('the driver has no feed')
  const ended = driver.watch({ stores, signal: abort.signal, ...(since === undefined ? {} : { since }) }, (item) => {
    items.push(item)
  })
  const stop = async (): Promise<void> => {
    abort.abort()
    await ended
  }
  onTestFinished(stop)
  const until = (what: string, fits: () => boolean, timeout = 30_000): Promise<void> =>
    vi.waitFor(() => expect(fits(), what).toBe(true), { timeout, interval: 20 })
  await until('a position', () => items.some(({ kind }) => kind === 'position'))
  return {
    items,
    gaps: () => items.filter(({ kind }) => kind === 'gap').length,
    heads: () => items.flatMap((item) => (item.kind === 'changed' ? [`${item.head.id} ${item.head.version.revision}`] : [])),
    token: () => {
      const last = items.findLast((item) => item.kind === 'position')
      if (last === undefined) throw new Error('there is no position')
      return last.token
    },
    until,
    stop,
  }
}
