import type { Snapshot } from '../ports/snapshots.ts'
import type { StorageLink } from './storage-link.ts'
import type { Track } from './target-track.ts'

export interface AdriftTargetsOptions {
  readonly link: Pick<StorageLink, 'run'>
  /** Does nothing of the target wait for storage? */
  isIdle(track: Track): boolean
  /** Nothing of the target waits, and storage holds `found`. */
  onFound(track: Track, found: Snapshot | null): void
}

/** Targets whose poller compares with a document that will not be stored: when nothing of them waits, they are told what is. */
export interface AdriftTargets {
  readonly size: number
  add(track: Track): void
  delete(track: Track): void
  /** Reads what is stored of those that nothing waits of. Rejects where storage fails. */
  settle(): Promise<void>
}

const BATCH = 500

export const createAdriftTargets = ({ link, isIdle, onFound }: AdriftTargetsOptions): AdriftTargets => {
  const adrift = new Set<Track>()
  return {
    get size() {
      return adrift.size
    },
    add: (track) => void adrift.add(track),
    delete: (track) => void adrift.delete(track),
    settle: async () => {
      const batch = [...adrift].filter(isIdle).slice(0, BATCH)
      if (batch.length === 0) return
      const found = await link.run((driver) => driver.snapshots.load(batch.map(({ key }) => key)))
      for (const [index, track] of batch.entries()) onFound(track, found[index] ?? null)
    },
  }
}
