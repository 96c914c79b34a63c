import type { Outcome, Snapshot, SnapshotKey, SnapshotWrite, StorageDriver, Version } from '@sightline/core/ports'

export const mapWon = (
  outcomes: readonly Outcome<Snapshot>[],
  change: (record: Snapshot) => Snapshot,
): readonly Outcome<Snapshot>[] =>
  outcomes.map((outcome) => (outcome.ok ? { ok: true, record: change(outcome.record) } : outcome))

export const mapLoaded = (
  snapshots: readonly (Snapshot | null)[],
  change: (record: Snapshot) => Snapshot,
): readonly (Snapshot | null)[] => snapshots.map((snapshot) => (snapshot === null ? null : change(snapshot)))

export const currentOf = async (driver: StorageDriver, key: SnapshotKey): Promise<Version | null> =>
  (await driver.snapshots.load([key]))[0]?.version ?? null

/** Reads and writes every snapshot through a change of it. */
export const distorted = (driver: StorageDriver, change: (snapshot: Snapshot) => Snapshot) => ({
  snapshots: {
    load: async (keys: readonly SnapshotKey[]) => mapLoaded(await driver.snapshots.load(keys), change),
    replace: async (writes: readonly SnapshotWrite[]) => mapWon(await driver.snapshots.replace(writes), change),
  },
})

export const replaceOne = async (driver: StorageDriver, write: SnapshotWrite): Promise<Outcome<Snapshot>> =>
  (await driver.snapshots.replace([write]))[0] as Outcome<Snapshot>

export const inTurn = async <A, B>(items: readonly A[], call: (item: A) => Promise<B>): Promise<readonly B[]> => {
  const answers: B[] = []
  for (const item of items) answers.push(await call(item))
  return answers
}
