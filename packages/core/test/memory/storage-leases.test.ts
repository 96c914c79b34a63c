import { leasesConformance } from '@sightline/conformance'
import { describe, expect, test } from 'vitest'
import { leaseDefinition, memoryStorage, memoryStore, storageLeases } from '../../src/memory/index.ts'
import { testClock } from '../../src/testing/fake-clock.ts'

const plan = { collections: [leaseDefinition], format: { writes: 1, reads: 1 } }

leasesConformance({
  name: 'over storage',
  runner: { describe, test },
  open: async () => {
    const store = memoryStore()
    const clock = testClock()
    return {
      leases: async () => {
        const storage = memoryStorage({ store, clock })
        await storage.connect(plan)
        return storageLeases({ storage })
      },
      elapse: (ms) => clock.advance(ms),
      dispose: async () => {},
    }
  },
})

describe('storageLeases', () => {
  test('fences grow over a store that was wiped', async () => {
    const clock = testClock()
    const fences: number[] = []
    for (let life = 0; life < 2; life++) {
      const storage = memoryStorage({ clock })
      await storage.connect(plan)
      fences.push((await storageLeases({ storage }).acquire('a', `holder-${life}`, 1_000))?.fence ?? -1)
      await clock.advance(1)
    }
    expect(fences[1]).toBeGreaterThan(fences[0] as number)
  })

  test('fences grow also where the clock of the storage stands behind them', async () => {
    const clock = testClock()
    const storage = memoryStorage({ clock })
    await storage.connect(plan)
    const leases = storageLeases({ storage })
    const first = await leases.acquire('a', 'one', 1_000)
    await leases.release('a', 'one')
    clock.step(-3_600_000)
    expect((await leases.acquire('a', 'two', 1_000))?.fence).toBe((first?.fence ?? 0) + 1)
  })

  test('a lease outlives its holder by no more than it was asked for, also where the clock of the storage was set back', async () => {
    const clock = testClock()
    const storage = memoryStorage({ clock })
    await storage.connect(plan)
    const leases = storageLeases({ storage })
    await leases.acquire('a', 'one', 1_000)
    clock.step(-3_600_000)
    expect(await leases.acquire('a', 'two', 1_000)).not.toBeNull()
  })

  test('a storage that fails is no "held by another"', async () => {
    const storage = memoryStorage()
    await storage.connect(plan)
    const leases = storageLeases({ storage })
    await storage.close()
    await expect(leases.acquire('a', 'one', 1_000)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
