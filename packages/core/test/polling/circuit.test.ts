import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from '../../src/polling/backoff.ts'
import { afterFailure, type Circuit, circuitPolicyFor, closedCircuit, mayPoll } from '../../src/polling/circuit.ts'
import { takeSlot } from '../../src/polling/pace.ts'

const fail = (circuit: Circuit, times: number, { intervalMs = 1_000, random = () => 1, now = 0 } = {}): Circuit => {
  let after = circuit
  for (let count = 0; count < times; count++) after = afterFailure(after, { policy: circuitPolicyFor(intervalMs), now, random })
  return after
}

test('the circuit opens with the fifth failure in a row, for five intervals, then for twice as long, at most 15 seconds or ten intervals', () => {
  expect(fail(closedCircuit, 4)).toEqual({ state: 'closed', failures: 4 })
  const pauses = [5, 6, 7, 8, 9, 10].map((failures) => {
    const circuit = fail(closedCircuit, failures)
    return circuit.state === 'open' ? circuit.retryAt : 0
  })
  expect(pauses).toEqual([5_000, 10_000, 15_000, 15_000, 15_000, 15_000])
  expect(fail(closedCircuit, 5, { intervalMs: 100 })).toMatchObject({ retryAt: 1_000 })
  expect(fail(closedCircuit, 9, { intervalMs: 3_600_000 })).toMatchObject({ retryAt: 36_000_000 })
})

test('what the other side asks for opens the circuit by itself, and is a floor for a pause of our own', () => {
  const asked = afterFailure(closedCircuit, { policy: circuitPolicyFor(1_000), now: 100, random: () => 1, retryAfterMs: 30_000 })
  expect(asked).toMatchObject({ state: 'open', failures: 1, retryAt: 30_100 })
  const longer = afterFailure(fail(closedCircuit, 4), {
    policy: circuitPolicyFor(1_000),
    now: 0,
    random: () => 1,
    retryAfterMs: 1,
  })
  expect(longer).toMatchObject({ retryAt: 5_000 })
})

test('an open circuit lets one poll through when its pause is over', () => {
  const open = fail(closedCircuit, 5)
  expect(mayPoll(open, 4_999)).toBe(false)
  expect(mayPoll(open, 5_000)).toBe(true)
  expect(mayPoll(closedCircuit, 0)).toBe(true)
})

test('a pause is between half of its full length and the whole, never above the cap, whatever the attempt', () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, baseMs, capMs, random) => {
        const full = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30))
        const ms = backoffMs({ attempt, baseMs, capMs, random: () => random })
        expect(ms).toBeGreaterThanOrEqual(full / 2)
        expect(ms).toBeLessThanOrEqual(full)
      },
    ),
  )
})

test('no second has more polls of an api than it may, and who cannot wait that long is told at once', () => {
  let pace = { nextFreeAt: 0 }
  const starts: number[] = []
  for (let now = 0; now < 10_000; now += 37) {
    const slot = takeSlot(pace, { perSecond: 3, now, patienceMs: 500 })
    if (slot === null) continue
    pace = slot.pace
    starts.push(now + slot.waitMs)
    expect(slot.waitMs).toBeLessThanOrEqual(500)
  }
  for (const [index, start] of starts.slice(3).entries())
    expect(start - (starts[index] ?? 0)).toBeGreaterThanOrEqual(1_000 - 1e-6)
  expect(starts.length).toBeGreaterThan(28)
})
