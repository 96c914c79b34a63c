import { SightlineError } from '../errors.ts'
import type { Cache } from '../ports/cache.ts'
import { type Clock, systemClock } from '../ports/clock.ts'
import type { Json } from '../ports/identity.ts'

/** How much a cache in memory holds, and by which clock what is in it expires. */
export interface MemoryCacheOptions {
  /** @default the system's */
  readonly clock?: Pick<Clock, 'monotonic'>
  /** Beyond this the expired are dropped, then those that were set first. @default 10,000 */
  readonly maxEntries?: number
}

/** A cache in this process's memory. */
export const memoryCache = ({ clock = systemClock(), maxEntries = 10_000 }: MemoryCacheOptions = {}): Cache => {
  /** In the order in which they were set. */
  const entries = new Map<string, { readonly value: Json; readonly expiresAt: number }>()
  let isClosed = false

  const live = (key: string): Json | null => {
    const entry = entries.get(key)
    return entry !== undefined && entry.expiresAt > clock.monotonic() ? entry.value : null
  }

  const makeRoom = (): void => {
    if (entries.size < maxEntries) return
    const now = clock.monotonic()
    for (const [key, { expiresAt }] of entries) if (expiresAt <= now) entries.delete(key)
    for (const key of entries.keys()) {
      if (entries.size < maxEntries) return
      entries.delete(key)
    }
  }

  const checkOpen = (): void => {
    if (isClosed) throw new SightlineError('UNAVAILABLE', 'The memory cache is closed.')
  }

  return {
    name: 'memory',

    get: async (key) => {
      checkOpen()
      return live(key)
    },

    set: async (key, value, { ttlMs, ifAbsent = false }) => {
      checkOpen()
      if (ifAbsent && live(key) !== null) return false
      entries.delete(key)
      makeRoom()
      entries.set(key, { value, expiresAt: clock.monotonic() + ttlMs })
      return true
    },

    delete: async (key) => {
      checkOpen()
      entries.delete(key)
    },

    close: async () => {
      isClosed = true
      entries.clear()
    },
  }
}
