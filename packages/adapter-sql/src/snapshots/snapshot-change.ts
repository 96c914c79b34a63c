import { type Snapshot, snapshotId } from '@sightline/core/ports'
import { type Change, snapshotStore } from '../changes/change.ts'

/** A document that was written, as the change feed tells it. */
export const toChange = ({ key, version }: Snapshot): Change => ({
  store: snapshotStore,
  head: { id: snapshotId(key), team: key.team, version },
})
