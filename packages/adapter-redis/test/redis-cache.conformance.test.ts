import { randomUUID } from 'node:crypto'
import { redisCache } from '@sightline/adapter-redis'
import { cacheConformance } from '@sightline/conformance'
import { afterAll, describe, test } from 'vitest'
import { startRedis } from './redis-server.ts'

const server = await startRedis()

if ('unavailable' in server) {
  test('cache: redis', (context) => context.skip(server.unavailable))
} else {
  afterAll(() => server.stop())

  cacheConformance({
    name: server.version,
    runner: { describe, test },
    open: async () => {
      const prefix = randomUUID()
      return { cache: () => redisCache({ url: server.url, prefix }), dispose: async () => {} }
    },
  })
}
