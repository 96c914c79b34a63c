import { SightlineError } from '../errors.ts'
import type { Outcome } from '../ports/identity.ts'
import type { Snapshot, SnapshotWrite } from '../ports/snapshots.ts'
import type { StorageLink } from './storage-link.ts'

/** What became of the write at `index`: storage's answer, or why storage refused it for good. */
export type Judge = (index: number, outcome: Outcome<Snapshot> | SightlineError) => void

/**
 * Writes a batch. Where storage refuses it for good, each write is tried by itself, so that a bad one does not take the others with it.
 * Rejects where the outcome is unknown: what was not judged is to be repeated.
 */
export const replaceEach = async (
  link: Pick<StorageLink, 'run'>,
  writes: readonly SnapshotWrite[],
  judge: Judge,
): Promise<void> => {
  const refusal = await replace(link, writes, judge)
  if (refusal === null) return
  if (writes.length === 1) {
    judge(0, refusal)
    return
  }
  for (const [index, write] of writes.entries()) {
    const alone = await replace(link, [write], (_, outcome) => judge(index, outcome))
    if (alone !== null) judge(index, alone)
  }
}

const replace = async (
  link: Pick<StorageLink, 'run'>,
  writes: readonly SnapshotWrite[],
  judge: Judge,
): Promise<SightlineError | null> => {
  const outcomes = await link
    .run((driver) => driver.snapshots.replace(writes))
    .catch((thrown: unknown) => SightlineError.from(thrown))
  if (outcomes instanceof SightlineError) {
    if (outcomes.code === 'UNAVAILABLE' || outcomes.code === 'TIMEOUT') throw outcomes
    return outcomes
  }
  outcomes.forEach((outcome, index) => {
    judge(index, outcome)
  })
  return null
}
