import { expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { attempt } from '../../src/polling/attempt.ts'
import type { Observation, Probe } from '../../src/ports/probe.ts'
import { testClock } from '../../src/testing/index.ts'

const seen = { latencyMs: 1, values: {} }
const failed = (error: Error): Observation => ({ ...seen, outcome: 'failed', error })

const setUp = (collect: Probe['collect'], { timeoutMs = 1_000, retries = 3 } = {}) => {
  const clock = testClock()
  const controller = new AbortController()
  const asked: number[] = []
  const probe: Probe = {
    collect: (context) => {
      asked.push(clock.monotonic())
      return collect(context)
    },
  }
  const work = attempt({
    probe,
    region: 'us-east',
    etag: undefined,
    timeoutMs,
    retries,
    signals: [controller.signal],
    clock,
    random: () => 0.5,
  })
  return { clock, controller, asked, work }
}

test('a failure that may pass is tried again with growing pauses; one that cannot, is not', async () => {
  const passing = setUp(async () => failed(new Error('refused')))
  await passing.clock.advance(1_000)
  expect((await passing.work).observation).toMatchObject({ outcome: 'failed' })
  // Half of 50, 100 and 200 ms, and a quarter.
  expect(passing.asked).toEqual([0, 37.5, 112.5, 262.5])
  for (const code of ['TOO_LARGE', 'BAD_DOCUMENT', 'INVALID_INPUT'] as const) {
    const final = setUp(async () => failed(new SightlineError(code, 'no')))
    await final.clock.advance(1_000)
    await final.work
    expect(final.asked, code).toHaveLength(1)
  }
})

test('all tries together end with the timeout', async () => {
  const { clock, asked, work } = setUp(async () => failed(new Error('refused')), { timeoutMs: 100, retries: 10 })
  await clock.advance(1_000)
  await work
  expect(asked).toEqual([0, 37.5])
})

test('who asks to be left alone for a while is not tried again', async () => {
  const { clock, asked, work } = setUp(async () => ({
    ...seen,
    outcome: 'failed',
    error: new Error('busy'),
    retryAfterMs: 5_000,
  }))
  await clock.advance(1_000)
  await work
  expect(asked).toHaveLength(1)
})

test('what a probe throws, before or after its first await, is a failure with its message', async () => {
  for (const collect of [
    () => {
      throw new Error('early')
    },
    () => Promise.reject(new Error('early')),
  ]) {
    const { clock, work } = setUp(collect, { retries: 0 })
    await clock.advance(0)
    expect(await work).toMatchObject({
      abandoned: false,
      observation: { outcome: 'failed', error: { code: 'UNAVAILABLE', message: 'early' } },
    })
  }
})

test('a probe that settles with its abort is not abandoned, one that does not is, at most a second later', async () => {
  const polite = setUp(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    { retries: 0 },
  )
  await polite.clock.advance(1_000)
  expect(await polite.work).toMatchObject({
    abandoned: false,
    observation: { error: { code: 'TIMEOUT', message: 'No answer within 1000 ms.' } },
  })
  const deaf = setUp(() => new Promise<never>(() => {}), { timeoutMs: 600_000, retries: 0 })
  await deaf.clock.advance(601_000)
  expect(await deaf.work).toMatchObject({ abandoned: true, observation: { latencyMs: 601_000 } })
})

test('giving up ends a try and a pause at once, and leaves no timer', async () => {
  for (const [collect, afterMs] of [
    [() => new Promise<never>(() => {}), 10],
    [async () => failed(new Error('refused')), 10],
  ] as const) {
    const { clock, controller, work } = setUp(collect, { timeoutMs: 100_000 })
    await clock.advance(afterMs)
    controller.abort()
    await clock.advance(1_000)
    expect((await work).observation).toMatchObject({ outcome: 'failed' })
    expect(clock.pending).toBe(0)
  }
  const before = setUp(async () => failed(new Error('never asked')))
  before.controller.abort()
  await before.clock.advance(0)
  await before.work
})

test('nobody is asked for who has given up already', async () => {
  const clock = testClock()
  let asked = 0
  const probe: Probe = {
    collect: async () => {
      asked++
      return failed(new Error('x'))
    },
  }
  const { observation } = await attempt({
    probe,
    region: 'r',
    etag: undefined,
    timeoutMs: 100,
    retries: 0,
    signals: [AbortSignal.abort()],
    clock,
    random: () => 0,
  })
  expect(observation).toMatchObject({ error: { code: 'ABORTED' } })
  expect(asked).toBe(0)
})
