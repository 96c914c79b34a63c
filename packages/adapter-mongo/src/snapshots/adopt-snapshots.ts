import type { AnyBulkWriteOperation, Document } from 'mongodb'
import { pieces } from '../bulk.ts'
import { toKeyText } from '../key-text.ts'
import type { MongoCollections } from '../store-access.ts'
import type { EntryDocument, LatestDocument } from './snapshot-documents.ts'

/** Whose targets an older store's are. */
const adoptedTeam = 'default'

/**
 * Takes on what an older system stored: documents `{ api, source, data, hash, createdAt, updatedAt }` and their history. Everything of theirs
 * stays; what is added follows from them alone, so that several processes may adopt at once, and one that dies is followed by another. The
 * detector is none of ours, so that `data` is hashed again by today's rules before anything is compared with it.
 */
export const adoptSnapshots = async ({ latest, history }: Pick<MongoCollections, 'latest' | 'history'>): Promise<number> => {
  const unknown = latest as unknown as { find(filter: object): { toArray(): Promise<Document[]> } }
  const documents = (await unknown.find({ key: null }).toArray()).filter(
    ({ api, source }) => typeof api === 'string' && typeof source === 'string',
  )
  for (const document of documents) {
    const { api, source } = document as { readonly api: string; readonly source: string }
    const key = toKeyText(adoptedTeam, api, source)
    // The same for every process that adopts, and for no other document.
    const epoch = `adopted ${String(document._id)}`
    const since = timeOf(document.createdAt) ?? timeOf(document.updatedAt) ?? 0
    const common = { key, team: adoptedTeam, epoch, era: 0, since, detector: '', writtenFence: 0 }
    const entries = (
      (await history.find({ api, source, $or: [{ key: null }, { key, epoch }] } as object).toArray()) as Document[]
    ).sort((a, b) => (timeOf(a.createdAt) ?? 0) - (timeOf(b.createdAt) ?? 0) || compareIds(a._id, b._id))
    const operations = entries.map((entry, index) => ({
      updateOne: {
        filter: { _id: entry._id },
        update: {
          $set: { ...common, revision: index + 1, at: timeOf(entry.createdAt) ?? since, writeId: `${epoch} ${index + 1}` },
        },
      },
    }))
    for (const piece of pieces(operations)) {
      await history.bulkWrite([...piece] as unknown as AnyBulkWriteOperation<EntryDocument>[], { ordered: false })
    }
    const newest = entries.at(-1)
    const isInHistory = newest !== undefined && newest.hash === document.hash
    const revision = isInHistory ? entries.length : entries.length + 1
    // Agrees with its own entry, where there is one.
    const at = isInHistory ? (timeOf(newest.createdAt) ?? since) : (timeOf(document.updatedAt) ?? since)
    const fields = {
      ...common,
      revision,
      at,
      writeId: `${epoch} ${revision}`,
      fence: 0,
      first: `${epoch} 1`,
      recent: [`${epoch} ${revision}`],
      removedAt: null,
      changedAt: 0,
    }
    await latest.updateOne({ _id: document._id, key: null } as object, { $set: fields as unknown as Partial<LatestDocument> })
  }
  return documents.length
}

const timeOf = (value: unknown): number | null => {
  const time =
    value instanceof Date
      ? value.getTime()
      : typeof value === 'string' || typeof value === 'number'
        ? new Date(value).getTime()
        : Number.NaN
  return Number.isFinite(time) ? time : null
}

const compareIds = (a: unknown, b: unknown): number => (String(a) < String(b) ? -1 : 1)
