import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible'
import { addressBlock } from './client-address.ts'

/** Requests one address may make. */
export interface RateLimit {
  /** Default 3,000. */
  readonly requests?: number
  /** Default 60,000; with `redis` in whole seconds. */
  readonly windowMs?: number
  /**
   * A client of Redis (ioredis, or `redis`), where all processes count together; used as it is, left open. While it does not answer, each
   * process counts for itself. Default none.
   */
  readonly redis?: object
  /** Begins the keys in Redis. Default `sightline:rate`. */
  readonly redisPrefix?: string
}

export interface RateLimiter {
  /** Counts one request; answers 0, or how many ms to wait. An address that is not known is not limited. */
  take(address: string): Promise<number>
  close(): Promise<void>
}

const REQUESTS = 3_000
const WINDOW_MS = 60_000
/** A request waits this long for Redis, in ms; then none asks it for a while. */
const PATIENCE_MS = 250
const PAUSE_MS = 5_000

/** Counts in memory, for each process by itself, or in Redis for all. `false` limits nothing. */
export const createRateLimiter = (limit: RateLimit | false = {}): RateLimiter => {
  if (limit === false) return { take: async () => 0, close: async () => {} }
  const { requests: points = REQUESTS, windowMs = WINDOW_MS, redis, redisPrefix = 'sightline:rate' } = limit
  const own = new RateLimiterMemory({ points, duration: windowMs / 1000 })
  const shared =
    redis === undefined
      ? null
      : new RateLimiterRedis({
          storeClient: redis,
          rejectIfRedisNotReady: true,
          keyPrefix: redisPrefix,
          points,
          duration: Math.ceil(windowMs / 1000),
        })
  let pausedUntil = Number.NEGATIVE_INFINITY

  const takeOwn = (key: string): Promise<number> => waitOf(own.consume(key))

  const takeShared = async (limiter: RateLimiterRedis, key: string): Promise<number> => {
    try {
      return await soon(waitOf(limiter.consume(key)))
    } catch (thrown) {
      if (thrown instanceof NoAnswer) pausedUntil = performance.now() + PAUSE_MS
      return takeOwn(key)
    }
  }

  return {
    take: async (address) => {
      if (address === '') return 0
      const key = addressBlock(address)
      return shared === null || performance.now() < pausedUntil ? takeOwn(key) : takeShared(shared, key)
    },
    close: async () => {
      // Every counted address has a timer.
      for (const { key } of own.dump().storage) await own.delete(key)
    },
  }
}

/** 0 where it was let in, else how many ms to wait; rejects where nobody could say. */
const waitOf = async (consumed: Promise<RateLimiterRes>): Promise<number> => {
  try {
    await consumed
    return 0
  } catch (refused) {
    if (refused instanceof Error) throw refused
    return Math.max(1, (refused as RateLimiterRes).msBeforeNext)
  }
}

/** Redis is there and says nothing. */
class NoAnswer extends Error {}

const soon = async <T>(answer: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NoAnswer('no answer in time')), PATIENCE_MS)
  })
  answer.catch(() => {})
  try {
    return await Promise.race([answer, patience])
  } finally {
    clearTimeout(timer)
  }
}
