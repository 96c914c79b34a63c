import type { Json } from '../ports/identity.ts'
import type { SnapshotKey } from '../ports/snapshots.ts'

/** A document that differs from the one before by its rules: decided, not yet stored. */
export interface SnapshotChange {
  readonly key: SnapshotKey
  readonly body: Json
  readonly hash: string
  /** When it was observed, ms since the Unix epoch. */
  readonly at: number
  readonly fence: number
  readonly detector: string
}
