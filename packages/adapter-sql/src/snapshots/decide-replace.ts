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
  readonly id: number | null
  /** Of the latest document, or of the removed one. */
  readonly epoch: Epoch | null
  readonly revision: number
  readonly fence: number
  readonly isLive: boolean
  /** The ids of the epoch's last writes, at most `remembered`, the newest last. */
  readonly recent: readonly string[]
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

/** How many of its latest writes an epoch remembers beside its first. */
const remembered = 8

export const noneWon: ReadonlyMap<string, Snapshot> = new Map()

/** A target that was never stored. */
export const unknownTarget: TargetState = {
  id: null,
  epoch: null,
  revision: 0,
  fence: 0,
  isLive: false,
  recent: [],
  latest: null,
  won: noneWon,
}

/** Decides one write: a repeat answers as the first did, then the fence is judged, then the version. */
export const decideReplace = (state: TargetState, write: SnapshotWrite, newEpoch: () => string): Decision => {
  const repeated = findRepeated(state, write.writeId)
  if (repeated !== null) return { kind: 'repeated', entry: repeated }
  if (write.fence < state.fence) return { kind: 'fenced', current: currentOf(state) }
  if (!isExpected(write.expected, state)) return { kind: 'conflict', current: currentOf(state) }

  const { writeId } = write
  const isSameEpoch = state.isLive && state.epoch !== null
  const epoch = isSameEpoch ? state.epoch : { id: null, name: newEpoch(), createdAt: write.at, firstWrite: writeId }
  const revision = isSameEpoch ? state.revision + 1 : 1
  const { expected: _, ...rest } = write
  const record: Snapshot = { ...rest, version: { epoch: epoch.name, revision }, createdAt: epoch.createdAt }
  const next: TargetState = {
    id: state.id,
    epoch,
    revision,
    fence: write.fence,
    isLive: true,
    recent: isSameEpoch ? [...state.recent.slice(1 - remembered), writeId] : [writeId],
    latest: record,
    won: new Map(isSameEpoch ? state.won : noneWon).set(writeId, record),
  }
  return { kind: 'won', record, next }
}

/** Revisions grow by one with each write, so that the place among the recent ones tells the revision. */
const findRepeated = ({ epoch, revision, recent, won }: TargetState, writeId: string): Snapshot | EntryPointer | null => {
  const inBatch = won.get(writeId)
  if (inBatch !== undefined) return inBatch
  if (epoch === null) return null
  const place = recent.lastIndexOf(writeId)
  if (place !== -1) return { epoch, revision: revision - (recent.length - 1 - place) }
  return epoch.firstWrite === writeId ? { epoch, revision: 1 } : null
}

const currentOf = (state: TargetState): Snapshot | EntryPointer | null =>
  state.isLive && state.epoch !== null ? (state.latest ?? { epoch: state.epoch, revision: state.revision }) : null

const isExpected = (expected: Version | null, { isLive, epoch, revision }: TargetState): boolean =>
  expected === null ? !isLive : isLive && expected.epoch === epoch?.name && expected.revision === revision
