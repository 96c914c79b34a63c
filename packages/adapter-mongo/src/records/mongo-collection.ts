import {
  checkLimit,
  checkName,
  fromCursor,
  type IndexLookup,
  isLive,
  matches,
  type RecordState,
  teamOf,
  toCursor,
  toLookup,
  toPage,
  toStored,
} from '@sightline/core/driver'
import {
  type Collection,
  type CollectionDefinition,
  compareBytes,
  type Head,
  type IndexQuery,
  type Page,
  type PageRequest,
  type Scope,
  type Stored,
} from '@sightline/core/ports'
import { pieces } from '../bulk.ts'
import type { StoreAccess } from '../store-access.ts'
import { indexEnd, indexRange, toIndexText } from './index-text.ts'
import { pathField, type RecordDocument, recordId, toRecord, toRecordHead } from './record-document.ts'

export const mongoCollection = <T>(access: StoreAccess, definition: CollectionDefinition<T>): Collection<T> => {
  const { name } = definition
  const parse = (record: RecordState): Stored<T> => {
    const stored = toStored(record)
    return { ...stored, value: definition.parse(stored.value) }
  }

  return {
    load: async (scope, ids) => {
      access.plan(name)
      for (const id of ids) checkName('id', id)
      const records = await loadById(access, name, { scope, ids })
      return records.map((record) => (record === undefined ? null : parse(record)))
    },

    list: async (scope, query) => {
      checkLimit(query.limit)
      const lookup = toLookup({ plan: access.plan(name), definition, query })
      const page = await listByIndex(access, name, { scope, query, lookup })
      return { items: page.items.map(parse), next: page.next }
    },

    heads: async (scope, page) => {
      access.plan(name)
      checkLimit(page.limit)
      return listHeads(access, name, { scope, page })
    },

    prune: async ({ before, limit }) => {
      access.plan(name)
      checkLimit(limit)
      const records = access.collections().records(name)
      const isOver = {
        endsAt: { $lt: before },
        thenAt: { $exists: false },
        $or: [{ value: null }, { endsAt: { $lte: access.now() } }],
      }
      const doomed = await records
        .find(isOver)
        .project<{ readonly _id: string }>({ _id: 1 })
        .sort({ endsAt: 1 })
        .limit(limit)
        .toArray()
      let deleted = 0
      for (const piece of pieces(doomed.map(({ _id }) => _id))) {
        // Again what makes it one: it may have been written meanwhile.
        deleted += (await records.deleteMany({ _id: { $in: [...piece] }, ...isOver })).deletedCount
      }
      return deleted
    },
  }
}

interface LoadRequest {
  readonly scope: Scope
  readonly ids: readonly string[]
}

const loadById = async (
  { collections, now }: StoreAccess,
  store: string,
  { scope, ids }: LoadRequest,
): Promise<readonly (RecordState | undefined)[]> => {
  const records = collections().records(store)
  const team = teamOf(scope)
  const found = new Map<string, RecordDocument[]>()
  for (const piece of pieces([...new Set(ids)])) {
    const filter = team === null ? { id: { $in: [...piece] } } : { _id: { $in: piece.map((id) => recordId({ team, id })) } }
    for (const document of await records.find(filter).toArray()) {
      found.set(document.id, [...(found.get(document.id) ?? []), document])
    }
  }
  const time = now()
  return ids.map((id) =>
    (found.get(id) ?? [])
      .toSorted((a, b) => compareBytes(a.team, b.team))
      .map((document) => toRecord(store, document))
      .find((record) => isLive(record, time)),
  )
}

interface ListRequest {
  readonly scope: Scope
  readonly query: IndexQuery
  readonly lookup: IndexLookup
}

const listByIndex = async (
  { collections, now }: StoreAccess,
  store: string,
  { scope, query, lookup }: ListRequest,
): Promise<Page<RecordState>> => {
  const { limit, order, range, equals, cursor } = query
  const team = teamOf(scope)
  const field = pathField(lookup.path)
  const key = `keys.${field}`
  const listing = `list ${store} ${field} ${team ?? '*'} ${order} ${JSON.stringify([equals, range])}`
  const after = fromCursor<[string, string]>(listing, cursor)
  const prefix = toIndexText(lookup.equals)
  const { lowest, highest } = lookup.hasRange ? indexRange(prefix, range ?? {}) : { lowest: prefix, highest: indexEnd(prefix) }
  const direction = order === 'asc' ? 1 : -1
  const beyond = order === 'asc' ? '$gt' : '$lt'
  const conditions: object[] = [{ $or: [{ endsAt: null }, { endsAt: { $gt: now() } }] }]
  if (after !== null) {
    conditions.push({ $or: [{ [key]: { [beyond]: after[0] } }, { [key]: after[0], _id: { [beyond]: after[1] } }] })
  }
  const documents = await collections()
    .records(store)
    .find({
      ...(team === null ? {} : { team }),
      [key]: { $gte: lowest, $lte: highest },
      value: { $ne: null },
      $and: conditions,
    } as object)
    .sort({ [key]: direction, _id: direction })
    .limit(limit + 1)
    .toArray()
  const { items, next } = toPage(documents, limit, (last) => toCursor(listing, [last.keys[field] ?? '', last._id]))
  // The index sees only the beginning of a long text.
  const fitting = items
    .map((document) => toRecord(store, document))
    .filter(({ text }) => matches(JSON.parse(text ?? 'null'), { query, lookup }))
  return { items: fitting, next }
}

interface HeadList {
  readonly scope: Scope
  readonly page: PageRequest
}

/** Those that expired are left out, tombstones are not. */
const listHeads = async (
  { collections, now }: StoreAccess,
  store: string,
  { scope, page: { limit, cursor } }: HeadList,
): Promise<Page<Head>> => {
  const team = teamOf(scope)
  const listing = `heads of ${store} ${team ?? '*'}`
  const after = fromCursor<[string]>(listing, cursor)
  const documents = await collections()
    .records(store)
    .find({
      ...(team === null ? {} : { team }),
      ...(after === null ? {} : { _id: { $gt: after[0] } }),
      $or: [{ value: null }, { endsAt: null }, { endsAt: { $gt: now() } }],
    })
    .project<RecordDocument>({ team: 1, id: 1, epoch: 1, revision: 1, deleted: 1 })
    .sort({ _id: 1 })
    .limit(limit + 1)
    .toArray()
  const { items, next } = toPage(documents, limit, ({ _id }) => toCursor(listing, [_id]))
  return { items: items.map(toRecordHead), next }
}
