import { expect, it } from 'vitest'
import { formatAge, formatAgo, formatInterval, formatLatency } from '../../page/format/duration.ts'

it.each([
  [0, 'now', 'just now'],
  [999, 'now', 'just now'],
  [1_000, '1 s', '1 s ago'],
  [59_999, '59 s', '59 s ago'],
  [60_000, '1 min', '1 min ago'],
  [3_600_000, '1 h', '1 h ago'],
  [200_000_000, '2 d', '2 d ago'],
])('an age of %i ms is %s', (ms, age, ago) => {
  expect(formatAge(ms)).toBe(age)
  expect(formatAgo(ms)).toBe(ago)
})

it.each([
  [100, '100 ms'],
  [1_000, '1 s'],
  [1_500, '1.5 s'],
  [60_000, '1 min'],
  [90_000, '90 s'],
  [86_400_000, '1 d'],
])('an interval of %i ms is %s', (ms, text) => {
  expect(formatInterval(ms)).toBe(text)
})

it.each([
  [0.4567, '0.46 ms'],
  [12.34, '12.3 ms'],
  [264.4, '264 ms'],
  [1_234, '1.23 s'],
])('a latency of %d ms is %s', (ms, text) => {
  expect(formatLatency(ms)).toBe(text)
})
