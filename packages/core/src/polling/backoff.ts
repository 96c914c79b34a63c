export interface Backoff {
  /** 0 for the first wait. */
  readonly attempt: number
  readonly baseMs: number
  readonly capMs: number
  /** A number in [0, 1). */
  readonly random: () => number
}

/**
 * How long to wait before the next try: exponential, with "equal jitter" (half fixed, half random), so that many that failed
 * together do not come back together and none comes back at once.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const backoffMs = ({ attempt, baseMs, capMs, random }: Backoff): number => {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30))
  return full / 2 + (random() * full) / 2
}
