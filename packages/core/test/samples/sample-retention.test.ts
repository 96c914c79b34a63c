import { expect, test } from 'vitest'
import { DEFAULT_RETENTION } from '../../src/samples/resolutions.ts'
import { doomed } from '../../src/samples/sample-retention.ts'
import { sampleAt, samplesBench } from './support/samples-bench.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
const retention = { rawMs: 2 * HOUR, minuteMs: 4 * HOUR, hourMs: 2 * DAY }

test('each resolution is kept as long as it is said, days for ever', async () => {
  const t = await samplesBench({ retention })
  await t.part.start()
  const start = t.clock.now()
  const days = 4
  for (let passed = 0; passed < days * DAY; passed += 5 * MINUTE) {
    t.part.observe(sampleAt(t.clock.now(), passed / MINUTE))
    await t.clock.advance(5 * MINUTE)
  }
  await t.clock.advance(12 * MINUTE)
  const now = t.clock.now()
  const oldest = async (resolutionMs: number): Promise<number> =>
    now -
    (resolutionMs === 0 ? ((await t.points('checkout'))[0]?.at as number) : ((await t.buckets(resolutionMs))[0]?.start as number))
  for (const [resolutionMs, keptMs] of [
    [0, retention.rawMs],
    [MINUTE, retention.minuteMs],
    [HOUR, retention.hourMs],
  ] as const) {
    expect(await oldest(resolutionMs)).toBeLessThanOrEqual(keptMs + 15 * MINUTE)
    expect(await oldest(resolutionMs)).toBeGreaterThan(keptMs - HOUR)
  }
  expect((await t.buckets(DAY)).map((bucket) => bucket.start)).toEqual([0, 1, 2, 3].map((day) => start + day * DAY))
})

test('nothing goes before it is rolled up, or while it is to be rolled up again', () => {
  const now = Date.UTC(2026, 5, 1)
  const request = { now, times: DEFAULT_RETENTION, oldestLate: null }
  const behind = { minute: now - 60 * DAY, hour: now - 60 * DAY, day: now - 100 * DAY }
  expect(doomed({ ...request, marks: behind }).map(({ before }) => before)).toEqual([behind.minute, behind.hour, behind.day])
  const done = { minute: now, hour: now, day: now }
  expect(doomed({ ...request, marks: done }).map(({ before }) => now - before)).toEqual([2 * DAY, 7 * DAY, 90 * DAY])
  const late = now - 95 * DAY + 5 * HOUR
  expect(doomed({ ...request, marks: done, oldestLate: late }).map(({ before }) => before)).toEqual([late, late, late - 5 * HOUR])
})

test('old rows go in small steps with pauses', async () => {
  const t = await samplesBench({ retention })
  const series = { team: 'default', service: 'checkout', region: 'us-east' }
  const old = t.clock.now() - 3 * HOUR
  await t.driver.samples.append(Array.from({ length: 1_150 }, (_, index) => ({ series, at: old + index, values: { up: 1 } })))
  let longest = 0
  let since = t.clock.monotonic()
  t.before = (name) => {
    if (name !== 'prune') return
    longest = Math.max(longest, t.clock.monotonic() - since)
    since = t.clock.monotonic()
  }
  await t.part.start()
  await t.clock.advance(2 * MINUTE)
  expect(await t.points('checkout')).toHaveLength(0)
  // 1,150 points two hundred at a time, then minutes and hours once.
  expect(t.calls.get('prune')).toBe(6 + 2)
  expect(longest).toBeGreaterThan(0)
})

test('a clock that jumps far ahead for a while deletes nothing', async () => {
  const t = await samplesBench({ retention })
  await t.part.start()
  for (let index = 0; index < 60; index++) {
    t.part.observe(sampleAt(t.clock.now(), index))
    await t.clock.advance(MINUTE)
  }
  t.clock.step(365 * DAY)
  await t.clock.advance(30 * MINUTE)
  t.clock.step(-365 * DAY)
  await t.clock.advance(20 * MINUTE)
  expect(await t.points('checkout')).toHaveLength(60)
})
