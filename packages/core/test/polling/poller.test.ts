import { expect, test } from 'vitest'
import { z } from 'zod'
import { compileDetector } from '../../src/changes/detector.ts'
import type { SnapshotChange } from '../../src/changes/snapshot-change.ts'
import { SightlineError } from '../../src/errors.ts'
import { createPoller } from '../../src/polling/poller.ts'
import { scheduleId, type Target } from '../../src/polling/target.ts'
import type { Observation, Probe, ProbeContext } from '../../src/ports/probe.ts'
import type { Snapshot } from '../../src/ports/snapshots.ts'
import type { Schema } from '../../src/protocol/standard-schema.ts'
import { testClock } from '../../src/testing/index.ts'

const key = { team: 'default', api: 'orders', region: 'us-east' }
const detector = compileDetector({})

const stored = (body: string, hash: string): Snapshot => ({
  key,
  body,
  hash,
  at: 0,
  createdAt: 0,
  fence: 0,
  detector: detector.fingerprint,
  writeId: 'x',
  version: { epoch: 'e', revision: 1 },
})

const value = (of: unknown, more: Partial<Observation> = {}): Observation =>
  ({ outcome: 'value', value: of, latencyMs: 1, values: {}, ...more }) as Observation

interface Setting {
  readonly schema?: Schema
  readonly adopt?: (fence: number) => Promise<void>
  readonly takeTurn?: () => Promise<boolean>
}

const setUp = ({ schema, adopt = async () => {}, takeTurn = async () => true }: Setting = {}) => {
  const clock = testClock()
  const asked: ProbeContext[] = []
  let answer: () => Observation | Promise<Observation> = () => value({ n: 0 })
  const probe: Probe = {
    collect: async (context) => {
      asked.push(context)
      return answer()
    },
  }
  const target: Target = {
    id: scheduleId(key),
    key,
    label: 'x',
    intervalMs: 1_000,
    timeoutMs: 500,
    retries: 0,
    maxBodyBytes: 1_000,
    maxPerSecond: null,
    detector,
    ignore: [],
    schema: schema ?? null,
    probe,
  }
  const offered: SnapshotChange[] = []
  const adopted: number[] = []
  const poller = createPoller({
    target,
    clock,
    random: () => 0.5,
    adopt: (_, fence) => {
      adopted.push(fence)
      return adopt(fence)
    },
    offer: (change) => void offered.push(change),
    takeTurn,
    onChecked: () => {},
  })
  const run = (fence = 1, signal = new AbortController().signal) => poller.run({ fence, signal })
  return {
    clock,
    poller,
    run,
    offered,
    adopted,
    asked,
    answers: (next: typeof answer) => {
      answer = next
    },
  }
}

const bodies = (changes: readonly SnapshotChange[]): string[] => changes.map(({ body }) => body)

test('a document that another process stored while ours was checked against the schema is no change any more', async () => {
  const checks: (() => void)[] = []
  const schema: Schema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (of: unknown) => new Promise((resolve) => void checks.push(() => resolve({ value: of }))),
    },
  } as Schema
  const p = setUp({ schema })
  p.answers(() => value({ n: 1 }))
  const polled = p.run()
  await p.clock.advance(10)
  // Theirs is the very same, hashed by rules of its own.
  p.poller.rebase({ ...stored('{"n":1}', 'f'.repeat(40)), detector: 'other rules' })
  checks[0]?.()
  expect(await polled).toMatchObject({ kind: 'checked', changed: false })
  expect(p.offered).toEqual([])
  // And theirs is another: ours is a change on top of it.
  p.answers(() => value({ n: 2 }))
  const again = p.run()
  await p.clock.advance(10)
  p.poller.rebase(stored('{"n":3}', 'f'.repeat(40)))
  checks[1]?.()
  expect(await again).toMatchObject({ changed: true })
  expect(bodies(p.offered)).toEqual(['{"n":2}'])
})

test('a document that does not fit its schema is a failure that names the field, and the baseline stays', async () => {
  const p = setUp({ schema: z.object({ n: z.number() }) })
  expect(await p.run()).toMatchObject({ kind: 'checked', changed: true })
  p.answers(() => value({ n: 'x' }))
  expect(await p.run()).toMatchObject({
    kind: 'failed',
    error: { code: 'BAD_DOCUMENT', message: expect.stringContaining('n: ') },
  })
  expect(p.poller.baseline?.body).toBe('{"n":0}')
})

test('"not modified" of a document that is no longer the baseline is not believed the next time', async () => {
  const p = setUp()
  p.answers(() => value({ n: 1 }, { etag: '"one"' }))
  await p.run()
  await p.run()
  expect(p.asked.map(({ etag }) => etag)).toEqual([undefined, '"one"'])
  // While the provider is asked whether "one" still stands, another process stores something else.
  p.answers(() => {
    p.poller.rebase(stored('{"n":2}', 'f'.repeat(40)))
    return { outcome: 'not-modified', etag: '"one"', latencyMs: 1, values: {} }
  })
  await p.run()
  p.answers(() => value({ n: 1 }, { etag: '"one"' }))
  expect(await p.run()).toMatchObject({ changed: true })
  expect(p.asked.at(-1)).not.toHaveProperty('etag', '"one"')
  expect(bodies(p.offered)).toEqual(['{"n":1}', '{"n":1}'])
})

test('a take-over that fails is tried again with every tick; one that hangs holds the first poll up for a second, and is asked once', async () => {
  let answer: () => Promise<void> = () => Promise.reject(new SightlineError('UNAVAILABLE', 'away'))
  const p = setUp({ adopt: () => answer() })
  for (let tick = 0; tick < 3; tick++) await p.run()
  expect(p.adopted).toEqual([1, 1, 1])
  answer = async () => {}
  await p.run()
  await p.run()
  expect(p.adopted).toHaveLength(4)

  const q = setUp({ adopt: () => new Promise<never>(() => {}) })
  const first = q.run()
  await q.clock.advance(900)
  expect(q.asked).toHaveLength(0)
  await q.clock.advance(200)
  await first
  expect(q.asked).toHaveLength(1)
  await q.run()
  expect(q.adopted).toEqual([1])
})

test('a new fence takes the target over again, an older one does not, and changes carry the present one', async () => {
  const p = setUp()
  await p.run(3)
  await p.run(7)
  await p.run(5)
  p.answers(() => value({ n: 1 }))
  await p.run(7)
  expect(p.adopted).toEqual([3, 7])
  expect(p.offered.map(({ fence }) => fence)).toEqual([3, 7])
})

test('polls that were broken off, by the scheduler or at the end, say nothing of the target', async () => {
  const p = setUp()
  await p.run()
  p.answers(() => new Promise<never>(() => {}))
  const gone = new AbortController()
  const polled = p.run(1, gone.signal)
  await p.clock.advance(10)
  gone.abort()
  await p.clock.advance(100)
  expect(await polled).toEqual({ kind: 'skipped' })
  expect(p.poller.status).toMatchObject({ state: 'up', failures: 0, lastError: null })
  const last = p.run()
  await p.clock.advance(10)
  const closed = p.poller.close()
  await p.clock.advance(100)
  await closed
  expect(await last).toEqual({ kind: 'skipped' })
  expect(await p.run()).toEqual({ kind: 'skipped' })
  expect(p.poller.status.failures).toBe(0)
  expect(p.clock.pending).toBe(0)
})

test('where the rate limit leaves no room, a tick is skipped and counted', async () => {
  const p = setUp({ takeTurn: async () => false })
  expect(await p.run()).toEqual({ kind: 'skipped' })
  expect(await p.poller.pollNow()).toEqual({ kind: 'skipped' })
  expect(p.asked).toEqual([])
  expect(p.poller.status.skipped).toBe(1)
})

// The circuit opened until a time that never comes, and the target was not asked again.
test.each([Number.NaN, -5])('a probe that asks for a pause that is none (%d) is asked again as ever', async (retryAfterMs) => {
  const p = setUp()
  p.answers(() => ({
    outcome: 'failed',
    error: new SightlineError('UNAVAILABLE', 'No.'),
    latencyMs: 1,
    values: {},
    retryAfterMs,
  }))
  expect(await p.run()).toMatchObject({ kind: 'failed', retryAt: null })
  p.answers(() => value({ n: 1 }))
  expect(await p.run()).toMatchObject({ kind: 'checked', changed: true })
})

test('polling now shares a poll that is running', async () => {
  const p = setUp()
  let finish = (_: Observation): void => {}
  p.answers(
    () =>
      new Promise((resolve) => {
        finish = resolve
      }),
  )
  const results = [p.run(), p.poller.pollNow(), p.poller.pollNow()]
  await p.clock.advance(10)
  finish(value({ n: 5 }))
  for (const result of await Promise.all(results)) expect(result).toMatchObject({ kind: 'checked', changed: true })
  expect(p.asked).toHaveLength(1)
})
