import { expect, test } from 'vitest'
import { createPollRing, LONGEST_TRAIL } from '../../src/polling/poll-ring.ts'
import { waitingStatus } from '../../src/polling/poller-status.ts'
import { createTestSightline } from '../../src/testing/index.ts'

const waiting = waitingStatus({ team: 'default', api: 'orders', region: 'us-east' })

test('keeps the last sixty, oldest first; what was no poll leaves nothing', () => {
  const ring = createPollRing()
  let before = waiting
  for (let n = 1; n <= 100; n++) {
    const after = { ...before, state: 'up' as const, polls: n, attemptedAt: n, checkedAt: n, latencyMs: n / 2 }
    ring.add(before, after)
    ring.add(after, { ...after, skipped: after.skipped + 1 })
    before = after
  }
  const marks = ring.marks()
  expect(marks).toHaveLength(LONGEST_TRAIL)
  expect([marks[0]?.at, marks.at(-1)?.at]).toEqual([41, 100])
  expect(marks.at(-1)).toEqual({ at: 100, outcome: 'unchanged', latencyMs: 50 })
})

test('metrics.polls tells what each poll found', async () => {
  await using t = await createTestSightline({
    apis: { orders: { intervalMs: 1_000, retries: 0, regions: { 'us-east': { url: 'http://127.0.0.1:1/' } } } },
  })
  const ask = () =>
    t.sightline.call({ operation: 'metrics.polls', input: { api: 'orders', region: 'us-east' }, as: 'system' }) as Promise<{
      readonly polls: readonly { readonly outcome: string }[]
    }>
  expect(await ask()).toEqual({ api: 'orders', region: 'us-east', polls: [] })
  const probe = t.probe('orders', 'us-east')
  await t.clock.advance(2_000)
  probe.returns({ n: 1 })
  await t.clock.advance(1_000)
  probe.fails(new Error('down'))
  await t.clock.advance(1_000)
  probe.returns({ n: 1 })
  await t.clock.advance(1_000)
  expect((await ask()).polls.map(({ outcome }) => outcome)).toEqual(['changed', 'unchanged', 'changed', 'failed', 'unchanged'])
})
