import type { Snapshot, SnapshotKey } from '@sightline/core/ports'
import { fromStoredText } from '../stored-text.ts'

/** A history entry with its epoch, as the queries select it. */
export interface SnapshotRow {
  readonly epoch: string
  readonly created_at: number
  readonly revision: number
  readonly at: number
  readonly write_id: string
  readonly fence: number
  readonly hash: string
  readonly detector: string
  readonly data: string
}

export const toSnapshot = ({ team, api, region }: SnapshotKey, row: SnapshotRow): Snapshot => ({
  key: { team, api, region },
  writeId: fromStoredText(row.write_id),
  at: row.at,
  body: fromStoredText(row.data),
  hash: fromStoredText(row.hash),
  fence: row.fence,
  detector: fromStoredText(row.detector),
  version: { epoch: row.epoch, revision: row.revision },
  createdAt: row.created_at,
})
