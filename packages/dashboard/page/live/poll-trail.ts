import type { RegionStatus, PollTrail as StoredTrail } from '@sightline/core/protocol'

/** One poll as it was seen from here. */
export interface PollMark {
  readonly at: number
  readonly kind: 'unchanged' | 'changed' | 'failed'
  readonly latencyMs: number
}

/** The last polls of a target, as the server told of them and as they were seen since; the newest mark is the last. */
export interface PollTrail {
  readonly status: RegionStatus
  readonly marks: readonly PollMark[]
}

export const longestTrail = 60

const isFailing = ({ state }: RegionStatus): boolean => state === 'failing' || state === 'open'

/** The mark that a new status leaves, or null where it tells of no new poll. A failed poll shows by its state or its latency alone. */
const markOf = (
  status: RegionStatus,
  { before, last, now }: { readonly before: RegionStatus | undefined; readonly last: PollMark | undefined; readonly now: number },
): PollMark | null => {
  const { checkedAt, latencyMs, revision } = status
  if (isFailing(status)) {
    const isAttempt = before === undefined || !isFailing(before) || before.latencyMs !== latencyMs
    return isAttempt ? { at: now, kind: 'failed', latencyMs: latencyMs ?? 0 } : null
  }
  // What the server has told of with the last polls comes once more with the next news of the target.
  if (checkedAt === null || checkedAt === before?.checkedAt || checkedAt <= (last?.at ?? 0)) return null
  const isChanged = before !== undefined && revision !== before.revision
  return { at: checkedAt, kind: isChanged ? 'changed' : 'unchanged', latencyMs: latencyMs ?? 0 }
}

/** The trail after a status; the same trail where nothing is new. Pure. */
export const extendTrail = (trail: PollTrail | undefined, status: RegionStatus, now: number): PollTrail => {
  if (trail?.status === status) return trail
  const marks = trail?.marks ?? []
  const mark = markOf(status, { before: trail?.status, last: marks.findLast(({ kind }) => kind !== 'failed'), now })
  return { status, marks: mark === null ? marks : [...marks, mark].slice(-longestTrail) }
}

/** The trail with what the server knows of the polls before: it is asked after the page has seen the status, and knows of all that was seen. */
export const fillTrail = (trail: PollTrail, { polls }: StoredTrail): PollTrail => ({
  status: trail.status,
  marks: polls.map(({ at, outcome, latencyMs }) => ({ at, kind: outcome, latencyMs })).slice(-longestTrail),
})
