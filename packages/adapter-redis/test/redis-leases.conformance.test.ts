import { randomUUID } from 'node:crypto'
import { type RedisLeases, redisLeases } from '@sightline/adapter-redis'
import { leasesConformance } from '@sightline/conformance'
import { afterAll, describe, test } from 'vitest'
import { startRedis } from './redis-server.ts'

const server = await startRedis()

if ('unavailable' in server) {
  test('leases: redis', (context) => context.skip(server.unavailable))
} else {
  afterAll(() => server.stop())

  leasesConformance({
    name: server.version,
    runner: { describe, test },
    open: async () => {
      const prefix = randomUUID()
      const opened: RedisLeases[] = []
      return {
        leases: async () => {
          const leases = redisLeases({ url: server.url, prefix })
          opened.push(leases)
          return leases
        },
        dispose: async () => {
          for (const leases of opened) await leases.close()
        },
      }
    },
  })
}
