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
  return {
    of: (key) => {
      const id = trackId(key)
      const known = tracks.get(id)
      if (known !== undefined) return known
      const track: Track = { id, key, stored: undefined }
      tracks.set(id, track)
      return track
    },
    get: (id) => tracks.get(id),
  }
}
