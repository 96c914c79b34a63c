import { repeatedRevision } from '@sightline/core/driver'
import type { Outcome, Snapshot, SnapshotWrite } from '@sightline/core/ports'
import { toStoredText } from '../stored-json.ts'
import { isLatest, type LatestDocument, toSnapshot } from './snapshot-documents.ts'

export type ReplaceDecision =
  | { readonly kind: 'answered'; readonly outcome: Outcome<Snapshot> }
  /** Over what stands there, null where nothing does. */
  | { readonly kind: 'write'; readonly over: LatestDocument | null }

/** Decides one write on what is stored: a repeat answers as the first did, then the fence is judged, then the version. */
export const decideReplace = (document: LatestDocument | null, write: SnapshotWrite): ReplaceDecision => {
  if (document === null) {
    return write.expected === null ? { kind: 'write', over: null } : answered({ ok: false, reason: 'conflict', current: null })
  }
  const { epoch, revision, since } = document
  const repeated = revision === 0 ? null : repeatedRevision(revision, document, toStoredText(write.writeId))
  if (repeated !== null) {
    const { expected: _, ...rest } = write
    return answered({ ok: true, record: { ...rest, version: { epoch, revision: repeated }, createdAt: since } })
  }
  const live = isLatest(document) ? document : null
  const current = (): Snapshot | null => (live === null ? null : toSnapshot(live))
  if (write.fence < document.fence) return answered({ ok: false, reason: 'fenced', current: current() })
  const isExpected =
    write.expected === null ? live === null : live?.epoch === write.expected.epoch && live.revision === write.expected.revision
  return isExpected ? { kind: 'write', over: document } : answered({ ok: false, reason: 'conflict', current: current() })
}

const answered = (outcome: Outcome<Snapshot>): ReplaceDecision => ({ kind: 'answered', outcome })
