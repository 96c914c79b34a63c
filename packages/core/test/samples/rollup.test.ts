import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import type { Leadership } from '../../src/leadership.ts'
import { memoryStore } from '../../src/memory/index.ts'
import type { Bucket } from '../../src/ports/samples.ts'
import { fromBytes } from '../../src/samples/bucket-stats.ts'
import { percentilesOf, sumOf } from '../../src/samples/value-stats.ts'
import { testClock } from '../../src/testing/index.ts'
import { type SamplesBench, sampleAt, samplesBench } from './support/samples-bench.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
/** Deterministic, uneven. */
const latencyOf = (at: number): number => Math.round(((at / 1_000) % 977) * 37.7) / 10

const read = (buckets: readonly Bucket[], name = 'latencyMs'): unknown =>
  buckets.map(({ start, stats }) => {
    const value = fromBytes(stats).get(name)
    if (value === undefined) return [start, null]
    return [start, value.count, sumOf(value), value.min, value.max, percentilesOf(value, [0.5, 0.95, 0.99])]
  })

/** What the rollups of these checks must be: within 1 % for percentiles, equal for the rest. */
const expectRollups = (buckets: readonly Bucket[], values: ReadonlyMap<number, number>, resolutionMs: number): void => {
  const byStart = Map.groupBy(values.keys(), (at) => Math.floor(at / resolutionMs) * resolutionMs)
  expect(buckets.map(({ start }) => start)).toEqual([...byStart.keys()].sort((a, b) => a - b))
  for (const { start, stats } of buckets) {
    const expected = (byStart.get(start) ?? []).map((at) => values.get(at) as number).sort((a, b) => a - b)
    const found = fromBytes(stats).get('latencyMs')
    if (found === undefined) throw new Error('There is no latency in it.')
    expect([found.count, found.min, found.max]).toEqual([expected.length, expected[0], expected.at(-1)])
    expect(sumOf(found)).toBeCloseTo(
      expected.reduce((sum, value) => sum + value, 0),
      6,
    )
    for (const share of [0.5, 0.95, 0.99]) {
      const exact = expected[Math.floor(share * (expected.length - 1))] as number
      expect(Math.abs((percentilesOf(found, [share])[0] as number) - exact)).toBeLessThanOrEqual(0.01 * exact)
    }
  }
}

/** Checks every `everyMs`, as time goes by. */
const observeFor = async (t: SamplesBench, ms: number, everyMs = 20_000): Promise<Map<number, number>> => {
  const observed = new Map<number, number>()
  for (let passed = 0; passed < ms; passed += everyMs) {
    const at = t.clock.now()
    t.part.observe(sampleAt(at, latencyOf(at)))
    observed.set(at, latencyOf(at))
    await t.clock.advance(everyMs)
  }
  return observed
}

test('minutes come from checks, hours from minutes, days from hours', async () => {
  const t = await samplesBench()
  await t.part.start()
  const observed = await observeFor(t, DAY + HOUR, 60_000)
  await t.clock.advance(2 * MINUTE)
  expectRollups(await t.buckets(MINUTE), observed, MINUTE)
  expectRollups(await t.buckets(HOUR), observed, HOUR)
  expectRollups(await t.buckets(DAY), new Map([...observed].slice(0, 1_440)), DAY)
  await t.part.stop({ timeoutMs: 1_000 })
  expect(t.clock.pending).toBe(0)
})

test('the last minute is rolled up twenty seconds after its end, by who leads alone', async () => {
  const store = memoryStore()
  const clock = testClock()
  let leads = false
  let tell = (_: boolean): void => {}
  const leadership: Leadership = {
    get isLeading() {
      return leads
    },
    subscribe: (listener) => {
      tell = listener
      return () => {}
    },
  }
  const t = await samplesBench({ store, clock, leadership })
  await t.part.start()
  await observeFor(t, 3 * MINUTE)
  expect(await t.buckets(MINUTE)).toHaveLength(0)
  leads = true
  tell(true)
  await clock.advance(1_000)
  expect(await t.buckets(MINUTE)).toHaveLength(2)
  await clock.advance(19_000)
  expect(await t.buckets(MINUTE)).toHaveLength(3)
})

describe('a process that dies', () => {
  /** Fills a store with an hour and a bit, rolls it up in a process that dies at the n-th call, then in another. */
  const rollUpDyingAt = async (deadAt: number, afterwards: boolean): Promise<{ died: boolean; state: unknown }> => {
    const store = memoryStore()
    const clock = testClock({ now: Date.UTC(2026, 0, 1, 22, 57) })
    const filled = await samplesBench({ store, clock })
    for (let at = clock.now(); at < clock.now() + 70 * MINUTE; at += 20_000) {
      const sample = sampleAt(at, latencyOf(at))
      await filled.driver.samples.append([
        { series: { team: 'default', service: 'checkout', region: 'us-east' }, at, values: sample.values },
      ])
    }
    await clock.advance(72 * MINUTE)
    const first = await samplesBench({ store, clock })
    let calls = 0
    let died = false
    const die = (): void => {
      if (++calls < deadAt) return
      died = true
      throw new SightlineError('UNAVAILABLE', 'The process is dead.')
    }
    if (afterwards) first.after = die
    else first.before = die
    await first.part.start()
    await clock.advance(60_000)
    await first.part.stop({ timeoutMs: 0 })
    const second = await samplesBench({ store, clock })
    await second.part.start()
    await clock.advance(120_000)
    await second.part.stop({ timeoutMs: 0 })
    return {
      died,
      state: [read(await second.buckets(MINUTE)), read(await second.buckets(HOUR)), read(await second.buckets(DAY))],
    }
  }

  test.each([false, true])('at any step leaves what an undisturbed one leaves (after the call: %s)', async (afterwards) => {
    const undisturbed = await rollUpDyingAt(Number.POSITIVE_INFINITY, afterwards)
    const minutes = (undisturbed.state as unknown[][])[0]
    expect(minutes).toHaveLength(70)
    expect((undisturbed.state as unknown[][])[1]).toHaveLength(2)
    expect((undisturbed.state as unknown[][])[2]).toHaveLength(1)
    let deaths = 0
    for (let deadAt = 1; ; deadAt++) {
      const { died, state } = await rollUpDyingAt(deadAt, afterwards)
      if (!died) break
      deaths++
      expect(state).toEqual(undisturbed.state)
    }
    expect(deaths).toBeGreaterThan(15)
  })
})

test('who rolls up again, from whatever mark, changes nothing', async () => {
  const t = await samplesBench()
  await t.part.start()
  await observeFor(t, 3 * HOUR, 60_000)
  await t.clock.advance(2 * MINUTE)
  const before = [read(await t.buckets(MINUTE)), read(await t.buckets(HOUR))]
  const marks = t.driver.collection({ name: 'core.rollup-marks', parse: (raw) => raw as object, indexes: {} })
  const [stored] = await marks.load({ team: '' }, ['marks'])
  await t.driver.commit([
    {
      write: {
        store: 'core.rollup-marks',
        id: 'marks',
        team: '',
        expected: stored?.version ?? null,
        writeId: 'back',
        at: 1,
        value: { minute: Date.UTC(2026, 0, 1), hour: Date.UTC(2026, 0, 1), day: Date.UTC(2026, 0, 1) },
      },
      then: [],
    },
  ])
  t.calls.clear()
  await t.clock.advance(2 * MINUTE)
  expect(t.calls.get('putBuckets')).toBeGreaterThanOrEqual(15)
  expect([read(await t.buckets(MINUTE)), read(await t.buckets(HOUR))]).toEqual(before)
})

test('points that come late are rolled up again: their minutes, hour and day', async () => {
  const t = await samplesBench()
  await t.part.start()
  const observed = await observeFor(t, DAY + 2 * HOUR, 60_000)
  const late = t.clock.now() - 5 * HOUR - 30_000
  t.part.observe(sampleAt(late, 99_999))
  t.part.observe(sampleAt(late + 2 * MINUTE, 77_777))
  await t.clock.advance(3 * MINUTE)
  observed.set(late, 99_999).set(late + 2 * MINUTE, 77_777)
  expectRollups(await t.buckets(MINUTE), observed, MINUTE)
  expectRollups(await t.buckets(HOUR), observed, HOUR)
  const [day] = await t.buckets(DAY)
  expect(fromBytes(day?.stats as Uint8Array).get('latencyMs')).toMatchObject({ count: 1_442, max: 99_999 })
  // The note is gone: there is nothing left to do.
  t.calls.clear()
  await t.clock.advance(2 * MINUTE)
  expect(t.calls.get('putBuckets') ?? 0).toBe(0)
})

test("a follower's points that come after the leader rolled up are not lost, also where it dies right after it stored them", async () => {
  const store = memoryStore()
  const clock = testClock()
  const leader = await samplesBench({ store, clock })
  const follower = await samplesBench({ store, clock, leadership: { isLeading: false, subscribe: () => () => {} } })
  await leader.part.start()
  await follower.part.start()
  const observed = await observeFor(leader, 10 * MINUTE)
  follower.state = 'away'
  const at = clock.now() - 5 * MINUTE + 1
  follower.part.observe(sampleAt(at, 4_321))
  await clock.advance(3 * MINUTE)
  follower.state = 'up'
  follower.after = (name) => {
    // Stored, and nothing after it.
    if (name === 'append') follower.state = 'away'
  }
  follower.part.storageUp?.()
  await clock.advance(3 * MINUTE)
  observed.set(at, 4_321)
  expectRollups(await leader.buckets(MINUTE), observed, MINUTE)
})

test('after an outage what waited is stored before its minutes are rolled up', async () => {
  const t = await samplesBench()
  await t.part.start()
  const observed = await observeFor(t, 5 * MINUTE)
  t.state = 'away'
  for (const [at, value] of await observeFor(t, 50 * MINUTE)) observed.set(at, value)
  t.state = 'up'
  t.calls.clear()
  t.part.storageUp?.()
  for (const [at, value] of await observeFor(t, 20 * MINUTE)) observed.set(at, value)
  await t.clock.advance(2 * MINUTE)
  expectRollups(await t.buckets(MINUTE), observed, MINUTE)
  expectRollups(await t.buckets(HOUR), new Map([...observed].slice(0, 180)), HOUR)
  // Nothing of it was late: no note was made, none was looked up one by one.
  expect(t.calls.get('commit')).toBeLessThan(40)
})

test('months without a sample are skipped in a few steps', async () => {
  const t = await samplesBench()
  await t.part.start()
  const first = await observeFor(t, 90 * MINUTE)
  await t.part.stop({ timeoutMs: 100 })
  t.clock.stall(40 * DAY)
  await t.clock.advance(0)
  const u = await samplesBench({ driver: t.driver, clock: t.clock })
  await u.part.start()
  await u.clock.advance(3 * MINUTE)
  const second = await observeFor(u, 30 * MINUTE)
  await u.clock.advance(3 * MINUTE)
  // The first minutes are older than they are kept; their hours and day are not.
  expectRollups(await u.buckets(MINUTE), second, MINUTE)
  expectRollups((await u.buckets(HOUR)).slice(0, 2), first, HOUR)
  expectRollups(await u.buckets(DAY), first, DAY)
  expect([...u.calls.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(600)
})

test('a clock that was ahead and comes back does not end the rollups', async () => {
  const t = await samplesBench()
  await t.part.start()
  await observeFor(t, 5 * MINUTE)
  t.clock.step(30 * DAY)
  await observeFor(t, 5 * MINUTE)
  t.clock.step(-30 * DAY)
  const from = t.clock.now()
  const observed = await observeFor(t, 10 * MINUTE)
  await t.clock.advance(2 * MINUTE)
  const after = (await t.buckets(MINUTE)).filter(({ start }) => start >= from && start < from + DAY)
  expectRollups(after, observed, MINUTE)
})

test('a damaged rollup is left out of the hour, and everything else is in it', async () => {
  const t = await samplesBench()
  await t.part.start()
  await observeFor(t, 30 * MINUTE, MINUTE)
  const [, second] = await t.buckets(MINUTE)
  await t.driver.samples.putBuckets([{ ...(second as Bucket), stats: Uint8Array.of(1, 250, 3) }])
  await observeFor(t, 33 * MINUTE, MINUTE)
  const [hour] = await t.buckets(HOUR)
  expect(fromBytes(hour?.stats as Uint8Array).get('latencyMs')?.count).toBe(59)
})

test('whatever comes in whatever order, the rollups are those of the points that are there', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 240 }), fc.integer({ min: 0, max: 100 }), fc.boolean()), {
        minLength: 5,
        maxLength: 40,
      }),
      async (events) => {
        const t = await samplesBench()
        await t.part.start()
        const observed = new Map<number, number>()
        for (const [minutesAgo, value, isOutage] of events) {
          if (isOutage) t.state = t.state === 'up' ? 'away' : 'up'
          if (isOutage && t.state === 'up') t.part.storageUp?.()
          const at = t.clock.now() - minutesAgo * MINUTE - value
          if (!observed.has(at)) {
            observed.set(at, value)
            t.part.observe(sampleAt(at, value))
          }
          await t.clock.advance(7 * MINUTE)
        }
        t.state = 'up'
        t.part.storageUp?.()
        await t.clock.advance(5 * MINUTE)
        expectRollups(await t.buckets(MINUTE), observed, MINUTE)
        const rolledUp = Math.floor((t.clock.now() - MINUTE) / HOUR) * HOUR
        const hours = new Map([...observed].filter(([at]) => at < rolledUp))
        expectRollups(await t.buckets(HOUR), hours, HOUR)
      },
    ),
    { numRuns: 25 },
  )
})
