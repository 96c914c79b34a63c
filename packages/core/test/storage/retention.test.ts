import { expect, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { switchableStorage } from '../engine/support/switchable-storage.ts'

const config = {
  apis: { orders: { intervalMs: 60_000, regions: { 'us-east': { url: 'http://127.0.0.1:1/' } } } },
  retention: { historyDays: 1 },
}

test('history that is older than it is kept is deleted in steps; the latest document stays, however old', async () => {
  const store = memoryStore()
  const storage = switchableStorage(memoryStorage({ store }))
  await using t = await createTestSightline(config, { storage })
  const writer = memoryStorage({ store })
  await writer.connect({ collections: [], format: { writes: 1, reads: 1 } })
  const key = { team: 'default', api: 'orders', region: 'us-east' }
  let version = null
  for (let n = 0; n < 450; n++) {
    const write = {
      key,
      expected: version,
      writeId: `w${n}`,
      at: t.clock.now() - 2 * 86_400_000,
      body: `${n}`,
      hash: `${n}`,
      fence: 0,
      detector: '',
    }
    const [outcome] = await writer.snapshots.replace([write])
    version = outcome?.ok === true ? outcome.record.version : null
  }
  const history = async (): Promise<number> => (await storage.snapshots.history(key, { limit: 1_000 })).items.length
  expect(await history()).toBe(450)
  await t.clock.advance(31_000)
  expect(await history()).toBe(1)
  // 449 of them, two hundred at a time.
  expect(storage.calls.get('prune')).toBe(3)
})

test('storage that fails while history is deleted is tried again in the next round', async () => {
  const storage = switchableStorage(memoryStorage({ store: memoryStore() }))
  await using t = await createTestSightline(config, { storage })
  t.probe('orders', 'us-east').returns({ n: 1 })
  await t.clock.advance(60_000)
  t.probe('orders', 'us-east').returns({ n: 2 })
  await t.clock.advance(60_000)
  const { prune } = storage.snapshots
  Object.assign(storage.snapshots, { prune: () => Promise.reject(new Error('locked')) })
  // A clock that was set is believed after an hour.
  t.clock.step(2 * 86_400_000)
  await t.clock.advance(4_800_000)
  Object.assign(storage.snapshots, { prune })
  await t.clock.advance(600_000)
  expect(
    (await storage.snapshots.history({ team: 'default', api: 'orders', region: 'us-east' }, { limit: 10 })).items,
  ).toHaveLength(1)
})

test('a clock that jumps far ahead for a while deletes nothing', async () => {
  const storage = switchableStorage(memoryStorage({ store: memoryStore() }))
  await using t = await createTestSightline(config, { storage })
  for (let n = 1; n <= 3; n++) {
    t.probe('orders', 'us-east').returns({ n })
    await t.clock.advance(60_000)
  }
  t.clock.step(365 * 86_400_000)
  await t.clock.advance(1_800_000)
  t.clock.step(-365 * 86_400_000)
  await t.clock.advance(6_000_000)
  expect(
    (await storage.snapshots.history({ team: 'default', api: 'orders', region: 'us-east' }, { limit: 10 })).items,
  ).toHaveLength(3)
})
