import type { Bus, Cache, Scheduler } from '@sightline/core/ports'

/** What several processes share through Redis. */
export interface RedisParts {
  readonly bus: Bus
  readonly cache: Cache
  readonly scheduler: Scheduler
}

/**
 * Bus, cache and scheduler on the server that `REDIS_HOST` names. Nothing is connected before they are used.
 *
 * @example createSightline({ ...config, ...(await redisFrom('redis://127.0.0.1:6379')) })
 */
export const redisFrom = async (url: string): Promise<RedisParts> => {
  // Who has no Redis need not wait for BullMQ to load.
  const [{ redisBus, redisCache }, { bullScheduler }] = await Promise.all([
    import('@sightline/adapter-redis'),
    import('@sightline/adapter-redis/bull'),
  ])
  return { bus: redisBus({ url }), cache: redisCache({ url }), scheduler: bullScheduler({ connection: url }) }
}
