import type { Version } from '../ports/identity.ts'
import type { SnapshotWrite } from '../ports/snapshots.ts'
import { isExpected, type RememberedWrites, repeatedRevision } from './decide-record.ts'

/** What is known of a target when a write of its snapshot is decided. */
export interface TargetHead {
  /** Of the latest document, or of the removed one as it was; null where none is known. */
  readonly version: Version | null
  readonly isLive: boolean
  /** Writes below it are refused. */
  readonly fence: number
  /** Of the version's epoch; null where none is known. */
  readonly writes: RememberedWrites | null
}

/** How a write of a snapshot ends. */
export type SnapshotDecision =
  /** Answered as the first try was, which made this revision of the epoch; nothing is written. */
  | { readonly kind: 'repeated'; readonly revision: number }
  /** Refused; what stands there is the answer. */
  | { readonly kind: 'fenced' | 'conflict' }
  /** The next revision of the epoch, or the first of a new one. */
  | { readonly kind: 'write'; readonly revision: number; readonly isSameEpoch: boolean }

/**
 * Decides one write of a snapshot: a repeat answers as the first did, then the fence is judged, then the version.
 *
 * @example
 * const decision = decideSnapshot({ version, isLive: true, fence: 7, writes: { first, recent } }, write)
 * if (decision.kind === 'write') await store(write, decision.revision)
 */
export const decideSnapshot = (
  { version, isLive, fence, writes }: TargetHead,
  write: Pick<SnapshotWrite, 'writeId' | 'fence' | 'expected'>,
): SnapshotDecision => {
  const repeated = version === null || writes === null ? null : repeatedRevision(version.revision, writes, write.writeId)
  if (repeated !== null) return { kind: 'repeated', revision: repeated }
  if (write.fence < fence) return { kind: 'fenced' }
  const live = isLive ? version : null
  if (!isExpected(write.expected, live)) return { kind: 'conflict' }
  return { kind: 'write', revision: (live?.revision ?? 0) + 1, isSameEpoch: live !== null }
}
