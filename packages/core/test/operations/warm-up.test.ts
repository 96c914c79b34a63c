import { expect, onTestFinished, test, vi } from 'vitest'
import {
  allowAll,
  createSightline,
  memoryCache,
  memoryStorage,
  memoryStore,
  type Sightline,
  silentLogger,
} from '../../src/index.ts'
import type { Cache, StorageDriver } from '../../src/ports/index.ts'
import { scriptedProbe } from '../../src/testing/index.ts'

const regions = ['us-east', 'us-west', 'eu-west'] as const

/** Counts how often pages of history are read; what it does with them is up to `before`. */
const counted = (store: ReturnType<typeof memoryStore>, before: () => Promise<void> = async () => {}) => {
  const storage = memoryStorage({ store })
  const reads = { pages: 0 }
  const history: StorageDriver['snapshots']['history'] = async (...asked) => {
    reads.pages++
    await before()
    return storage.snapshots.history(...asked)
  }
  return { reads, storage: { ...storage, snapshots: { ...storage.snapshots, history } } }
}

const start = async (storage: StorageDriver, cache?: Cache): Promise<Sightline> => {
  const probe = () => scriptedProbe({ n: 1 })
  const sightline = createSightline({
    access: allowAll(),
    logger: silentLogger(),
    storage,
    ...(cache === undefined ? {} : { cache }),
    apis: {
      orders: { intervalMs: 3_600_000, regions: Object.fromEntries(regions.map((region) => [region, { probe: probe() }])) },
    },
  }) as unknown as Sightline
  onTestFinished(() => sightline.stop({ timeoutMs: 500 }))
  await sightline.start()
  return sightline
}

const askAll = (sightline: Sightline) =>
  Promise.all(
    regions.flatMap((region) =>
      [{}, { limit: 2 }].map((page) =>
        sightline.call({ operation: 'metrics.history', input: { api: 'orders', region, ...page }, as: 'system' }),
      ),
    ),
  )

/** A store with a document of each target, whose process is gone. */
const filledStore = async () => {
  const store = memoryStore()
  const first = await start(memoryStorage({ store }))
  for (const region of regions) await first.call({ operation: 'metrics.pollNow', input: { api: 'orders', region }, as: 'system' })
  await vi.waitFor(() => expect(first.counters()).toMatchObject({ changes: regions.length, bufferedWrites: 0 }))
  await first.stop()
  return store
}

test('a process that starts has made what is asked first before anybody asks', async () => {
  const { storage, reads } = counted(await filledStore())
  const sightline = await start(storage, memoryCache())
  await vi.waitFor(() => expect(reads.pages).toBe(6))
  const answers = await askAll(sightline)
  expect(answers).toHaveLength(6)
  for (const answer of answers) expect(answer).toMatchObject({ items: [{ data: { n: 1 }, revision: 1 }], next: null })
  expect(reads.pages).toBe(6)
})

test('without a cache it makes nothing', async () => {
  const { storage, reads } = counted(await filledStore())
  await start(storage)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(reads.pages).toBe(0)
})

test('storage that fails or hangs meanwhile holds nothing up', async () => {
  const store = await filledStore()
  const failing = counted(store, () => Promise.reject(new Error('away')))
  await start(failing.storage, memoryCache())
  await vi.waitFor(() => expect(failing.reads.pages).toBe(1))
  const hanging = counted(store, () => new Promise(() => {}))
  const sightline = await start(hanging.storage, memoryCache())
  await sightline.ready()
  await vi.waitFor(() => expect(hanging.reads.pages).toBe(1))
})

const refuse = (): Promise<never> => Promise.reject(new Error('away'))

for (const [how, failing] of [
  ['answers nothing', { get: refuse, set: refuse }],
  ['takes nothing', { set: refuse }],
] as const) {
  test(`a cache that ${how} is not filled for, however long a read takes`, async () => {
    let isRead = (): void => {}
    const read = new Promise<void>((resolve) => {
      isRead = resolve
    })
    const { storage, reads } = counted(await filledStore(), async () => isRead())
    const { getOrSet: _getOrSet, ...cache } = memoryCache()
    await start(storage, { ...cache, ...failing })
    await read
    // The first question found out. Nothing else reads history here, so that a few turns are enough to see another.
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(reads.pages).toBe(1)
  })
}
