import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterAttempt, RETRY_LIMITS, toShownError } from '../../src/alerts/after-attempt.ts'
import { makeDelivery } from '../../src/alerts/delivery.ts'
import { planAlerts } from '../../src/alerts/plan-alerts.ts'
import { type ErrorCode, errorCodes, SightlineError } from '../../src/errors.ts'
import type { Alert, Delivery } from '../../src/protocol/alerts.ts'
import { incident } from './support/alerts-engine.ts'

const [insert] = planAlerts(
  { team: 'default', incident: incident({ id: 'a' }), kind: 'opened', step: 1, at: 0 },
  { routes: [{ channels: ['ops'] }] },
)
const { delivery } = makeDelivery({ team: 'default', kind: 'firing', alerts: [insert?.value as Alert], of: 'told', now: 0 })

const after = (of: Partial<Delivery>, code: ErrorCode, { now = 0, failures = 1, random = 0.5, retryAfterMs = -1 } = {}) =>
  afterAttempt(
    { ...delivery, ...of },
    { ok: false, error: new SightlineError(code, 'No.', retryAfterMs < 0 ? {} : { retryAfterMs }) },
    { now, failures, random: () => random, limits: RETRY_LIMITS },
  )

/** For every code there is: what becomes of the delivery, and whether its channel pauses. */
const trouble = ['UNAVAILABLE', 'TIMEOUT', 'TOO_MANY_REQUESTS', 'ABORTED']
const hopeless = ['INVALID_INPUT', 'TOO_LARGE']

test.each(Object.keys(errorCodes) as ErrorCode[])('%s', (code) => {
  const { delivery: next, pausedUntil } = after({}, code)
  expect(next.status).toBe(hopeless.includes(code) ? 'dead' : 'pending')
  expect(pausedUntil !== null).toBe(trouble.includes(code))
  expect(next.refusals).toBe(trouble.includes(code) ? 0 : 1)
  expect(next).toMatchObject({ attempts: 1, lastError: 'No.', id: delivery.id })
})

test('the twelfth refusal and the end of the day are the last', () => {
  expect(after({ refusals: 10 }, 'FORBIDDEN').delivery.status).toBe('pending')
  expect(after({ refusals: 11 }, 'FORBIDDEN').delivery.status).toBe('dead')
  expect(after({ refusals: 11, attempts: 500 }, 'UNAVAILABLE').delivery.status).toBe('pending')
  expect(after({}, 'UNAVAILABLE', { now: 86_399_999 }).delivery.status).toBe('pending')
  expect(after({}, 'UNAVAILABLE', { now: 86_400_000 }).delivery.status).toBe('dead')
  expect(after({ startedAt: 50 }, 'UNAVAILABLE', { now: 86_400_000 }).delivery.status).toBe('pending')
})

test('pauses have full jitter, double, and end at five minutes; what is asked is waited, up to an hour', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
      const { pausedUntil } = after({}, 'UNAVAILABLE', { failures, random })
      expect(pausedUntil).toBe(Math.round(random * Math.min(300_000, 1_000 * 2 ** (failures - 1))))
    }),
  )
  expect(after({}, 'TOO_MANY_REQUESTS', { retryAfterMs: 42_000, failures: 30 }).pausedUntil).toBe(42_000)
  expect(after({}, 'TOO_MANY_REQUESTS', { retryAfterMs: 1e12 }).pausedUntil).toBe(3_600_000)
})

// A notifier's author reads `Retry-After` as a number, and it is a date: the channel stood still for ever, and its timer ran hot.
test.each([Number.NaN, '42' as never])('a pause that is no number (%s) is none that was asked for', (retryAfterMs) => {
  const { delivery: next, pausedUntil } = after({}, 'TOO_MANY_REQUESTS', { now: 5, retryAfterMs })
  expect([next.nextAttemptAt, pausedUntil]).toEqual([505, 505])
})

test('what a foreign error says is kept from everybody', () => {
  const shown = toShownError('ops', new Error('https://hooks.example/token'))
  expect([shown.code, shown.message]).toEqual(['UNAVAILABLE', 'The notifier of the channel ops failed.'])
  expect(toShownError('ops', new SightlineError('FORBIDDEN', 'Said.')).message).toBe('Said.')
})
