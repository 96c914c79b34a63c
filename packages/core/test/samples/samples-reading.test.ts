import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Chart, SampleSummary } from '../../src/protocol/samples.ts'
import { addPoint, toBytes } from '../../src/samples/bucket-stats.ts'
import { planChart } from '../../src/samples/read-plan.ts'
import { DEFAULT_RETENTION } from '../../src/samples/resolutions.ts'
import { testClock } from '../../src/testing/index.ts'
import { type SamplesBench, sampleAt, samplesBench } from './support/samples-bench.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000

type Charts = { readonly charts: readonly Chart[] }
const countOf = ({ calls }: SamplesBench): number => [...calls.values()].reduce((sum, count) => sum + count, 0)

const observeFor = async (t: SamplesBench, ms: number, everyMs: number, regions = ['us-east']): Promise<void> => {
  for (let passed = 0; passed < ms; passed += everyMs) {
    const at = t.clock.now()
    for (const [index, region] of regions.entries()) {
      const isDown = index === 0 && passed >= HOUR && passed < 2 * HOUR
      t.part.observe(sampleAt(at, index * 100 + ((passed / everyMs) % 100), { region, verdict: isDown ? 'down' : 'up' }))
    }
    await t.clock.advance(everyMs)
  }
}

describe('a plan', () => {
  const now = Date.UTC(2026, 5, 1, 12, 34, 56)
  const plan = (from: number, to: number, points = 500, series = 1) =>
    planChart({ from, to, now, points, series, times: DEFAULT_RETENTION })

  test.each([
    ['an hour', HOUR, 0],
    ['a day', DAY, MINUTE],
    ['a week', 7 * DAY - 1, HOUR],
    ['90 days', 90 * DAY - 1, HOUR],
    ['a year', 365 * DAY, DAY],
    ['ten years', 3_650 * DAY, DAY],
  ])('%s is drawn from what is fine enough and not too much', (_, span, resolutionMs) => {
    expect(plan(now - span, now)).toMatchObject({ resolutionMs })
  })

  test('is never of more steps than wanted, covers the span, and is made of whole rollups that are kept', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: now }),
        fc.integer({ min: 1, max: 400 * 365 }).chain((days) => fc.integer({ min: 1, max: days * DAY })),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 200 }),
        (from, span, points, series) => {
          const { start, stepMs, steps, resolutionMs } = plan(from, from + span, points, series)
          expect(steps).toBeGreaterThanOrEqual(1)
          expect(steps).toBeLessThanOrEqual(points)
          expect(start).toBeLessThanOrEqual(from)
          expect(start + steps * stepMs).toBeGreaterThanOrEqual(from + span)
          if (points > 1) expect(start % stepMs).toBe(0)
          if (resolutionMs > 0) expect(stepMs % resolutionMs).toBe(0)
          if (resolutionMs === MINUTE) expect(from).toBeGreaterThanOrEqual(now - 7 * DAY)
          if (resolutionMs === HOUR) expect(from).toBeGreaterThanOrEqual(now - 90 * DAY)
        },
      ),
    )
  })
})

describe('a chart', () => {
  test('of the last minutes shows each check, also those that are not stored yet', async () => {
    const t = await samplesBench()
    await t.part.start()
    const start = t.clock.now()
    await observeFor(t, 10 * MINUTE, 10_000)
    t.part.observe(sampleAt(t.clock.now(), 4_242))
    const to = t.clock.now() + 1
    const { charts } = await t.query<Charts>('samples.chart', { service: 'checkout', values: ['latencyMs'], from: start, to })
    const [chart] = charts
    expect(chart).toMatchObject({ service: 'checkout', region: 'us-east', value: 'latencyMs', unit: 'ms', start })
    expect(chart?.count.reduce((sum, count) => sum + count)).toBe(61)
    expect(chart?.max.at(-1)).toBe(4_242)
    expect(chart?.mean).toHaveLength(chart?.count.length as number)
    await t.part.stop({ timeoutMs: 100 })
  })

  test('counts every check once, from single ones up to days, wherever rolling up has got to', async () => {
    const t = await samplesBench()
    await t.part.start()
    const start = t.clock.now()
    // Ends in the middle of a minute, an hour and a day.
    await observeFor(t, DAY + 5 * HOUR + 7 * MINUTE, MINUTE)
    for (let second = 0; second < 4; second++) {
      t.part.observe(sampleAt(t.clock.now(), 5))
      await t.clock.advance(10_000)
    }
    const total = (24 + 5) * 60 + 7 + 4
    for (const from of [start, start - 10 * DAY, start - 100 * DAY, start - 4_000 * DAY]) {
      for (const points of [500, 7]) {
        const input = { service: 'checkout', values: ['latencyMs', 'up'], from, to: t.clock.now(), points }
        const { charts } = await t.query<Charts>('samples.chart', input)
        expect(charts.map(({ value }) => value)).toEqual(['latencyMs', 'up'])
        for (const chart of charts) {
          expect(chart.count.length).toBeLessThanOrEqual(points)
          expect(chart.count.reduce((sum, count) => sum + count)).toBe(total)
        }
      }
    }
  })

  test('of any span and any number of services asks storage as often', async () => {
    const clock = testClock({ now: Date.UTC(2026, 5, 1, 12, 30) })
    const t = await samplesBench({ clock })
    const end = clock.now()
    const minuteStart = end - 2 * DAY
    for (let service = 0; service < 10; service++) {
      const series = { team: 'default', service: `service-${service}`, region: 'us-east' }
      const put = async (resolutionMs: number, from: number): Promise<void> => {
        const buckets = []
        for (let start = Math.ceil(from / resolutionMs) * resolutionMs; start < end; start += resolutionMs) {
          const stats = new Map()
          addPoint(stats, { up: 1, latencyMs: start % 1_000 })
          buckets.push({ series, resolutionMs, start, stats: toBytes(stats) })
        }
        await t.driver.samples.putBuckets(buckets)
      }
      await put(DAY, end - 400 * DAY)
      await put(HOUR, end - 90 * DAY)
      if (service === 0) await put(MINUTE, minuteStart)
    }
    await t.part.start()
    await clock.advance(2 * MINUTE)
    await t.query('samples.values', { service: 'service-0' })
    for (const span of [30 * MINUTE, 6 * HOUR, DAY, 6 * DAY, 30 * DAY, 89 * DAY, 365 * DAY, 20 * 365 * DAY]) {
      t.calls.clear()
      const { charts } = await t.query<Charts>('samples.chart', {
        service: 'service-0',
        values: ['latencyMs'],
        from: end - span,
        to: end,
      })
      expect(charts[0]?.mean.length).toBeLessThanOrEqual(500)
      expect(countOf(t), `${span / DAY} days`).toBeLessThanOrEqual(5)
    }
    t.calls.clear()
    await t.query('samples.chart', { service: 'nobody', values: ['latencyMs'], from: end - DAY, to: end })
    expect(countOf(t)).toBeLessThanOrEqual(1)
  })

  test('of checks that are too many for one query is drawn from minutes', async () => {
    const t = await samplesBench()
    const series = { team: 'default', service: 'checkout', region: 'us-east' }
    const start = t.clock.now()
    await t.driver.samples.append(
      Array.from({ length: 6_600 }, (_, second) => ({ series, at: start + 1_000 * second, values: { up: 1 } })),
    )
    await t.clock.advance(110 * MINUTE)
    await t.part.start()
    await t.clock.advance(2 * MINUTE)
    const to = t.clock.now()
    const { charts } = await t.query<Charts>('samples.chart', { service: 'checkout', values: ['up'], from: to - 2 * HOUR, to })
    expect(charts[0]?.count.reduce((sum, count) => sum + count)).toBe(6_600)
    expect((charts[0]?.stepMs as number) % MINUTE).toBe(0)
  })

  test('of nothing is null, of another team is none', async () => {
    const t = await samplesBench()
    await observeFor(t, MINUTE, 20_000)
    await t.clock.advance(2_000)
    const now = t.clock.now()
    const input = { service: 'checkout', values: ['nothing'], from: now - HOUR, to: now }
    const { charts } = await t.query<Charts>('samples.chart', input)
    expect(charts[0]?.mean.every((value) => value === null)).toBe(true)
    expect(await t.query('samples.chart', { ...input, values: ['latencyMs'] }, 'other')).toEqual({ charts: [] })
    expect(await t.query('samples.chart', { ...input, region: 'mars' })).toEqual({ charts: [] })
    expect(await t.query('samples.values', { service: 'checkout' }, 'other')).toEqual({ values: [] })
  })

  test('while storage is away is refused, not empty', async () => {
    const t = await samplesBench()
    await observeFor(t, MINUTE, 20_000)
    t.state = 'away'
    const now = t.clock.now()
    await expect(
      t.query('samples.chart', { service: 'checkout', values: ['up'], from: now - HOUR, to: now }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

test('a summary by region, beside an earlier period', async () => {
  const t = await samplesBench()
  await t.part.start()
  const start = t.clock.now()
  await observeFor(t, 4 * HOUR, MINUTE, ['us-east', 'eu-west'])
  await t.clock.advance(2 * MINUTE)
  type Answer = { readonly regions: readonly SampleSummary[]; readonly before: readonly SampleSummary[] | null }
  const { regions, before } = await t.query<Answer>('samples.summary', {
    service: 'checkout',
    value: 'latencyMs',
    from: start + 2 * HOUR,
    to: start + 4 * HOUR,
    compareFrom: start,
  })
  expect(regions.map(({ region }) => region)).toEqual(['eu-west', 'us-east'])
  const [west, east] = regions
  expect(east).toMatchObject({ count: 120, min: 0, max: 99 })
  const second = Array.from({ length: 120 }, (_, index) => (120 + index) % 100).sort((a, b) => a - b)
  expect(east?.sum).toBe(second.reduce((sum, value) => sum + value))
  for (const [figure, share] of [
    [east?.p50, 0.5],
    [east?.p95, 0.95],
    [east?.p99, 0.99],
  ] as const) {
    const exact = second[Math.floor(share * 119)] as number
    expect(Math.abs((figure as number) - exact)).toBeLessThanOrEqual(exact * 0.01)
  }
  expect(west).toMatchObject({ min: 100, max: 199 })
  expect(before?.map(({ count }) => count)).toEqual([120, 120])
  const alone = await t.query<Answer>('samples.summary', { service: 'checkout', value: 'none', from: start, to: start + HOUR })
  expect(alone).toEqual({ regions: [], before: null })
})

describe('availability', () => {
  test('is the share of checks that were not down, with what is left of the budget', async () => {
    const t = await samplesBench()
    await t.part.start()
    const start = t.clock.now()
    await observeFor(t, 10 * HOUR, MINUTE, ['us-east', 'eu-west'])
    t.part.observe(sampleAt(t.clock.now() - 30_000, 1, { verdict: 'degraded', region: 'eu-west' }))
    await t.clock.advance(2 * MINUTE)
    const input = { service: 'checkout', from: start, to: start + 10 * HOUR }
    const all = await t.query<{ percent: number }>('samples.availability', { ...input, objectivePercent: 90 })
    expect(all.percent).toBeCloseTo((100 * (1_201 - 60)) / 1_201, 9)
    expect(all).toMatchObject({
      regions: [
        { region: 'eu-west', percent: 100, count: 601 },
        { region: 'us-east', percent: 90, count: 600 },
      ],
      budget: { objectivePercent: 90, leftPercent: expect.closeTo(100 * (1 - (100 - all.percent) / 10), 9) },
    })
    expect(await t.query('samples.availability', { ...input, service: 'nobody', objectivePercent: 99 })).toEqual({
      percent: null,
      regions: [],
      budget: { objectivePercent: 99, leftPercent: 100 },
    })
    const spent = { ...input, from: start + HOUR, to: start + 2 * HOUR, objectivePercent: 99 }
    expect(await t.query('samples.availability', spent)).toMatchObject({ percent: 50, budget: { leftPercent: -4_900 } })
  })

  test('for rules is asked of storage once a minute, of long periods less often', async () => {
    const t = await samplesBench()
    await t.part.start()
    const start = t.clock.now()
    await observeFor(t, 5 * HOUR, MINUTE)
    await t.clock.advance(80_000)
    const share = (ms: number) => {
      const toMs = t.clock.now()
      return t.part.share({ team: 'default', service: 'checkout', fromMs: toMs - ms, toMs })
    }
    expect(await share(5 * HOUR + 30 * MINUTE)).toEqual({ good: 240, total: 300 })
    expect(
      await t.part.share({ team: 'default', service: 'checkout', fromMs: start + HOUR, toMs: start + HOUR + 5 * MINUTE }),
    ).toEqual({ good: 0, total: 5 })
    expect(await share(5 * MINUTE)).toEqual({ good: 4, total: 4 })
    const calls = countOf(t)
    for (let index = 0; index < 50; index++) await Promise.all([share(5 * MINUTE), share(5 * HOUR + 30 * MINUTE)])
    expect(countOf(t)).toBe(calls)
  })

  test('that could not be read is read again', async () => {
    const t = await samplesBench()
    await observeFor(t, MINUTE, 20_000)
    await t.clock.advance(2_000)
    const request = { team: 'default', service: 'checkout', fromMs: t.clock.now() - HOUR, toMs: t.clock.now() }
    t.state = 'away'
    await expect(t.part.share(request)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    t.state = 'up'
    expect(await t.part.share(request)).toEqual({ good: 3, total: 3 })
  })
})

test('names of numbers, with the units their names or their owners give them', async () => {
  const t = await samplesBench({ unitOf: ({ name }) => (name === 'queueDepth' ? 'jobs' : null) })
  await t.part.start()
  t.part.observe(sampleAt(t.clock.now(), 1, { values: { latencyMs: 1, ramMb: 2, queueDepth: 3, ageDays: 4, BUS: 5 } }))
  await t.clock.advance(3 * HOUR)
  t.part.observe(sampleAt(t.clock.now(), 1, { values: { cpuPercent: 1, bodyBytes: 5, uptimeS: 1 } }))
  const { values } = await t.query<{ values: { name: string; unit: string | null }[] }>('samples.values', { service: 'checkout' })
  expect(Object.fromEntries(values.map(({ name, unit }) => [name, unit]))).toEqual({
    BUS: null,
    ageDays: 'd',
    bodyBytes: 'B',
    cpuPercent: '%',
    latencyMs: 'ms',
    queueDepth: 'jobs',
    ramMb: 'MB',
    up: null,
    uptimeS: 's',
  })
})

describe('input', () => {
  test('that makes no sense is refused', async () => {
    const t = await samplesBench()
    const good = { service: 'checkout', values: ['up'], from: 0, to: 1 }
    for (const bad of [
      { ...good, values: [] },
      { ...good, values: Array.from({ length: 11 }, String) },
      { ...good, to: 0 },
      { ...good, from: -1 },
      { ...good, from: 0.5 },
      { ...good, points: 501 },
      { ...good, points: 0 },
      { ...good, team: 'other' },
      { ...good, service: '' },
    ])
      await expect(t.query('samples.chart', bad)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(t.query('samples.availability', { service: 'a', from: 0, to: 1, objectivePercent: 100 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    })
  })

  test('of any kind is refused or answered', async () => {
    const t = await samplesBench()
    await t.part.start()
    await observeFor(t, 5 * MINUTE, 20_000)
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('checkout', '__proto__', 'latencyMs'))
    const time = fc.oneof(fc.maxSafeNat(), fc.integer({ min: t.clock.now() - DAY, max: t.clock.now() + DAY }), fc.double())
    const operation = fc.constantFrom('samples.chart', 'samples.summary', 'samples.availability', 'samples.values' as const)
    const input = fc.record(
      {
        service: text,
        values: fc.array(text, { maxLength: 3 }),
        value: text,
        region: text,
        from: time,
        to: time,
        points: fc.integer(),
      },
      { requiredKeys: ['service'] },
    )
    await fc.assert(
      fc.asyncProperty(operation, fc.oneof(input, fc.anything()), async (name, given) => {
        await t.query(name as 'samples.chart', given).catch((thrown) => {
          if (thrown.code !== 'INVALID_INPUT') throw thrown
        })
      }),
      { numRuns: 150 },
    )
  })
})
