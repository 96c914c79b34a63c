import { decideSnapshot, rememberWrite } from '@sightline/core/driver'
import type { Snapshot, SnapshotWrite } from '@sightline/core/ports'

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
  /** The ids of the epoch's last writes, as `rememberWrite` keeps them. */
  readonly recent: readonly string[]
  /** The latest document where a write of this batch made it; null where it is still to be loaded. */
  readonly latest: Snapshot | null
  /** The writes that won in this batch. */
  readonly won: readonly Snapshot[]
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

export const noneWon: readonly Snapshot[] = []

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

/** Decides one write as `decideSnapshot` does; what an earlier write of the batch has won is answered from memory. */
export const decideReplace = (state: TargetState, write: SnapshotWrite, newEpoch: () => string): Decision => {
  const { epoch, revision, isLive, fence, recent, won } = state
  const { writeId } = write
  const inBatch = won.find((record) => record.writeId === writeId)
  if (inBatch !== undefined) return { kind: 'repeated', entry: inBatch }
  const version = epoch === null ? null : { epoch: epoch.name, revision }
  // Hardly any write is a repeat, and `includes` says so at once.
  const mayBeRepeated = epoch !== null && (epoch.firstWrite === writeId || recent.includes(writeId))
  const writes = mayBeRepeated ? { first: epoch.firstWrite, recent } : null
  const decision = decideSnapshot({ version, isLive, fence, writes }, write)
  switch (decision.kind) {
    case 'repeated':
      return { kind: 'repeated', entry: { epoch: epoch as Epoch, revision: decision.revision } }
    case 'write':
      return win(state, { write, revision: decision.revision, over: decision.isSameEpoch ? epoch : null, newEpoch })
    default:
      return { kind: decision.kind, current: currentOf(state) }
  }
}

interface WinOptions {
  readonly write: SnapshotWrite
  readonly revision: number
  /** The epoch it goes on with, null where it begins one. */
  readonly over: Epoch | null
  newEpoch(): string
}

const win = (state: TargetState, { write, revision, over, newEpoch }: WinOptions): Decision => {
  const { key, writeId, at, body, hash, fence, detector } = write
  const epoch = over ?? { id: null, name: newEpoch(), createdAt: at, firstWrite: writeId }
  const version = { epoch: epoch.name, revision }
  const record: Snapshot = { key, writeId, at, body, hash, fence, detector, version, createdAt: epoch.createdAt }
  const next: TargetState = {
    id: state.id,
    epoch,
    revision,
    fence,
    isLive: true,
    recent: over === null ? [writeId] : rememberWrite({ first: over.firstWrite, recent: state.recent }, writeId).recent,
    latest: record,
    won: over === null ? [record] : [...state.won, record],
  }
  return { kind: 'won', record, next }
}

const currentOf = (state: TargetState): Snapshot | EntryPointer | null =>
  state.isLive && state.epoch !== null ? (state.latest ?? { epoch: state.epoch, revision: state.revision }) : null
