import type { PollerStatus, PollMark } from '../protocol/contract.ts'

/** The last polls of a target. Plain numbers, since there is one for each of thousands of targets. */
export interface PollRing {
  /** Takes in what a poll turned a status into; nothing where it was no poll. */
  add(before: PollerStatus, after: PollerStatus): void
  /** Oldest first. */
  marks(): readonly PollMark[]
}

export const LONGEST_TRAIL = 60

const OUTCOMES = ['unchanged', 'changed', 'failed'] as const

export const createPollRing = (): PollRing => {
  const times = new Float64Array(LONGEST_TRAIL)
  const latencies = new Float32Array(LONGEST_TRAIL)
  const outcomes = new Uint8Array(LONGEST_TRAIL)
  let count = 0
  return {
    add: (before, after) => {
      if (after.attemptedAt === null || after.attemptedAt === before.attemptedAt) return
      const place = count++ % LONGEST_TRAIL
      times[place] = after.attemptedAt
      latencies[place] = after.latencyMs ?? 0
      outcomes[place] = after.state === 'failing' || after.state === 'open' ? 2 : after.changes > before.changes ? 1 : 0
    },
    marks: () =>
      Array.from({ length: Math.min(count, LONGEST_TRAIL) }, (_, index) => {
        const place = (Math.max(0, count - LONGEST_TRAIL) + index) % LONGEST_TRAIL
        return {
          at: times[place] as number,
          outcome: OUTCOMES[outcomes[place] as number] as PollMark['outcome'],
          latencyMs: latencies[place] as number,
        }
      }),
  }
}
