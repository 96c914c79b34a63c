import { pieces } from '../bulk.ts'
import type { MongoCollections } from '../store-access.ts'

interface PruneRequest {
  readonly before: number
  readonly limit: number
}

/** Deletes the oldest entries that are not of a latest document; then forgets tombstones, whose fences stay. Answers with the number of entries. */
export const pruneHistory = async (
  { latest, history }: Pick<MongoCollections, 'latest' | 'history'>,
  { before, limit }: PruneRequest,
): Promise<number> => {
  const doomed: unknown[] = []
  const candidates = history
    .find({ at: { $lt: before } })
    .project<{ readonly _id: unknown; readonly key: string; readonly epoch: string; readonly revision: number }>({
      key: 1,
      epoch: 1,
      revision: 1,
    })
    .sort({ at: 1, era: 1, revision: 1 })
  let batch: { readonly _id: unknown; readonly key: string; readonly epoch: string; readonly revision: number }[] = []
  const judge = async (): Promise<void> => {
    const standing = await latest
      .find({ key: { $in: [...new Set(batch.map(({ key }) => key))] }, removedAt: null })
      .project<{ readonly key: string; readonly epoch: string; readonly revision: number }>({ key: 1, epoch: 1, revision: 1 })
      .toArray()
    const kept = new Map(standing.map(({ key, epoch, revision }) => [key, `${revision} ${epoch}`]))
    for (const { _id, key, epoch, revision } of batch) {
      if (doomed.length < limit && kept.get(key) !== `${revision} ${epoch}`) doomed.push(_id)
    }
    batch = []
  }
  for await (const candidate of candidates) {
    batch.push(candidate)
    if (batch.length >= 500) await judge()
    if (doomed.length === limit) break
  }
  if (batch.length > 0) await judge()
  let deleted = 0
  for (const piece of pieces(doomed)) {
    deleted += (await history.deleteMany({ _id: { $in: [...piece] } } as object)).deletedCount
  }
  if (doomed.length < limit) await forgetTombstones(latest, before)
  return deleted
}

/** A fence stays, since whoever it keeps out may still be frozen, and with it the era that the next epoch follows. */
const forgetTombstones = async (latest: MongoCollections['latest'], before: number): Promise<void> => {
  const isOld = { removedAt: { $lt: before } }
  await latest.deleteMany({ ...isOld, fence: 0 })
  await latest.updateMany(
    { ...isOld, fence: { $gt: 0 } },
    { $set: { epoch: '', revision: 0, removedAt: null, first: '', recent: [] } },
  )
}
