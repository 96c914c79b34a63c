import { expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { memoryStorage } from '../../src/memory/index.ts'
import type { StorageDriver } from '../../src/ports/storage.ts'
import { createTestSightline } from '../../src/testing/index.ts'

const apis = { orders: { intervalMs: 1_000, regions: { 'us-east': { url: 'http://127.0.0.1:1/' } } } }

/** A storage that answers every read; its writes fail with this error, where there is one. */
const readable = () => {
  const driver = memoryStorage()
  const { snapshots, commit } = driver
  let failure: SightlineError | null = null
  let once = false
  const fail = (): void => {
    if (failure === null) return
    const thrown = failure
    if (once) failure = null
    throw thrown
  }
  const storage: StorageDriver = {
    ...driver,
    commit: async (commits) => {
      fail()
      return commit(commits)
    },
    snapshots: {
      ...snapshots,
      replace: async (writes) => {
        fail()
        return snapshots.replace(writes)
      },
    },
  }
  return {
    storage,
    fails: (error: SightlineError | null, { onlyOnce = false } = {}) => {
      failure = error
      once = onlyOnce
    },
  }
}

test('a full disk is an outage although reads go on: said once, shown in health, and over when a write succeeds', async () => {
  const { storage, fails } = readable()
  await using t = await createTestSightline({ apis }, { storage })
  let lost = 0
  let restored = 0
  t.sightline.on('storage:lost', () => lost++)
  t.sightline.on('storage:restored', () => restored++)
  await t.clock.advance(15_000)
  fails(new SightlineError('UNAVAILABLE', 'The disk is full.'))
  for (let n = 1; n <= 20; n++) {
    t.probe('orders', 'us-east').returns({ n })
    await t.clock.advance(1_000)
    if (n > 1)
      expect((await t.sightline.health()).checks.storage).toMatchObject({ status: 'unhealthy', error: 'The disk is full.' })
  }
  expect([lost, restored]).toEqual([1, 0])
  fails(null)
  await t.clock.advance(5_000)
  expect([lost, restored]).toEqual([1, 1])
  expect((await t.sightline.health()).checks.storage).toMatchObject({ status: 'healthy', details: { bufferedWrites: 0 } })
})

test('a change that was refused once is found again by the next poll', async () => {
  const { storage, fails } = readable()
  await using t = await createTestSightline({ apis }, { storage })
  await t.clock.advance(2_000)
  fails(new SightlineError('INTERNAL', 'A fault of a moment.'), { onlyOnce: true })
  t.probe('orders', 'us-east').returns({ n: 1 })
  await t.clock.advance(3_000)
  expect(
    await t.sightline.call({ operation: 'metrics.get', input: { api: 'orders', region: 'us-east' }, as: 'system' }),
  ).toMatchObject({ data: { n: 1 } })
  expect(t.sightline.counters().writesDropped).toBe(1)
})

test('a target whose changes are refused again and again makes storage unhealthy, and one line of log', async () => {
  const { storage, fails } = readable()
  const errors: string[] = []
  const quiet = () => {}
  const logger = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (_: object, message: string) => void errors.push(message),
    child: () => logger,
  }
  await using t = await createTestSightline({ apis, logger }, { storage })
  await t.clock.advance(2_000)
  fails(new SightlineError('INVALID_INPUT', 'No such text.'))
  t.probe('orders', 'us-east').returns({ n: 1 })
  await t.clock.advance(10_000)
  expect(errors).toEqual(['A change was refused by storage: No such text.'])
  expect((await t.sightline.health()).checks.storage).toMatchObject({ status: 'unhealthy' })
})
