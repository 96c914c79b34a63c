import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { addressBlock } from './client-address.ts'

/** Requests one address may make. */
export interface RateLimit {
  /** Default 3,000. */
  readonly requests?: number
  /** Default 60,000. */
  readonly windowMs?: number
}

export interface RateLimiter {
  /** Counts one request; answers 0, or how many ms to wait. An address that is not known is not limited. */
  take(address: string): Promise<number>
  close(): Promise<void>
}

const REQUESTS = 3_000
const WINDOW_MS = 60_000

/** Counts in memory, for each process by itself. `false` limits nothing. */
export const createRateLimiter = (limit: RateLimit | false = {}): RateLimiter => {
  if (limit === false) return { take: async () => 0, close: async () => {} }
  const limiter = new RateLimiterMemory({
    points: limit.requests ?? REQUESTS,
    duration: (limit.windowMs ?? WINDOW_MS) / 1000,
  })
  return {
    take: async (address) => {
      if (address === '') return 0
      try {
        await limiter.consume(addressBlock(address))
        return 0
      } catch (refused) {
        return Math.max(1, (refused as RateLimiterRes).msBeforeNext)
      }
    },
    close: async () => {
      // Every counted address has a timer.
      for (const { key } of limiter.dump().storage) await limiter.delete(key)
    },
  }
}
