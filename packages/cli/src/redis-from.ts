import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import process from 'node:process'
import type { Bus, Cache, Scheduler, SessionStore } from '@sightline/core/ports'

/** What several processes share through Redis. */
export interface RedisParts {
  readonly bus: Bus
  readonly cache: Cache
  readonly sessions: SessionStore
  readonly scheduler: Scheduler
}

/**
 * Bus, cache, sessions and scheduler on the server that `REDIS_HOST` names. Nothing is connected before they are used.
 *
 * @example createSightline({ ...config, ...(await redisFrom('redis://127.0.0.1:6379')) })
 */
export const redisFrom = async (url: string): Promise<RedisParts> => {
  // Who has no Redis need not wait for BullMQ to load.
  const [{ redisBus, redisCache, redisSessions }, { bullScheduler }] = await Promise.all([
    import('@sightline/adapter-redis'),
    import('@sightline/adapter-redis/bull'),
  ])
  // Containers have process ids of their own, and may share a host name.
  const name = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`
  return {
    bus: redisBus({ url }),
    cache: redisCache({ url }),
    sessions: redisSessions({ url, process: name }),
    scheduler: bullScheduler({ connection: url }),
  }
}
