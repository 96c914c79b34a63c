import { Cron } from 'croner'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMaintenanceWindows } from '../../src/alerts/maintenance-window.ts'
import { createQuietHours } from '../../src/alerts/quiet-hours.ts'

const utc = (text: string): number => Date.parse(`${text}Z`)
const HOUR = 3_600_000
const shown = (window: { from: number; to: number } | null) =>
  window === null ? null : [window.from, window.to].map((at) => new Date(at).toISOString().slice(0, 16))

// Berlin: at 01:00 UTC on 2026-03-29 the clock goes from 02:00 to 03:00; at 01:00 UTC on 2026-10-25 from 03:00 back to 02:00.
const nightly = createMaintenanceWindows({ cron: '30 1 * * *', timeZone: 'Europe/Berlin', durationMs: 2 * HOUR })

test.each([
  ['in winter', '2026-01-15T12:00', ['2026-01-16T00:30', '2026-01-16T02:30']],
  ['in summer', '2026-07-15T12:00', ['2026-07-15T23:30', '2026-07-16T01:30']],
  ['across the hour that is left out: as long as ever', '2026-03-29T02:00', ['2026-03-29T00:30', '2026-03-29T02:30']],
  ['across the hour that comes twice: as long as ever', '2026-10-25T01:00', ['2026-10-24T23:30', '2026-10-25T01:30']],
])('%s', (_, now, expected) => {
  expect(shown(nightly.next(utc(now)))).toEqual(expected)
})

test('an hour that comes twice begins one window, and one that is left out is not lost', () => {
  const windows = createMaintenanceWindows({ cron: '30 2 * * *', timeZone: 'Europe/Berlin', durationMs: HOUR / 4 })
  const beginnings = (from: string, to: string): readonly string[] => {
    const found = new Set<string>()
    for (let now = utc(from); now < utc(to); now += 60_000) {
      const window = windows.next(now)
      if (window !== null && window.from <= now) found.add(new Date(window.from).toISOString().slice(0, 16))
    }
    return [...found]
  }
  expect(beginnings('2026-10-24T12:00', '2026-10-25T12:00')).toHaveLength(1)
  expect(beginnings('2026-03-28T12:00', '2026-03-29T12:00')).toHaveLength(1)
})

test('windows begin inclusive and end exclusive', () => {
  const once = createMaintenanceWindows({ from: 1_000, to: 2_000 })
  expect([0, 1_000, 1_999].map((now) => once.next(now))).toEqual(Array(3).fill({ from: 1_000, to: 2_000 }))
  expect(once.next(2_000)).toBeNull()
  const { from, to } = nightly.next(utc('2026-01-15T12:00')) ?? { from: 0, to: 0 }
  expect(nightly.next(from)?.from).toBe(from)
  expect(nightly.next(to - 1)?.from).toBe(from)
  expect(nightly.next(to)?.from).toBeGreaterThan(from)
})

test('a pattern holds from its beginning to its end', () => {
  const bounded = createMaintenanceWindows({ cron: '0 * * * *', durationMs: HOUR / 2, from: 5 * HOUR, to: 7 * HOUR })
  expect(bounded.next(0)).toEqual({ from: 5 * HOUR, to: 5.5 * HOUR })
  expect(bounded.next(6.4 * HOUR)).toEqual({ from: 6 * HOUR, to: 6.5 * HOUR })
  expect(bounded.next(6.6 * HOUR)).toBeNull()
})

test.each([
  [{}],
  [{ from: 5, to: 5 }],
  [{ cron: '* * * * *' }],
  [{ cron: 'now and then', durationMs: 1_000 }],
  [{ cron: '* * * * *', durationMs: 1_000, timeZone: 'Mars/Olympus' }],
])('%j is refused', (given) => {
  expect(() => createMaintenanceWindows(given)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
})

test.each([
  ['a date', '2026-01-01T00:00:00', 'The cron pattern is a date.', 'from'],
  ['a date in its zone', '2026-01-01T00:00:00Z', 'The cron pattern is a date.', 'from'],
  ['the 31st of February', '0 0 31 2 *', 'The cron pattern never comes.', 'February'],
  ['every minute of the 30th of February', '* * 30 2 *', 'The cron pattern never comes.', 'February'],
  ['the 31st of short months', '0 0 31 4,6,9,11 *', 'The cron pattern never comes.', 'months'],
])('%s is no pattern, which is said, with what to do', (_, cron, message, advice) => {
  expect(() => createMaintenanceWindows({ cron, durationMs: HOUR })).toThrow(
    expect.objectContaining({
      code: 'INVALID_INPUT',
      message,
      fields: [{ path: 'cron', message: expect.stringContaining(advice) }],
    }),
  )
})

test('that a pattern never comes is found without searching a thousand years', () => {
  const patterns = ['0 0 31 2 *', '* * 30 2 *', '59 23 31 4,6,9,11 *']
  const measure = (work: (pattern: string) => unknown): number => {
    const startedAt = performance.now()
    for (let round = 0; round < 10; round++) for (const pattern of patterns) work(pattern)
    return performance.now() - startedAt
  }
  const bounded = (cron: string) => expect(() => createMaintenanceWindows({ cron, durationMs: 1 })).toThrow()
  const unbounded = (cron: string) => new Cron(cron, { mode: '5-part' }).nextRun(new Date(0))
  measure(bounded)
  expect(measure(bounded)).toBeLessThan(measure(unbounded))
})

test('what is rare comes all the same', () => {
  const rare = (cron: string) => shown(createMaintenanceWindows({ cron, durationMs: HOUR }).next(utc('2026-01-01T00:00')))?.[0]
  expect(rare('0 0 29 2 *')).toBe('2028-02-29T00:00')
  // A Monday that is the 29th of February.
  expect(rare('0 0 29 2 +1')).toBe('2044-02-29T00:00')
  expect(rare('@yearly')).toBe('2026-01-01T00:00')
})

test('quiet hours end by the clock of their zone, also in nights that are an hour longer or shorter', () => {
  const hours = createQuietHours({ from: '22:00', to: '07:00', timeZone: 'Europe/Berlin', except: ['critical'] })
  const end = (now: string) => {
    const at = hours.end(utc(now), 'high')
    return at === null ? null : new Date(at).toISOString().slice(0, 16)
  }
  expect(end('2026-01-15T20:59')).toBeNull()
  expect(end('2026-01-15T21:00')).toBe('2026-01-16T06:00')
  expect(end('2026-01-16T05:59')).toBe('2026-01-16T06:00')
  expect(end('2026-01-16T06:00')).toBeNull()
  expect(end('2026-03-28T21:30')).toBe('2026-03-29T05:00')
  expect(end('2026-10-24T20:30')).toBe('2026-10-25T06:00')
  expect(hours.end(utc('2026-01-15T23:00'), 'critical')).toBeNull()
  const noon = createQuietHours({ from: '12:00', to: '13:00', timeZone: 'UTC' })
  expect([noon.end(utc('2026-01-15T12:30'), 'low'), noon.end(utc('2026-01-15T13:30'), 'low')]).toEqual([
    utc('2026-01-15T13:00'),
    null,
  ])
})

test('quiet hours that cannot be are refused', () => {
  for (const given of [
    { from: '25:00', to: '07:00', timeZone: 'UTC' },
    { from: '22:00', to: '7', timeZone: 'UTC' },
    { from: '22:00', to: '07:00', timeZone: 'Nowhere/Here' },
  ]) {
    expect(() => createQuietHours(given)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  }
})

test('what was answered before changes no answer, wherever the clock goes', () => {
  const plans = [
    { cron: '30 1 * * *', timeZone: 'Europe/Berlin', durationMs: 2 * HOUR },
    { cron: '* * * * *', durationMs: HOUR },
    { cron: '0 0 29 2 *', durationMs: 24 * HOUR, to: utc('2029-01-01T00:00') },
    { cron: '15 */6 * * *', durationMs: HOUR, from: utc('2026-06-01T00:00') },
  ]
  const moment = fc.integer({ min: utc('2026-01-01T00:00'), max: utc('2030-01-01T00:00') })
  fc.assert(
    fc.property(fc.constantFrom(...plans), fc.array(fc.tuple(moment, fc.integer({ min: 0, max: 3 * HOUR }))), (plan, moments) => {
      const asked = createMaintenanceWindows(plan)
      for (const now of moments.flatMap(([at, later]) => [at, at + later])) {
        expect(asked.next(now)).toEqual(createMaintenanceWindows(plan).next(now))
      }
    }),
    { numRuns: 50 },
  )
})
