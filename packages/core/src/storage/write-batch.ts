import type { SnapshotWrite } from '../ports/snapshots.ts'
import type { Track, Tracks } from './target-track.ts'
import type { PendingWrite, WriteBuffer } from './write-buffer.ts'

/** The oldest waiting change of each target. */
export type WriteBatch = readonly (readonly [Track, PendingWrite])[]

export const takeWriteBatch = (
  { buffer, tracks }: { readonly buffer: WriteBuffer; readonly tracks: Tracks },
  limit: number,
): WriteBatch => {
  const batch: (readonly [Track, PendingWrite])[] = []
  for (const id of buffer.ids()) {
    const track = tracks.get(id)
    const write = buffer.take(id)
    if (track !== undefined && write !== null) batch.push([track, write])
    if (batch.length === limit) break
  }
  return batch
}

/** A change as storage is asked to take it. */
export const toSnapshotWrite = ({ stored }: Track, { change, writeId }: PendingWrite): SnapshotWrite => ({
  key: change.key,
  expected: stored?.version ?? null,
  writeId,
  at: change.at,
  body: change.body,
  hash: change.hash,
  fence: change.fence,
  detector: change.detector,
})
