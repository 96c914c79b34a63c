import type { Snapshot, SnapshotWrite, Version } from '@sightline/core/ports'

/** An epoch of a target. `id` null: it begins with a write of this batch and has no row yet. */
export interface Epoch {
  id: number | null
  readonly name: string
  readonly createdAt: number
  readonly firstWrite: string
}

/** What is known of a target while a batch is decided, write by write. */
export interface TargetState {
  /** null before its row is made. */
  id: number | null
  /** Of the latest document, or of the removed one. */
  readonly epoch: Epoch | null
  readonly revision: number
  readonly fence: number
  readonly isLive: boolean
  /** The latest document where a write of this batch made it; null where it is still to be loaded. */
  readonly latest: Snapshot | null
  /** By `writeId`, the writes that won in this batch. */
  readonly won: ReadonlyMap<string, Snapshot>
}

/** A stored history entry, by where it is. */
export interface EntryPointer {
  readonly epoch: Epoch
  readonly revision: number
}

/** `entry` and `current` name what is stored, so that only what is needed is loaded. */
export type Decision =
  | { readonly kind: 'won'; readonly record: Snapshot; readonly next: TargetState }
  | { readonly kind: 'repeated'; readonly entry: Snapshot | EntryPointer }
  | { readonly kind: 'conflict' | 'fenced'; readonly current: Snapshot | EntryPointer | null }

/** A target that was never stored. */
export const unknownTarget: TargetState = {
  id: null,
  epoch: null,
  revision: 0,
  fence: 0,
  isLive: false,
  latest: null,
  won: new Map(),
}

/**
 * Decides one write: a repeat answers as the first did, then the fence is judged, then the version. `repeats` is the revision of the present
 * epoch that the stored writes of this `writeId` made, null where it is new.
 */
export const decideReplace = (
  state: TargetState,
  { write, repeats, newEpoch }: { readonly write: SnapshotWrite; readonly repeats: number | null; newEpoch(): string },
): Decision => {
  const already = state.won.get(write.writeId)
  if (already !== undefined) return { kind: 'repeated', entry: already }
  if (repeats !== null && state.epoch !== null) return { kind: 'repeated', entry: { epoch: state.epoch, revision: repeats } }

  if (write.fence < state.fence) return { kind: 'fenced', current: currentOf(state) }
  if (!isExpected(write.expected, state)) return { kind: 'conflict', current: currentOf(state) }

  const epoch =
    state.isLive && state.epoch !== null
      ? state.epoch
      : { id: null, name: newEpoch(), createdAt: write.at, firstWrite: write.writeId }
  const revision = state.isLive ? state.revision + 1 : 1
  const { expected: _, ...rest } = write
  const record: Snapshot = { ...rest, version: { epoch: epoch.name, revision }, createdAt: epoch.createdAt }
  const won = new Map(state.isLive ? state.won : []).set(write.writeId, record)
  return { kind: 'won', record, next: { id: state.id, epoch, revision, fence: write.fence, isLive: true, latest: record, won } }
}

const currentOf = (state: TargetState): Snapshot | EntryPointer | null =>
  state.isLive && state.epoch !== null ? (state.latest ?? { epoch: state.epoch, revision: state.revision }) : null

const isExpected = (expected: Version | null, { isLive, epoch, revision }: TargetState): boolean =>
  expected === null ? !isLive : isLive && expected.epoch === epoch?.name && expected.revision === revision
