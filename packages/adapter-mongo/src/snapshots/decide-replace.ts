import { decideSnapshot, type TargetHead } from '@sightline/core/driver'
import type { Outcome, Snapshot, SnapshotWrite } from '@sightline/core/ports'
import { toStoredText } from '../stored-json.ts'
import { isLatest, type LatestDocument, toSnapshot } from './snapshot-documents.ts'

export type ReplaceDecision =
  | { readonly kind: 'answered'; readonly outcome: Outcome<Snapshot> }
  /** Over what stands there, null where nothing does. */
  | { readonly kind: 'write'; readonly over: LatestDocument | null }

/** Decides one write on what is stored, as `decideSnapshot` does. */
export const decideReplace = (document: LatestDocument | null, write: SnapshotWrite): ReplaceDecision => {
  const { expected, ...rest } = write
  const live = isLatest(document) ? document : null
  const decision = decideSnapshot(headOf(document), { expected, fence: write.fence, writeId: toStoredText(write.writeId) })
  if (decision.kind === 'write') return { kind: 'write', over: document }
  if (decision.kind === 'repeated') {
    const { epoch, since } = document as LatestDocument
    return answered({ ok: true, record: { ...rest, version: { epoch, revision: decision.revision }, createdAt: since } })
  }
  return answered({ ok: false, reason: decision.kind, current: live === null ? null : toSnapshot(live) })
}

const headOf = (document: LatestDocument | null): TargetHead => {
  if (document === null) return { version: null, isLive: false, fence: 0, writes: null }
  const { epoch, revision, fence } = document
  const version = revision === 0 ? null : { epoch, revision }
  return { version, isLive: isLatest(document), fence, writes: document }
}

const answered = (outcome: Outcome<Snapshot>): ReplaceDecision => ({ kind: 'answered', outcome })
