/** Limits of requests that all processes count together, as `serve` takes them. */
export interface SharedRateLimit {
  readonly rateLimit: { readonly requests: number; readonly redis: object }
  close(): void
}

/**
 * Counts requests on the server that `REDIS_HOST` names. While it does not answer, each process counts for itself.
 *
 * @param requests Requests that one address may make in a minute.
 * @example const { rateLimit, close } = await rateLimitFrom('redis://127.0.0.1:6379', 3_000)
 */
export const rateLimitFrom = async (url: string, requests: number): Promise<SharedRateLimit> => {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
  })
  // Without a listener it would end the process; who counts goes on alone.
  redis.on('error', () => {})
  return { rateLimit: { requests, redis }, close: () => redis.disconnect() }
}
