import { type SnapshotKey, snapshotId } from '../ports/snapshots.ts'
import type { StoredHead } from './stored-head.ts'

/** A target whose changes are kept. */
export interface Track {
  readonly id: string
  readonly key: SnapshotKey
  /** The latest stored, as far as this process knows: null for none, undefined while unknown. */
  stored: StoredHead | null | undefined
}

/** Every target of this process, found by key or id. */
export interface Tracks {
  of(key: SnapshotKey): Track
  get(id: string): Track | undefined
}

/** The id of a target over all teams. */
export const trackId = ({ team, api, region }: SnapshotKey): string =>
  `${encodeURIComponent(team)}/${snapshotId({ api, region })}`

export const createTracks = (): Tracks => {
  const tracks = new Map<string, Track>()
  /** A poller comes with the same key at every change: its id is spelled once. */
  const byKey = new WeakMap<SnapshotKey, Track>()

  const find = (key: SnapshotKey): Track => {
    const id = trackId(key)
    const track = tracks.get(id) ?? { id, key, stored: undefined }
    tracks.set(id, track)
    return track
  }

  return {
    of: (key) => {
      const known = byKey.get(key)
      if (known !== undefined) return known
      const track = find(key)
      byKey.set(key, track)
      return track
    },
    get: (id) => tracks.get(id),
  }
}
