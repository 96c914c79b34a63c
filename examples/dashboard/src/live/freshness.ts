/** How old data may be for its interval: `late` from three missed polls, `stale` from ten. */
export type Freshness = 'fresh' | 'late' | 'stale'

// Heartbeats of unchanged regions come about once a second, however often a region is polled.
const graceMs = 2_000

export const toFreshness = (ageMs: number, intervalMs: number): Freshness => {
  if (ageMs > 10 * intervalMs + graceMs) return 'stale'
  return ageMs > 3 * intervalMs + graceMs ? 'late' : 'fresh'
}
