import { expect, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import type { SnapshotStore } from '../../src/ports/snapshots.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { recordingTransport } from '../engine/support/recording-transport.ts'
import { switchableStorage } from '../engine/support/switchable-storage.ts'

const url = 'http://127.0.0.1:1/'
const key = { team: 'default', api: 'orders', region: 'us-east' }

const setUp = async (intervalMs = 500) => {
  const storage = switchableStorage(memoryStorage({ store: memoryStore() }))
  const t = await createTestSightline({ apis: { orders: { intervalMs, regions: { 'us-east': { url } } } } }, { storage })
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  return { t, storage, transport }
}

/** What reads bring comes late, as it was when they began. */
const delayReads = (store: SnapshotStore, wait: () => Promise<void>): void => {
  const { heads, load } = store
  Object.assign(store, {
    heads: async (...args: Parameters<typeof heads>) => {
      const answer = await heads(...args)
      await wait()
      return answer
    },
    load: async (...args: Parameters<typeof load>) => {
      const answer = await load(...args)
      await wait()
      return answer
    },
  })
}

test('reads that are older than writes which won meanwhile rebase nothing, show nothing old and write nothing twice', async () => {
  const { t, storage, transport } = await setUp()
  await using _ = t
  await t.clock.advance(1_000)
  const session = await transport.connect()
  await transport.subscribe(session, 'orders', 'us-east')
  delayReads(storage.snapshots, () => new Promise((resolve) => void t.clock.setTimer(700, resolve)))
  for (let n = 1; n <= 40; n++) {
    t.probe('orders', 'us-east').returns({ n })
    await t.clock.advance(500)
  }
  await t.clock.advance(5_000)
  const revisions = transport.framesOf(session).map((frame) => (frame.kind === 'state' ? frame.version.revision : 0))
  expect(revisions).toEqual(Array.from({ length: 40 }, (_, index) => index + 2))
  expect(transport.framesOf(session).every(({ reset }) => reset === undefined)).toBe(true)
  expect(t.sightline.counters()).toMatchObject({ snapshotWrites: 41, writesConflicted: 0 })
})

test('comparing costs one listing a second, and nothing is read of what agrees', async () => {
  const { t, storage } = await setUp()
  await using _ = t
  await t.clock.advance(1_000)
  const before = new Map(storage.calls)
  await t.clock.advance(20_000)
  expect((storage.calls.get('heads') ?? 0) - (before.get('heads') ?? 0)).toBe(20)
  expect(storage.calls.get('load')).toBe(before.get('load'))
})

test('a target that was removed from storage begins anew with the next poll', async () => {
  const { t, storage } = await setUp()
  await using _ = t
  await t.clock.advance(1_000)
  const [before] = await storage.snapshots.load([key])
  await storage.snapshots.remove([key])
  await t.clock.advance(2_500)
  const [after] = await storage.snapshots.load([key])
  expect(after?.version).toMatchObject({ revision: 1 })
  expect(after?.version.epoch).not.toBe(before?.version.epoch)
})

test('while storage is away nothing is compared', async () => {
  const { t, storage } = await setUp(60_000)
  await using _ = t
  storage.trouble = 'refuses'
  t.probe('orders', 'us-east').returns({ n: 1 })
  await t.sightline.call({ operation: 'metrics.pollNow', input: { api: 'orders', region: 'us-east' }, as: 'system' })
  await t.clock.advance(1_000)
  const calls = storage.calls.get('heads') ?? 0
  await t.clock.advance(10_000)
  expect(storage.calls.get('heads') ?? 0).toBe(calls)
})
