import type { RegionStatus } from '@sightline/core/protocol'

/** One poll as it was seen from here. */
export interface PollMark {
  readonly at: number
  readonly kind: 'unchanged' | 'changed' | 'failed'
  readonly latencyMs: number
}

/** What was seen of a target since the page was opened; the newest mark is the last. */
export interface PollTrail {
  readonly status: RegionStatus
  readonly marks: readonly PollMark[]
}

export const longestTrail = 60

const isFailing = ({ state }: RegionStatus): boolean => state === 'failing' || state === 'open'

/** The mark that a new status leaves, or null where it tells of no new poll. A failed poll shows by its state or its latency alone. */
const markOf = (status: RegionStatus, before: RegionStatus | undefined, now: number): PollMark | null => {
  const { checkedAt, latencyMs, revision } = status
  if (isFailing(status)) {
    const isAttempt = before === undefined || !isFailing(before) || before.latencyMs !== latencyMs
    return isAttempt ? { at: now, kind: 'failed', latencyMs: latencyMs ?? 0 } : null
  }
  if (checkedAt === null || checkedAt === before?.checkedAt) return null
  const isChanged = before !== undefined && revision !== before.revision
  return { at: checkedAt, kind: isChanged ? 'changed' : 'unchanged', latencyMs: latencyMs ?? 0 }
}

/** The trail after a status; the same trail where nothing is new. Pure. */
export const extendTrail = (trail: PollTrail | undefined, status: RegionStatus, now: number): PollTrail => {
  if (trail?.status === status) return trail
  const marks = trail?.marks ?? []
  const mark = markOf(status, trail?.status, now)
  return { status, marks: mark === null ? marks : [...marks, mark].slice(-longestTrail) }
}
