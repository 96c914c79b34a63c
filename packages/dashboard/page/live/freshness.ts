/** How old data may be for its interval: `late` from three missed polls, `stale` from ten. */
export type Freshness = 'fresh' | 'late' | 'stale'

export interface FreshnessInput {
  readonly ageMs: number
  readonly intervalMs: number
  /** How many targets the server has. */
  readonly targets: number
}

// The server tells of polls without a change once a second, and of at most 100 targets each time: with many targets, what is told
// of one of them is old by that much, and its data is not.
const heartbeatMs = 1_000
const toldAtOnce = 100

export const toFreshness = ({ ageMs, intervalMs, targets }: FreshnessInput): Freshness => {
  const graceMs = heartbeatMs * (1 + Math.ceil(targets / toldAtOnce))
  if (ageMs > 10 * intervalMs + graceMs) return 'stale'
  return ageMs > 3 * intervalMs + graceMs ? 'late' : 'fresh'
}
