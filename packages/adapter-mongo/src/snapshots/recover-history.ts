import { insertMissing, pieces } from '../bulk.ts'
import type { MongoCollections } from '../store-access.ts'
import { entryId, isLatest, type LatestDocument, toEntry } from './snapshot-documents.ts'

type Place = Pick<LatestDocument, 'key' | 'epoch' | 'revision' | 'era'>

/** Stores the entries that writers died before storing; how many. Looks at every target, without its body. */
export const recoverHistory = async ({ latest, history }: Pick<MongoCollections, 'latest' | 'history'>): Promise<number> => {
  const targets = await latest
    .find({ removedAt: null, revision: { $gt: 0 } })
    .project<Place>({ key: 1, epoch: 1, revision: 1, era: 1 })
    .toArray()
  let recovered = 0
  for (const piece of pieces(targets, 500)) {
    const stored = await history
      .find({ $or: piece.map(({ key, era, revision }) => ({ key, era, revision })) })
      .project<Place>({ key: 1, epoch: 1, revision: 1 })
      .toArray()
    const ids = new Set(stored.map(({ key, epoch, revision }) => entryId(key, epoch, revision)))
    const missing = piece.filter(({ key, epoch, revision }) => !ids.has(entryId(key, epoch, revision)))
    if (missing.length === 0) continue
    // One that has moved on since is no longer without its entry.
    const documents = await latest.find({ $or: missing.map(({ key, epoch, revision }) => ({ key, epoch, revision })) }).toArray()
    const entries = documents.filter(isLatest).map(toEntry)
    recovered += entries.length - (await insertMissing(history, entries)).size
  }
  return recovered
}
