import { fromCursor, toCursor, toPage } from '@sightline/core/driver'
import type { Page, PageRequest, Snapshot } from '@sightline/core/ports'
import type { Filter } from 'mongodb'
import type { MongoCollections } from '../store-access.ts'
import { type EntryDocument, isLatest, toEntry, toSnapshot } from './snapshot-documents.ts'

/** A place in a target's history: the era, then the revision. */
type Place = readonly [era: number, revision: number]

/** Newest first; the latest document is its newest entry, whether it is in the history yet or not. */
export const listHistory = async (
  { latest, history }: Pick<MongoCollections, 'latest' | 'history'>,
  key: string,
  { limit, cursor, asOf }: PageRequest & { readonly asOf?: number },
): Promise<Page<Snapshot>> => {
  const listing = `history ${key}`
  const after = fromCursor<[number, number]>(listing, cursor)
  // Before the history: what is the latest by now has all entries before it stored.
  const document = await latest.findOne({ key })
  const newest = isLatest(document) ? toEntry(document) : null

  let from: { readonly place: Place; readonly isIncluded: boolean } | null = null
  if (after !== null) from = { place: after, isIncluded: false }
  else if (asOf !== undefined && !(newest !== null && newest.at <= asOf)) {
    const first = await history.findOne({ key, at: { $lte: asOf } }, { sort: { era: -1, revision: -1 } })
    if (first === null) return { items: [], next: null }
    from = { place: [first.era, first.revision], isIncluded: true }
  } else if (asOf !== undefined && newest !== null) from = { place: [newest.era, newest.revision], isIncluded: true }

  const stored = await history
    .find({ key, ...(from === null ? {} : upTo(from.place, from.isIncluded)) })
    .sort({ era: -1, revision: -1 })
    .limit(limit + 1)
    .toArray()
  const isShown = newest !== null && (from === null || isUpTo(newest, from.place, from.isIncluded))
  const entries = isShown ? withNewest(stored, newest) : stored
  const { items, next } = toPage(entries, limit, ({ era, revision }) => toCursor(listing, [era, revision]))
  return { items: items.map(toSnapshot), next }
}

const upTo = ([era, revision]: Place, isIncluded: boolean): Filter<EntryDocument> => ({
  $or: [{ era: { $lt: era } }, { era, revision: isIncluded ? { $lte: revision } : { $lt: revision } }],
})

const isUpTo = (entry: EntryDocument, [era, revision]: Place, isIncluded: boolean): boolean =>
  entry.era < era || (entry.era === era && (entry.revision < revision || (isIncluded && entry.revision === revision)))

const withNewest = (entries: readonly EntryDocument[], newest: EntryDocument): readonly EntryDocument[] => {
  const place = entries.findIndex(({ era, revision }) => era < newest.era || (era === newest.era && revision <= newest.revision))
  const entry = entries[place]
  if (entry !== undefined && entry.era === newest.era && entry.revision === newest.revision) return entries
  const before = place === -1 ? entries : entries.slice(0, place)
  return [...before, newest, ...entries.slice(before.length)]
}
