import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/memory/index.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'
import { switchableStorage } from './support/switchable-storage.ts'

const regionNames = Array.from({ length: 1_000 }, (_, index) => `r${index}`)
const regions = Object.fromEntries(regionNames.map((name) => [name, { url: 'http://127.0.0.1:1/' }]))

test('1,000 targets, ten unchanged polls each: nothing is written and nothing is sent after the first', async () => {
  const storage = switchableStorage(memoryStorage())
  await using t = await createTestSightline({ apis: { orders: { intervalMs: 1_000, regions } } }, { storage })
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  for (const name of regionNames) {
    t.probe('orders', name).answers(() => ({
      outcome: 'bytes',
      bytes: new TextEncoder().encode(`{ "region": "${name}", "open": 3 }`),
      latencyMs: 1,
      values: {},
    }))
    await transport.subscribe(session, 'orders', name)
  }
  await t.clock.advance(1_000)
  const { polls } = t.sightline.counters()
  expect(polls).toBe(1_000)
  // The last changes of the second are still in their batch.
  await t.clock.advance(20)
  expect(t.changes).toHaveLength(1_000)
  const { broadcasts, snapshotWrites } = t.sightline.counters()
  expect(snapshotWrites).toBe(1_000)
  const writes = storage.calls.get('replace')
  transport.clear()

  await t.clock.advance(10_000)
  expect(t.sightline.counters().polls).toBeGreaterThanOrEqual(11_000)
  expect(t.sightline.counters()).toMatchObject({ snapshotWrites: 1_000, broadcasts })
  expect(storage.calls.get('replace')).toBe(writes)
  expect(transport.received).toEqual([])
  expect(t.changes).toHaveLength(1_000)
})

test('what differs only in key order, white space, number spelling, ignored fields or within a deadband is no change', async () => {
  const api = {
    intervalMs: 1_000,
    ignore: ['generatedAt'],
    deadband: { load: 0.5 },
    regions: { 'us-east': { url: 'http://127.0.0.1:1/' } },
  }
  await using t = await createTestSightline({ apis: { orders: api } })
  const answer = (text: string) =>
    t
      .probe('orders', 'us-east')
      .answers(() => ({ outcome: 'bytes', bytes: new TextEncoder().encode(text), latencyMs: 1, values: {} }))
  for (const text of [
    '{"open":3,"load":1,"generatedAt":1}',
    '{"load":1,"open":3,"generatedAt":1}',
    '{ "open": 3,\n "load": 1, "generatedAt": 1 }',
    '{"open":3.0,"load":1e0,"generatedAt":1}',
    '{"open":3,"load":1,"generatedAt":2}',
    '{"open":3,"load":1.4,"generatedAt":1}',
  ]) {
    answer(text)
    await t.clock.advance(1_000)
  }
  expect(t.changes).toHaveLength(1)
  answer('{"open":3,"load":1.6,"generatedAt":1}')
  await t.clock.advance(1_000)
  expect(t.changes.map(({ revision }) => revision)).toEqual([1, 2])
})
