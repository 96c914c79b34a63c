import type { Head } from '@sightline/core/ports'

/** A record that a transaction has changed, as the change feed tells it. */
export interface Change {
  readonly store: string
  readonly head: Head
}

/** The store that changes of snapshots belong to. */
export const snapshotStore = 'snapshots'
