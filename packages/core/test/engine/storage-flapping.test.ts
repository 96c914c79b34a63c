import { expect, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import type { Snapshot } from '../../src/ports/snapshots.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'
import { switchableStorage, type Trouble } from './support/switchable-storage.ts'

const names = Array.from({ length: 20 }, (_, index) => `r${index}`)
const url = 'http://127.0.0.1:1/'
const regions = Object.fromEntries(names.map((name) => [name, { url }]))

/** The same numbers on every run. */
const seeded = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

const setUp = async () => {
  const store = memoryStore()
  const storage = switchableStorage(memoryStorage({ store }))
  const reader = memoryStorage({ store })
  await reader.connect({ collections: [], format: { writes: 1, reads: 1 } })
  const t = await createTestSightline(
    {
      apis: { orders: { intervalMs: 500, regions } },
      tuning: { storageTimeoutMs: 150 },
    },
    { storage },
  )
  return { t, storage, reader }
}

const keyOf = (region: string) => ({ team: 'default', api: 'orders', region })

test.each([1, 13, 20])(
  'storage that changes its mind every 100 ms for a minute, under load (%i): nothing acknowledged is lost, histories are in order and without repetition, the latest is the end of its history',
  async (seed) => {
    const { t, storage, reader } = await setUp()
    await using _ = t
    const random = seeded(seed)
    const observed = new Map<string, string[]>(names.map((name) => [name, []]))
    const acknowledged: Snapshot[] = []
    const told: string[] = []
    t.sightline.on('storage:lost', () => void told.push('lost'))
    t.sightline.on('storage:restored', () => void told.push('restored'))
    const { replace } = storage.snapshots
    Object.assign(storage.snapshots, {
      replace: async (...writes: Parameters<typeof replace>) => {
        const outcomes = await replace(...writes)
        for (const outcome of outcomes) if (outcome.ok) acknowledged.push(outcome.record)
        return outcomes
      },
    })
    // Of few values, so that documents come back to what they were.
    for (const name of names) {
      t.probe('orders', name).answers(() => {
        const value = { n: Math.floor(random() * 3) }
        const text = JSON.stringify(value)
        const seen = observed.get(name)
        if (seen !== undefined && seen.at(-1) !== text) seen.push(text)
        return { outcome: 'value', value, latencyMs: 1, values: {} }
      })
    }
    const troubles: readonly Trouble[] = ['none', 'none', 'refuses', 'hangs', 'loses-answers']
    for (let ms = 0; ms < 60_000; ms += 100) {
      storage.trouble = troubles[Math.floor(random() * troubles.length)] as Trouble
      await t.clock.advance(100)
    }
    storage.trouble = 'none'
    await t.clock.advance(10_000)

    const { bufferedWrites, writesDropped, polls } = t.sightline.counters()
    expect({ bufferedWrites, writesDropped }).toEqual({ bufferedWrites: 0, writesDropped: 0 })
    expect(polls).toBeGreaterThan(20 * 120)
    expect(acknowledged.length).toBeGreaterThan(200)
    expect(told.length).toBeGreaterThan(10)
    expect(told.at(-1)).toBe('restored')
    for (const name of names) {
      const [latest] = await reader.snapshots.load([keyOf(name)])
      const { items } = await reader.snapshots.history(keyOf(name), { limit: 500 })
      const oldestFirst = [...items].reverse()
      // Every change that was observed, in order, each once.
      expect(
        oldestFirst.map(({ body }) => body),
        name,
      ).toEqual(observed.get(name))
      expect(oldestFirst.map(({ version }) => version.revision)).toEqual(oldestFirst.map((_, index) => index + 1))
      expect(oldestFirst.map(({ at }) => at)).toEqual(oldestFirst.map(({ at }) => at).sort((a, b) => a - b))
      expect(latest).toEqual(items[0])
    }
    const written = new Map<string, Snapshot>()
    for (const name of names)
      for (const entry of (await reader.snapshots.history(keyOf(name), { limit: 500 })).items)
        written.set(`${name} ${entry.version.epoch} ${entry.version.revision}`, entry)
    for (const record of acknowledged)
      expect(written.get(`${record.key.region} ${record.version.epoch} ${record.version.revision}`)).toEqual(record)
  },
  60_000,
)

test('a buffer that overflows while storage flaps: what was dropped is counted, and the end is what the provider says', async () => {
  const store = memoryStore()
  const storage = switchableStorage(memoryStorage({ store }))
  await using t = await createTestSightline(
    {
      apis: { orders: { intervalMs: 500, regions } },
      tuning: { storageTimeoutMs: 150, maxBufferedWrites: 8 },
    },
    { storage },
  )
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  for (const name of names) await transport.subscribe(session, 'orders', name)
  await t.clock.advance(2_000)
  storage.trouble = 'refuses'
  for (let n = 1; n <= 6; n++) {
    for (const name of names) t.probe('orders', name).returns({ n })
    await t.clock.advance(500)
    expect(t.sightline.counters().bufferedWrites).toBeLessThanOrEqual(8)
  }
  const before = t.sightline.counters()
  storage.trouble = 'none'
  await t.clock.advance(10_000)
  const after = t.sightline.counters()
  expect(after.writesDropped).toBeGreaterThanOrEqual(6 * 20 - 8 - 20)
  expect(after.bufferedWrites).toBe(0)
  expect(before.writesDropped).toBeGreaterThan(0)
  // Twenty targets and room for eight: the latest of twelve had to go, and was found again by the next poll.
  for (const name of names) {
    expect(
      await t.sightline.call({ operation: 'metrics.get', input: { api: 'orders', region: name }, as: 'system' }),
    ).toMatchObject({ data: { n: 6 } })
    const last = transport
      .framesOf(session)
      .filter((frame) => frame.topic.endsWith(`region=${name}`))
      .at(-1)
    expect(last).toMatchObject({ data: { data: { n: 6 } } })
    expect(last).not.toHaveProperty('provisional')
  }
})
