export type { RedisSource } from './connection.ts'
export { type RedisBusOptions, redisBus } from './redis-bus.ts'
export { type RedisCache, type RedisCacheOptions, redisCache } from './redis-cache.ts'
export { type RedisLeases, type RedisLeasesOptions, redisLeases } from './redis-leases.ts'
