import { expect, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'
import { switchableStorage, type Trouble } from './support/switchable-storage.ts'

const apis = { orders: { intervalMs: 1_000, regions: { 'us-east': { url: 'http://127.0.0.1:1/' } } } }
const ref = { api: 'orders', region: 'us-east' }

const setUp = async (trouble: Trouble, tuning = {}) => {
  const storage = switchableStorage(memoryStorage({ store: memoryStore() }), trouble)
  const t = await createTestSightline({ apis, tuning: { storageTimeoutMs: 500, ...tuning } }, { storage })
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  return { storage, t, transport, session }
}

const history = async (t: Awaited<ReturnType<typeof setUp>>['t']) =>
  (
    (await t.sightline.call({ operation: 'metrics.history', input: { ...ref, limit: 500 }, as: 'system' })) as {
      items: { data: unknown; revision: number }[]
    }
  ).items

for (const trouble of ['refuses', 'hangs'] as const) {
  test(`storage that ${trouble} from the start, for five minutes: the host boots, detection and push go on, everything is stored in order`, async () => {
    const starting = setUp(trouble)
    const { storage, t, transport, session } = await starting
    await using _ = t
    await expect(transport.subscribe(session, 'orders', 'us-east')).resolves.toMatchObject({ pending: true })
    for (let minute = 1; minute <= 5; minute++) {
      t.probe('orders', 'us-east').returns({ minute })
      await t.clock.advance(60_000)
    }
    expect(t.changes.map(({ data, provisional }) => [data, provisional])).toEqual(
      [1, 2, 3, 4, 5].map((minute) => [{ minute }, true]),
    )
    const shown = transport.framesOf(session)
    expect(shown.every((frame) => frame.provisional === true)).toBe(true)
    expect(shown.at(-1)).toMatchObject({ kind: 'state', data: { data: { minute: 5 } } })
    expect((await Promise.all([t.sightline.health(), t.clock.advance(3_000)]))[0]).toMatchObject({
      status: 'unhealthy',
      live: true,
      ready: false,
      checks: { storage: { status: 'unhealthy', details: { bufferedWrites: 5 } } },
    })

    const restored: unknown[] = []
    t.sightline.on('storage:restored', (replay) => void restored.push(replay))
    transport.clear()
    storage.trouble = 'none'
    await t.clock.advance(5_000)
    expect((await history(t)).map(({ data, revision }) => [data, revision])).toEqual(
      [5, 4, 3, 2, 1].map((minute) => [{ minute }, minute]),
    )
    expect(restored).toEqual([{ replayed: 5, dropped: 0 }])
    // Clients are not taken back through what they have seen: one frame, which moves their mark.
    expect(transport.framesOf(session)).toMatchObject([
      { kind: 'state', version: { revision: 5 }, data: { data: { minute: 5 } } },
    ])
    expect((await Promise.all([t.sightline.health(), t.clock.advance(10)]))[0]).toMatchObject({ status: 'healthy', ready: true })
  })
}

test('a write whose answer is lost is repeated under its id, and happened once', async () => {
  const { storage, t } = await setUp('none')
  await using _ = t
  t.probe('orders', 'us-east').returns({ n: 1 })
  await t.clock.advance(1_000)
  storage.trouble = 'loses-answers'
  t.probe('orders', 'us-east').returns({ n: 2 })
  await t.clock.advance(10_000)
  storage.trouble = 'none'
  await t.clock.advance(10_000)
  expect((await history(t)).map(({ data, revision }) => [data, revision])).toEqual([
    [{ n: 2 }, 2],
    [{ n: 1 }, 1],
  ])
})

test('what waits is bounded: history thins out from its oldest, the latest document stays, and what was dropped is counted', async () => {
  const { storage, t } = await setUp('none', { maxBufferedWrites: 10 })
  await using _ = t
  storage.trouble = 'refuses'
  for (let n = 1; n <= 40; n++) {
    t.probe('orders', 'us-east').returns({ n })
    await t.clock.advance(1_000)
  }
  expect(t.sightline.counters().bufferedWrites).toBe(10)
  storage.trouble = 'none'
  await t.clock.advance(10_000)
  const stored = (await history(t)).map(({ data }) => (data as { n: number }).n)
  expect(stored[0]).toBe(40)
  expect(stored).toEqual([...stored].sort((a, b) => b - a))
  expect(t.sightline.counters().writesDropped).toBe(40 - stored.length)
  expect(t.sightline.counters().writesDropped).toBeGreaterThan(0)
})

test('a slow storage does not hold back what is shown', async () => {
  const { storage, t, transport, session } = await setUp('none', { storageTimeoutMs: 5_000 })
  await using _ = t
  await t.clock.advance(1_000)
  await transport.subscribe(session, 'orders', 'us-east')
  storage.trouble = 'hangs'
  t.probe('orders', 'us-east').returns({ n: 2 })
  await t.clock.advance(1_400)
  expect(transport.framesOf(session)).toMatchObject([{ provisional: true, data: { data: { n: 2 } } }])
})

test('what a foreign writer overtook meanwhile is dropped, and the foreign document is what clients are shown', async () => {
  const store = memoryStore()
  const storage = switchableStorage(memoryStorage({ store }))
  const foreign = memoryStorage({ store })
  await foreign.connect({ collections: [], format: { writes: 1, reads: 1 } })
  await using t = await createTestSightline({ apis, tuning: { storageTimeoutMs: 500 } }, { storage })
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  t.probe('orders', 'us-east').returns({ n: 1 })
  await t.clock.advance(1_000)
  await transport.subscribe(session, 'orders', 'us-east')
  storage.trouble = 'refuses'
  t.probe('orders', 'us-east').returns({ n: 2 })
  await t.clock.advance(2_000)
  const key = { team: 'default', ...ref }
  const [current] = await foreign.snapshots.load([key])
  const written = await foreign.snapshots.replace([
    {
      key,
      expected: current?.version ?? null,
      writeId: 'foreign',
      at: t.clock.now() + 60_000,
      body: '{"n":"foreign"}',
      hash: 'f'.repeat(40),
      fence: current?.fence ?? 0,
      detector: 'x',
    },
  ])
  expect(written).toMatchObject([{ ok: true }])
  t.probe('orders', 'us-east').returns({ n: 'foreign' })
  storage.trouble = 'none'
  await t.clock.advance(5_000)
  expect((await history(t)).map(({ data }) => data)).toEqual([{ n: 'foreign' }, { n: 1 }])
  // Ours from before, and the poll that saw the foreign document while storage was still away.
  expect(t.sightline.counters().writesDropped).toBe(2)
  expect(transport.framesOf(session).at(-1)).toMatchObject({ version: { revision: 2 }, data: { data: { n: 'foreign' } } })
})
