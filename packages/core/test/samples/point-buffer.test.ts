import { expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { sampleAt, samplesBench } from './support/samples-bench.ts'

test('what is observed is stored a moment later, as one row a check, with its verdict as a number', async () => {
  const t = await samplesBench()
  const at = t.clock.now()
  t.part.observe(sampleAt(at, 12.5, { verdict: 'degraded' }))
  t.part.observe(sampleAt(at + 1, 13, { verdict: null, values: { up: 1, cpuPercent: 40 } }))
  await t.clock.advance(2_000)
  expect((await t.points('checkout')).map(({ values }) => values)).toEqual([{ up: 0.5, latencyMs: 12.5 }, { cpuPercent: 40 }])
  expect(t.part.counts).toMatchObject({ stored: 2, waiting: 0, dropped: 0, refused: 0 })
})

test('a thousand checks of one second share a few transactions', async () => {
  const t = await samplesBench()
  for (let index = 0; index < 1_000; index++) t.part.observe(sampleAt(t.clock.now(), 1, { service: `service-${index}` }))
  await t.clock.advance(1_500)
  expect(t.part.counts.stored).toBe(1_000)
  expect(t.calls.get('append')).toBeLessThanOrEqual(3)
})

test('while storage is away all is kept up to the bound, the oldest goes first and is counted; then all is stored', async () => {
  const t = await samplesBench({ leadership: { isLeading: false, subscribe: () => () => {} } })
  t.state = 'away'
  const start = t.clock.now()
  for (let index = 0; index < 50_100; index++)
    t.part.observe(sampleAt(start + index, index, { service: `service-${index % 100}` }))
  expect(t.part.counts).toMatchObject({ stored: 0, waiting: 50_000, dropped: 100 })
  await t.clock.advance(60_000)
  t.state = 'up'
  t.part.storageUp?.()
  await t.clock.advance(200_000)
  expect(t.part.counts).toMatchObject({ stored: 50_000, waiting: 0, dropped: 100 })
  // Of every service the first is gone.
  expect((await t.points('service-7')).map(({ at }) => at - start)).toEqual(Array.from({ length: 500 }, (_, n) => 107 + 100 * n))
  await t.part.stop({ timeoutMs: 100 })
})

test('an append whose answer was lost is repeated, and is there once', async () => {
  const t = await samplesBench()
  let losses = 3
  t.after = (name) => {
    if (name === 'append' && losses-- > 0) throw new SightlineError('TIMEOUT', 'The test lost the answer.')
  }
  for (let index = 0; index < 10; index++) t.part.observe(sampleAt(t.clock.now() + index, index))
  await t.clock.advance(10_000)
  expect(await t.points('checkout')).toHaveLength(10)
  expect(t.part.counts).toMatchObject({ stored: 10, waiting: 0 })
  expect(t.calls.get('append')).toBe(4)
})

test('what storage refuses is dropped alone', async () => {
  const t = await samplesBench()
  const bad = '\ud800'
  for (let index = 0; index < 9; index++) t.part.observe(sampleAt(t.clock.now(), 1, { service: index === 4 ? bad : `s${index}` }))
  await t.clock.advance(2_000)
  expect(t.part.counts).toMatchObject({ stored: 8, waiting: 0, dropped: 1 })
})

test('a hanging storage holds nobody up, and a stop waits for it no longer than it may', async () => {
  const t = await samplesBench()
  t.before = () => new Promise(() => {})
  t.part.observe(sampleAt(t.clock.now(), 1))
  await t.clock.advance(2_000)
  t.part.observe(sampleAt(t.clock.now(), 2))
  const stopped = t.part.stop({ timeoutMs: 500 })
  await t.clock.advance(600)
  await stopped
  expect(t.part.counts.waiting).toBe(2)
  expect(t.clock.pending).toBe(0)
})

test('a stop stores what waits', async () => {
  const t = await samplesBench()
  for (let index = 0; index < 1_200; index++) t.part.observe(sampleAt(t.clock.now() + index, index))
  await t.part.stop({ timeoutMs: 1_000 })
  expect(await t.points('checkout')).toHaveLength(1_200)
  expect(t.clock.pending).toBe(0)
})

test('only finite numbers, of 60 names at most, from a time that can be', async () => {
  const t = await samplesBench()
  const now = t.clock.now()
  const values = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`value${index}`, index]))
  t.part.observe(sampleAt(now, 1, { values }))
  t.part.observe(
    sampleAt(now + 1, 1, { values: { value0: Number.NaN, value1: Number.POSITIVE_INFINITY, value2: 1e301, value3: 7 } }),
  )
  t.part.observe(sampleAt(now + 2, 1, { values: { other: 1, 'line\nbreak': 2, '': 3 } }))
  t.part.observe(sampleAt(now + 3, 1, { values: JSON.parse('{"__proto__": 5, "value1": "6"}') }))
  t.part.observe(sampleAt(now + 4, 1, { verdict: null, values: {} }))
  t.part.observe(sampleAt(now + 600_000, 1, { values: {} }))
  t.part.observe(sampleAt(now - 25 * 3_600_000, 1, { values: {} }))
  t.part.observe(sampleAt(Number.NaN, 1, { values: {} }))
  await t.clock.advance(2_000)
  const stored = await t.points('checkout')
  expect(stored.map((point) => Object.keys(point.values).length)).toEqual([61, 2, 1, 1])
  expect(stored[1]?.values).toEqual({ up: 1, value3: 7 })
  expect(t.part.counts).toMatchObject({ refused: 4, refusedValues: 20 + 3 + 3 + 2 })
})

test('two samples of one millisecond are both kept, the very same one once', async () => {
  const t = await samplesBench()
  const at = t.clock.now()
  t.part.observe(sampleAt(at, 1))
  t.part.observe(sampleAt(at, 2))
  t.part.observe(sampleAt(at, 1))
  await t.clock.advance(2_000)
  expect((await t.points('checkout')).map((point) => [point.at - at, point.values.latencyMs])).toEqual([
    [0, 1],
    [1, 2],
  ])
  expect(t.part.latest('default', 'checkout')).toEqual([{ region: 'us-east', at: at + 1, values: { up: 1, latencyMs: 2 } }])
})

test('what is replayed is everything in order, what is not stored yet included, each once', async () => {
  const t = await samplesBench()
  const start = t.clock.now()
  for (let index = 0; index < 1_200; index++) t.part.observe(sampleAt(start + index, index, { service: `s${index % 3}` }))
  await t.clock.advance(5_000)
  t.part.observe(sampleAt(start + 1_500, 1_500, { verdict: 'down' }))
  t.part.observe(sampleAt(start + 600.0, 600, { service: 'late', verdict: null }))
  const seen: number[] = []
  for await (const sample of t.part.recent({ from: start + 100, to: start + 1_501 })) {
    seen.push(sample.values.latencyMs as number)
    expect(sample.verdict).toBe(sample.at === start + 1_500 ? 'down' : sample.service === 'late' ? null : 'up')
    expect(sample.values).not.toHaveProperty('up')
  }
  expect(seen).toHaveLength(1_102)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})
