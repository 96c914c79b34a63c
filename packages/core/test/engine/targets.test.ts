import { expect, test } from 'vitest'
import type { PollerStatus } from '../../src/protocol/contract.ts'
import { createTestSightline } from '../../src/testing/index.ts'

const url = 'http://127.0.0.1:1/'
const one = { apis: { orders: { intervalMs: 1_000, timeoutMs: 800, regions: { 'us-east': { url } } } } }

test('a probe that never settles is aborted at its timeout, abandoned within 10 %, counted, and asked again; never twice at once', async () => {
  await using t = await createTestSightline(one)
  const seen: { at: number; status: PollerStatus }[] = []
  t.sightline.on('target:checked', (status) => void seen.push({ at: t.clock.monotonic(), status }))
  const asked: number[] = []
  t.probe('orders', 'us-east').answers(() => {
    asked.push(t.clock.monotonic())
    return new Promise<never>(() => {})
  })
  await t.clock.advance(4_000)
  const failed = seen.filter(({ status }) => status.lastError !== null)
  expect(failed.length).toBeGreaterThanOrEqual(3)
  failed.forEach(({ at, status }, index) => {
    const took = at - (asked[index] ?? 0)
    expect(took).toBeGreaterThanOrEqual(800)
    expect(took).toBeLessThanOrEqual(880)
    expect(status).toMatchObject({ abandoned: index + 1, lastError: { code: 'TIMEOUT', message: 'No answer within 800 ms.' } })
  })
  for (const [index, at] of asked.slice(1).entries()) expect(at - (asked[index] ?? 0)).toBeGreaterThanOrEqual(800)
})

test('a poll that overruns its interval makes the next tick be skipped, not queued', async () => {
  await using t = await createTestSightline({
    apis: { orders: { intervalMs: 1_000, timeoutMs: 5_000, regions: { 'us-east': { url } } } },
  })
  let open = 0
  let most = 0
  t.probe('orders', 'us-east').answers(async () => {
    most = Math.max(most, ++open)
    await new Promise<void>((resolve) => t.clock.setTimer(2_500, resolve))
    open--
    return { outcome: 'value', value: {}, latencyMs: 2_500, values: {} }
  })
  await t.clock.advance(12_000)
  expect(most).toBe(1)
  const { polls, pollsSkipped } = t.sightline.counters()
  expect(polls).toBeGreaterThanOrEqual(3)
  expect(pollsSkipped).toBeGreaterThanOrEqual(2 * polls)
})

test('a failure is tried again within the poll with growing pauses, and only the first of a row is', async () => {
  await using t = await createTestSightline(one)
  const asked: number[] = []
  t.probe('orders', 'us-east').answers(() => {
    asked.push(t.clock.monotonic())
    return { outcome: 'failed', error: new Error('boom'), latencyMs: 1, values: {} }
  })
  await t.clock.advance(3_000)
  // Retries default to 2; with random() = 0.5 the pauses are 3/4 of 50 and of 100 ms.
  expect(asked.slice(1, 3).map((at, index) => at - (asked[index] ?? 0))).toEqual([37.5, 75])
  expect(asked).toHaveLength(5)
})

test('after five failed polls the circuit opens: the target is left alone, asked once, and closed by one success', async () => {
  await using t = await createTestSightline(one)
  const events: string[] = []
  t.sightline.on('circuit:opened', () => void events.push('opened'))
  t.sightline.on('circuit:closed', () => void events.push('closed'))
  const probe = t.probe('orders', 'us-east')
  probe.returns({ open: 3 })
  await t.clock.advance(1_000)
  probe.fails(new Error('boom'))
  await t.clock.advance(5_000)
  expect(events).toEqual(['opened'])
  const { asked } = probe
  await t.clock.advance(3_000)
  expect(probe.asked).toBe(asked)
  const frame = await t.sightline.read({ topic: 'pollers', as: 'system' })
  expect(frame).toMatchObject({
    put: [
      [
        expect.any(String),
        expect.anything(),
        { state: 'open', consecutiveFailures: 5, retryAt: expect.any(Number), lastError: { message: 'boom' } },
      ],
    ],
  })
  // The last good document stays.
  expect(
    await t.sightline.call({ operation: 'metrics.get', input: { api: 'orders', region: 'us-east' }, as: 'system' }),
  ).toMatchObject({ data: { open: 3 }, revision: 1 })
  probe.returns({ open: 3 })
  await t.clock.advance(3_000)
  expect(events).toEqual(['opened', 'closed'])
})

test('Retry-After is honoured', async () => {
  await using t = await createTestSightline(one)
  const probe = t.probe('orders', 'us-east')
  probe.fails(new Error('busy'), { retryAfterMs: 10_000 })
  await t.clock.advance(1_000)
  expect(probe.asked).toBe(1)
  await t.clock.advance(9_000)
  expect(probe.asked).toBe(1)
  await t.clock.advance(2_000)
  expect(probe.asked).toBe(2)
})

test('a rate limit holds over all regions of an api, and nobody starves', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `r${index}`)
  await using t = await createTestSightline({
    apis: { orders: { intervalMs: 4_000, maxPerSecond: 5, regions: Object.fromEntries(names.map((name) => [name, { url }])) } },
  })
  const starts: number[] = []
  for (const name of names) {
    t.probe('orders', name).answers(() => {
      starts.push(t.clock.monotonic())
      return { outcome: 'value', value: {}, latencyMs: 1, values: {} }
    })
  }
  await t.clock.advance(40_000)
  for (let at = 0; at < 39_000; at += 500) {
    expect(starts.filter((start) => start >= at && start < at + 1_000).length).toBeLessThanOrEqual(6)
  }
  for (const name of names) expect(t.probe('orders', name).asked).toBeGreaterThanOrEqual(8)
})

test('1,000 targets start within one interval, spread evenly, and steps of the wall clock by an hour make neither a burst nor a stall', async () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `r${index}`)
  await using t = await createTestSightline({
    apis: { orders: { intervalMs: 10_000, regions: Object.fromEntries(names.map((name) => [name, { url }])) } },
  })
  let starts: number[] = []
  for (const name of names) {
    t.probe('orders', name).answers(() => {
      starts.push(t.clock.monotonic())
      return { outcome: 'value', value: {}, latencyMs: 1, values: {} }
    })
  }
  const tenths = (from: number) =>
    Array.from(
      { length: 10 },
      (_, tenth) => starts.filter((at) => at >= from + tenth * 1_000 && at < from + (tenth + 1) * 1_000).length,
    )
  await t.clock.advance(10_000)
  expect(starts).toHaveLength(1_000)
  for (const count of tenths(0)) expect(Math.abs(count - 100)).toBeLessThan(40)
  for (const step of [3_600_000, -3_600_000]) {
    starts = []
    const from = t.clock.monotonic()
    t.clock.step(step)
    await t.clock.advance(30_000)
    expect(starts.length).toBeGreaterThanOrEqual(2_000)
    expect(starts.length).toBeLessThanOrEqual(3_000)
    for (const count of [...tenths(from), ...tenths(from + 10_000), ...tenths(from + 20_000)]) expect(count).toBeLessThan(200)
  }
})

test('bad documents keep the last good one, and say what is wrong with them', async () => {
  await using t = await createTestSightline({
    apis: { orders: { intervalMs: 1_000, maxBodyBytes: 1_000_000, regions: { 'us-east': { url } } } },
  })
  const probe = t.probe('orders', 'us-east')
  probe.returns({ open: 3 })
  await t.clock.advance(1_000)
  const deep = new TextEncoder().encode('['.repeat(200_000) + ']'.repeat(200_000))
  const cases: [Uint8Array, RegExp][] = [
    [new TextEncoder().encode('{"open":'), /not valid JSON/],
    [new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), /UTF-8/],
    [deep, /nested deeper than 200 levels/],
    [new TextEncoder().encode(JSON.stringify('x'.repeat(1_000_000))), /longer than 1000000 bytes/],
  ]
  for (const [bytes, message] of cases) {
    probe.answers(() => ({ outcome: 'bytes', bytes, latencyMs: 1, values: {} }))
    await t.clock.advance(1_000)
    const frame = await t.sightline.read({ topic: 'pollers', as: 'system' })
    const item = frame?.kind === 'keyed' ? (frame.put[0]?.[2] as PollerStatus) : null
    expect(item?.lastError).toMatchObject({
      code: expect.stringMatching(/BAD_DOCUMENT|TOO_LARGE/),
      message: expect.stringMatching(message),
    })
    probe.returns({ open: 3 })
    await t.clock.advance(1_000)
  }
  expect(t.changes).toHaveLength(1)
})

test('an interval is changed while running, and survives a restart', async () => {
  const { memoryStorage, memoryStore } = await import('../../src/memory/index.ts')
  const store = memoryStore()
  {
    await using t = await createTestSightline({ ...one }, { storage: memoryStorage({ store }) })
    const answer = await t.sightline.call({
      operation: 'metrics.setInterval',
      input: { api: 'orders', region: 'us-east', intervalMs: 200 },
      as: 'system',
    })
    expect(answer).toEqual({ name: 'us-east', label: 'us-east', intervalMs: 200, timeoutMs: 800, ignore: [] })
    await t.clock.advance(2_000)
    expect(t.probe('orders', 'us-east').asked).toBeGreaterThanOrEqual(9)
  }
  await using again = await createTestSightline({ ...one }, { storage: memoryStorage({ store }) })
  expect(again.sightline.info().apis[0]?.regions[0]?.intervalMs).toBe(200)
  await again.clock.advance(2_000)
  expect(again.probe('orders', 'us-east').asked).toBeGreaterThanOrEqual(9)
})

test('pollNow polls outside the rhythm and answers what came of it', async () => {
  await using t = await createTestSightline({ apis: { orders: { intervalMs: 60_000, regions: { 'us-east': { url } } } } })
  t.probe('orders', 'us-east').returns({ open: 1 })
  const pollNow = () =>
    t.sightline.call({ operation: 'metrics.pollNow', input: { api: 'orders', region: 'us-east' }, as: 'system' })
  // The first document may have been polled in its turn already.
  expect(await pollNow()).toMatchObject({ latencyMs: 1 })
  expect(await pollNow()).toEqual({ changed: false, latencyMs: 1 })
  t.probe('orders', 'us-east').fails(new Error('boom'))
  await expect(Promise.all([pollNow(), t.clock.advance(1_000)])).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'boom' })
})
