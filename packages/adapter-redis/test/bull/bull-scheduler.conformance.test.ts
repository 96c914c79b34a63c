import { randomUUID } from 'node:crypto'
import { bullScheduler } from '@sightline/adapter-redis/bull'
import { schedulerConformance } from '@sightline/conformance'
import { Redis } from 'ioredis'
import { afterAll, describe, test, vi } from 'vitest'
import { shardOf } from '../../src/bull/schedule-place.ts'
import { startRedis } from '../redis-server.ts'

vi.setConfig({ testTimeout: 120_000 })

const server = await startRedis()

if ('unavailable' in server) {
  test('scheduler: bullmq', (context) => context.skip(server.unavailable))
} else {
  const admin = new Redis(server.url)

  afterAll(async () => {
    admin.disconnect()
    await server.stop()
  })

  schedulerConformance({
    name: `bullmq on ${server.version}`,
    runner: { describe, test },
    open: async () => {
      const prefix = randomUUID()
      return {
        scheduler: () => bullScheduler({ connection: server.url, prefix, leaseMs: 1_000 }),
        takeOver: async (id) => {
          const shard = shardOf(id, 8)
          const key = `${prefix}:scheduler:leases:east`
          const fence = Number(await admin.hget(key, `${shard}:fence`))
          await admin.hset(key, {
            [`${shard}:holder`]: 'another',
            [`${shard}:until`]: '0',
            [`${shard}:fence`]: String(fence + 1),
          })
        },
        dispose: async () => {},
      }
    },
    exceptions: [
      {
        test: 'missed ticks: a step of the wall clock makes neither a burst nor a stall',
        reason:
          'BullMQ goes by the wall clock of its processes, which a test cannot step; set back, its jobs wait until it has caught up',
      },
    ],
  })
}
