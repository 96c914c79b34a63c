import { expect, it } from 'vitest'
import { toFreshness } from '../../page/live/freshness.ts'

it.each([
  [1_000, 5_000, 6, 'fresh'],
  [1_000, 5_001, 6, 'late'],
  [1_000, 12_000, 6, 'late'],
  [1_000, 12_001, 6, 'stale'],
  [60_000, 182_000, 6, 'fresh'],
  // The server tells of 1,000 targets within ten seconds: what is told late is not old.
  [1_000, 13_000, 1_000, 'fresh'],
])('every %i ms, %i ms old, one of %i targets: %s', (intervalMs, ageMs, targets, freshness) => {
  expect(toFreshness({ intervalMs, ageMs, targets })).toBe(freshness)
})
