import { randomUUID } from 'node:crypto'
import { redisBus, redisCache } from '@sightline/adapter-redis'
import { allowAll, createSightline, memoryStorage, memoryStore, type Sightline, silentLogger } from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'
import { scriptedProbe } from '@sightline/core/testing'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { eventually } from './eventually.ts'
import { startOwnRedis } from './redis-server.ts'

vi.setConfig({ testTimeout: 60_000 })

const server = await startOwnRedis()

if ('unavailable' in server) {
  test('answers that processes keep for each other', (context) => context.skip(server.unavailable))
} else {
  const undo: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step()
  })
  afterAll(() => server.stop())

  /** Two processes on one store, which counts how often pages of history are read. */
  const setUp = async () => {
    const store = memoryStore()
    const prefix = randomUUID()
    const reads = { pages: 0 }
    const probe = scriptedProbe({ n: 0 })
    const counted = (): StorageDriver => {
      const storage = memoryStorage({ store })
      const { snapshots } = storage
      const history: typeof snapshots.history = async (...asked) => {
        reads.pages++
        // Long enough for the other one to ask meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 100))
        return snapshots.history(...asked)
      }
      return { ...storage, snapshots: { ...snapshots, history } }
    }
    const start = async (): Promise<Sightline> => {
      const sightline = createSightline({
        access: allowAll(),
        logger: silentLogger(),
        storage: counted(),
        bus: redisBus({ url: server.url, prefix }),
        cache: redisCache({ url: server.url, prefix }),
        apis: { orders: { intervalMs: 3_600_000, regions: { 'us-east': { probe } } } },
      }) as unknown as Sightline
      undo.push(() => sightline.stop({ timeoutMs: 500 }))
      await sightline.start()
      return sightline
    }
    const [a, b] = [await start(), await start()]
    const revisionsAt = async (sightline: Sightline): Promise<readonly number[]> => {
      const input = { api: 'orders', region: 'us-east', limit: 1 }
      const page = await sightline.call({ operation: 'metrics.history', input, as: 'system' })
      return (page as { readonly items: readonly { readonly revision: number }[] }).items.map(({ revision }) => revision)
    }
    const change = async (n: number): Promise<void> => {
      probe.returns({ n })
      await b.call({ operation: 'metrics.pollNow', input: { api: 'orders', region: 'us-east' }, as: 'system' })
      await eventually('the change is stored', () => b.counters().bufferedWrites === 0)
    }
    await eventually('the first document', async () => (await revisionsAt(b)).length === 1)
    return { a, b, reads, revisionsAt, change }
  }

  test('one process reads for both, until a change', async () => {
    const { a, b, reads, revisionsAt, change } = await setUp()
    await change(1)
    reads.pages = 0
    expect(await Promise.all([revisionsAt(a), revisionsAt(b), revisionsAt(a)])).toEqual([[2], [2], [2]])
    expect(await revisionsAt(b)).toEqual([2])
    expect(reads.pages).toBe(1)
    await change(2)
    expect([await revisionsAt(a), await revisionsAt(b)]).toEqual([[3], [3]])
    expect(reads.pages).toBe(2)
  })

  test('a cache that is frozen, then dead, changes nothing but speed', async () => {
    const { a, b, revisionsAt, change } = await setUp()
    server.freeze()
    try {
      for (let n = 1; n <= 3; n++) {
        await change(n)
        const startedAt = performance.now()
        expect([await revisionsAt(a), await revisionsAt(b)]).toEqual([[n + 1], [n + 1]])
        expect(performance.now() - startedAt).toBeLessThan(5_000)
      }
      expect((await a.health()).checks.cache).toMatchObject({ status: 'degraded', error: expect.any(String) })
    } finally {
      server.thaw()
    }
    await server.kill()
    try {
      await change(4)
      expect([await revisionsAt(a), await revisionsAt(b)]).toEqual([[5], [5]])
    } finally {
      await server.restart()
    }
    await eventually('it is asked again', async () => (await a.health()).checks.cache?.status === 'healthy')
    expect(await revisionsAt(a)).toEqual([5])
  })
}
