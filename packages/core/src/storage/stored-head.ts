import type { SnapshotChange } from '../changes/snapshot-change.ts'
import type { Version } from '../ports/identity.ts'
import type { Snapshot } from '../ports/snapshots.ts'
import type { PendingWrite } from './write-buffer.ts'

/** What a process must know of the latest stored snapshot to write the next one. */
export interface StoredHead {
  readonly version: Version
  readonly hash: string
  readonly detector: string
}

export const isSameVersion = (a: Version | null, b: Version | null): boolean =>
  a?.epoch === b?.epoch && a?.revision === b?.revision

/** null where nothing is stored. */
export const toStoredHead = (snapshot: Snapshot | null): StoredHead | null =>
  snapshot === null ? null : { version: snapshot.version, hash: snapshot.hash, detector: snapshot.detector }

/** Is the document of a change what is stored already, by the same rules? */
export const isStored = (head: StoredHead | null | undefined, change: SnapshotChange): boolean =>
  head != null && head.hash === change.hash && head.detector === change.detector

/**
 * What becomes of the oldest change of a target when storage holds something that this process did not expect there.
 * `done`: whoever wrote there wrote what we saw. `write`: it is written on top. `drop`: the next poll compares with what is there.
 */
export const reconsider = (
  { change, replayed }: Pick<PendingWrite, 'change' | 'replayed'>,
  { found, wasUnknown }: { readonly found: Snapshot | null; readonly wasUnknown: boolean },
): 'done' | 'write' | 'drop' => {
  if (isStored(found, change)) return 'done'
  // Decided without knowing what is stored: the later observation wins.
  if (found === null || ((replayed || wasUnknown) && change.at > found.at)) return 'write'
  return 'drop'
}
