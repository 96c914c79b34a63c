import { randomUUID } from 'node:crypto'
import { SightlineError } from '@sightline/core'
import type { Cache, Json } from '@sightline/core/ports'
import { openConnection, type RedisSource } from './connection.ts'
import { fromStored, toKeyPart, toStored } from './text.ts'

export interface RedisCacheOptions extends RedisSource {
  /** Begins every key. @default 'sightline' */
  readonly prefix?: string
  /** How long a value lives where nobody says, in ms. @default 3,600,000, an hour */
  readonly defaultTtlMs?: number
  /** How long one process may fill a value before another may try, in ms. @default 10,000 */
  readonly fillMs?: number
  /** How long the server may take to answer one call, in ms. @default 2,000 */
  readonly timeoutMs?: number
}

/** The cache port, and what Redis can do beyond it. */
export interface RedisCache extends Cache {
  set(key: string, value: Json, options?: { readonly ttlMs?: number; readonly ifAbsent?: boolean }): Promise<boolean>
  /**
   * The value; where there is none, `fill` makes it, in one of all the processes that ask, and the others wait for it. A `fill` that
   * rejects rejects for its own process, and the next one tries. What was set or deleted while it ran stands: its value is then returned,
   * and not stored. While the server is away every process fills for itself.
   */
  getOrSet(key: string, fill: () => Promise<Json>, options?: { readonly ttlMs?: number }): Promise<Json>
  /** Sets many where they are absent, in one round trip: what a process that starts knows already. */
  warm(entries: Iterable<readonly [key: string, value: Json]>, options?: { readonly ttlMs?: number }): Promise<void>
}

/** KEYS: value, claim. ARGV: claim, value, ttl in ms. Stores what was filled, unless something was set or deleted meanwhile. */
const fillScript = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

/** KEYS: claim. ARGV: claim. */
const giveUpScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`

/** How long one that waits for another process's value waits between two looks, in ms. */
const LOOK_MS = 25
const LONGEST_LOOK_MS = 200
/** A hundred years: the server refuses times beyond what it can count. */
const LONGEST_TTL_MS = 3_155_760_000_000

/**
 * The cache on Redis. Keys: `<prefix>:cache:<key>`, and `<prefix>:fill:<key>` while a value is being filled.
 *
 * @throws SightlineError `UNAVAILABLE` from get, set and delete while the server does not answer.
 * @example
 * const cache = redisCache({ client })
 * const report = await cache.getOrSet('report:today', () => makeReport(), { ttlMs: 60_000 })
 */
export const redisCache = (options: RedisCacheOptions): RedisCache => {
  const { prefix = 'sightline', defaultTtlMs = 3_600_000, fillMs = 10_000, timeoutMs = 2_000, ...source } = options
  const connection = openConnection({ ...source, what: 'The Redis cache', timeoutMs })
  const filling = new Map<string, Promise<Json>>()

  const valueKey = (key: string): string => `${prefix}:cache:${toKeyPart(key)}`
  const claimKey = (key: string): string => `${prefix}:fill:${toKeyPart(key)}`
  const toTtl = (ttlMs = defaultTtlMs): number => {
    if (!(ttlMs > 0)) throw new SightlineError('INVALID_INPUT', `ttlMs must be more than 0, not ${ttlMs}.`)
    return Math.min(Math.ceil(ttlMs), LONGEST_TTL_MS)
  }

  const get = async (key: string): Promise<Json | null> => {
    const stored = await connection.run((redis) => redis.get(valueKey(key)))
    return stored === null ? null : fromStored(stored)
  }

  /** Fills here, or waits for who does. Every turn somebody holds the claim, at most `fillMs`, so this ends. */
  const fillOnce = async (key: string, fill: () => Promise<Json>, ttl: number): Promise<Json> => {
    const claim = randomUUID()
    for (let lookMs = LOOK_MS; ; lookMs = Math.min(lookMs * 2, LONGEST_LOOK_MS)) {
      const won = await connection.run((redis) => redis.set(claimKey(key), claim, 'PX', fillMs, 'NX'))
      // Whoever held the claim may have stored the value before it was won here.
      const found = await get(key)
      if (found !== null) {
        if (won !== null) await connection.run((redis) => redis.eval(giveUpScript, 1, claimKey(key), claim))
        return found
      }
      if (won !== null) return fillClaimed(key, { claim, fill, ttl })
      await new Promise((resolve) => setTimeout(resolve, lookMs))
    }
  }

  const fillClaimed = async (
    key: string,
    { claim, fill, ttl }: { readonly claim: string; readonly fill: () => Promise<Json>; readonly ttl: number },
  ): Promise<Json> => {
    let value: Json
    try {
      value = await fill()
    } catch (thrown) {
      // Where the server is away too, the claim runs out.
      await connection.run((redis) => redis.eval(giveUpScript, 1, claimKey(key), claim)).catch(() => {})
      throw thrown
    }
    // Losing the cache loses nothing but time.
    await connection
      .run((redis) => redis.eval(fillScript, 2, valueKey(key), claimKey(key), claim, toStored(value), ttl))
      .catch(() => {})
    return value
  }

  const getOrFill = async (key: string, fill: () => Promise<Json>, ttl: number): Promise<Json> => {
    let isFilled: Promise<Json> | null = null
    const fillKnown = (): Promise<Json> => {
      isFilled = fill()
      return isFilled
    }
    try {
      return (await get(key)) ?? (await fillOnce(key, fillKnown, ttl))
    } catch (thrown) {
      if (isFilled !== null || SightlineError.from(thrown).code !== 'UNAVAILABLE') throw thrown
      return fill()
    }
  }

  return {
    name: 'redis',

    get,

    set: async (key, value, { ttlMs, ifAbsent = false } = {}) => {
      const ttl = toTtl(ttlMs)
      const text = toStored(value)
      if (ifAbsent) return (await connection.run((redis) => redis.set(valueKey(key), text, 'PX', ttl, 'NX'))) !== null
      await connection.run((redis) => redis.multi().set(valueKey(key), text, 'PX', ttl).del(claimKey(key)).exec())
      return true
    },

    delete: async (key) => {
      await connection.run((redis) => redis.del(valueKey(key), claimKey(key)))
    },

    getOrSet: (key, fill, { ttlMs } = {}) => {
      const running = filling.get(key)
      if (running !== undefined) return running
      const filled = (async () => getOrFill(key, fill, toTtl(ttlMs)))().finally(() => filling.delete(key))
      filling.set(key, filled)
      return filled
    },

    warm: async (entries, { ttlMs } = {}) => {
      const ttl = toTtl(ttlMs)
      await connection.run((redis) => {
        const pipeline = redis.pipeline()
        for (const [key, value] of entries) pipeline.set(valueKey(key), toStored(value), 'PX', ttl, 'NX')
        return pipeline.exec()
      })
    },

    close: async () => connection.close(),
  }
}
