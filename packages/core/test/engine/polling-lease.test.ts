import { afterEach, expect, test } from 'vitest'
import {
  allowAll,
  createSightline,
  memoryBus,
  memoryNetwork,
  memoryStorage,
  memoryStore,
  type Sightline,
} from '../../src/index.ts'
import { scriptedProbe, testClock } from '../../src/testing/index.ts'
import { switchableStorage, type Trouble } from './support/switchable-storage.ts'

const disposals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

const target = { api: 'orders', region: 'us-east' }

/** Processes with timers of their own on one store, and no bus between them unless they are given one. */
const installation = ({ withBus = false } = {}) => {
  const store = memoryStore()
  const clock = testClock()
  const network = memoryNetwork()
  return {
    clock,
    join: async (trouble: Trouble = 'none') => {
      const probe = scriptedProbe({ n: 0 })
      const storage = switchableStorage(memoryStorage({ store, clock }), trouble)
      const sightline = createSightline({
        access: allowAll(),
        clock,
        random: () => 0.5,
        storage,
        ...(withBus && { bus: memoryBus({ network }) }),
        apis: { orders: { intervalMs: 1_000, retries: 0, regions: { 'us-east': { probe } } } },
      }) as unknown as Sightline
      const started = sightline.start()
      await clock.advance(10)
      await started
      const stop = async () => {
        const stopped = sightline.stop({ timeoutMs: 100 })
        await clock.advance(2_000)
        await stopped
      }
      disposals.push(stop)
      return { sightline, probe, storage, stop }
    },
  }
}

const historyOf = async (sightline: Sightline): Promise<readonly unknown[]> => {
  const history = (await sightline.call({
    operation: 'metrics.history',
    input: { ...target, limit: 100 },
    as: 'system',
  })) as { readonly items: readonly { readonly data: unknown }[] }
  return history.items.map(({ data }) => data)
}

test('a process whose clock is an hour behind its last run stores what changes', async () => {
  const { clock, join } = installation()
  const before = await join()
  await clock.advance(3_000)
  await before.stop()
  clock.step(-3_600_000)
  const after = await join()
  after.probe.returns({ n: 1 })
  await clock.advance(3_000)
  expect(await historyOf(after.sightline)).toEqual([{ n: 1 }, { n: 0 }])
  expect(after.sightline.counters()).toMatchObject({ writesFenced: 0, writesDropped: 0 })
})

test('who starts takes over within a few seconds; when it stops, the elder polls again', async () => {
  const { clock, join } = installation()
  const elder = await join()
  await clock.advance(3_000)
  const younger = await join()
  await clock.advance(4_000)
  const asked = elder.probe.asked
  for (let n = 1; n <= 5; n++) {
    for (const { probe } of [elder, younger]) probe.returns({ n })
    await clock.advance(1_000)
  }
  expect(elder.probe.asked).toBe(asked)
  await younger.stop()
  await clock.advance(4_000)
  elder.probe.returns({ n: 6 })
  await clock.advance(2_000)
  expect(elder.probe.asked).toBeGreaterThan(asked)
  expect(await historyOf(elder.sightline)).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => ({ n })))
})

test('with a bus the elder stands by at once: no interval is polled twice', async () => {
  const { clock, join } = installation({ withBus: true })
  const elder = await join()
  await clock.advance(3_000)
  const younger = await join()
  const asked = elder.probe.asked
  await clock.advance(10_000)
  expect(elder.probe.asked - asked).toBeLessThanOrEqual(1)
  expect(younger.probe.asked).toBeGreaterThanOrEqual(9)
})

test('a process that died is followed within its lease', async () => {
  const { clock, join } = installation()
  const elder = await join()
  const younger = await join()
  await clock.advance(5_000)
  // As killed: it neither polls nor prolongs its lease.
  younger.storage.trouble = 'hangs'
  younger.probe.hangs()
  const asked = elder.probe.asked
  await clock.advance(14_000)
  expect(elder.probe.asked).toBeGreaterThan(asked)
  elder.probe.returns({ n: 1 })
  await clock.advance(2_000)
  expect((await historyOf(elder.sightline))[0]).toEqual({ n: 1 })
  younger.storage.trouble = 'none'
})

test('of four that start at once one polls', async () => {
  const { clock, join } = installation()
  const all = await Promise.all([join(), join(), join(), join()])
  await clock.advance(4_000)
  const before = all.map(({ probe }) => probe.asked)
  await clock.advance(10_000)
  const polled = all.map(({ probe }, index) => probe.asked - (before[index] ?? 0))
  expect(polled.filter((count) => count > 0)).toEqual([10])
})

test('without storage a process polls on, and once it is back who holds the lease goes on alone', async () => {
  const { clock, join } = installation()
  const { sightline, probe, storage } = await join('refuses')
  await clock.advance(60_000)
  expect(probe.asked).toBeGreaterThan(50)
  storage.trouble = 'none'
  probe.returns({ n: 1 })
  await clock.advance(10_000)
  expect((await historyOf(sightline))[0]).toEqual({ n: 1 })
})
