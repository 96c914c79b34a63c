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
import type {
  Collection,
  CollectionDefinition,
  CollectionPlan,
  Head,
  IndexQuery,
  Page,
  PageRequest,
  Scope,
  Stored,
} from '@sightline/core/ports'
import type { SqlDialect } from '../dialect.ts'
import { runOnce, runRows, type Script } from '../statement.ts'
import type { StoreAccess } from '../store-access.ts'
import { fromStoredText, toStoredText } from '../stored-text.ts'
import { indexEnd, indexRange, toIndexKey } from './index-key.ts'
import { pruneRecords } from './prune-records.ts'
import { pathName } from './record-plan.ts'
import { fromRecordRow } from './record-row.ts'
import type { RecordStatements } from './record-statements.ts'

interface CollectionOptions<T> {
  readonly access: StoreAccess
  readonly statements: RecordStatements
  plan(store: string): CollectionPlan
  readonly definition: CollectionDefinition<T>
}

export const sqlCollection = <T>({ access, statements, plan, definition }: CollectionOptions<T>): Collection<T> => {
  const { dialect, read, transact, now } = access
  const { name } = definition

  const parse = (record: RecordState): Stored<T> => {
    const stored = toStored(record)
    return { ...stored, value: definition.parse(stored.value) }
  }

  return {
    load: async (scope, ids) => {
      plan(name)
      for (const id of ids) checkName('id', id)
      const team = teamOf(scope)
      const records = await read(() =>
        team === null ? loadOfFirstTeam(dialect, name, ids) : loadOfTeam(statements, { store: name, team, ids }),
      )
      const time = now()
      return records
        .map((candidates) => candidates.find((record) => isLive(record, time)))
        .map((record) => (record === undefined ? null : parse(record)))
    },

    list: async (scope, query) => {
      checkLimit(query.limit)
      const lookup = toLookup({ plan: plan(name), definition, query })
      const page = await read(() => listByIndex(dialect, { store: name, scope, query, lookup, now: now() }))
      return { items: page.items.map(parse), next: page.next }
    },

    heads: async (scope, page) => {
      plan(name)
      checkLimit(page.limit)
      return read(() => listHeads(dialect, { store: name, scope, page, now: now() }))
    },

    prune: async ({ before, limit }) => {
      checkLimit(limit)
      const collection = plan(name)
      return transact(() => pruneRecords(dialect, { statements, plan: collection, before, limit, now: now() }))
    },
  }
}

interface TeamLoad {
  readonly store: string
  readonly team: string
  readonly ids: readonly string[]
}

function* loadOfTeam(statements: RecordStatements, { store, team, ids }: TeamLoad): Script<readonly (readonly RecordState[])[]> {
  const found: RecordState[][] = ids.map(() => [])
  const rows = yield* runRows(
    statements.findRecords,
    ids.map((id, ord) => ({ ord, store: toStoredText(store), team: toStoredText(team), id: toStoredText(id) })),
  )
  for (const row of rows) found[row.ord]?.push(fromRecordRow(row))
  return found
}

/** Of each id the records of all teams, the first team's first. */
function* loadOfFirstTeam(
  { queries }: SqlDialect,
  store: string,
  ids: readonly string[],
): Script<readonly (readonly RecordState[])[]> {
  const found = new Map<string, RecordState[]>(ids.map((id) => [id, []]))
  const wanted = [...found.keys()].map(toStoredText)
  for (let start = 0; start < wanted.length; start += 500) {
    const rows = yield* runOnce(
      queries
        .selectFrom('records')
        .selectAll()
        .where('store', '=', toStoredText(store))
        .where('id', 'in', wanted.slice(start, start + 500))
        .where('value', 'is not', null)
        .orderBy('id')
        .orderBy('team'),
    )
    for (const row of rows) found.get(fromStoredText(row.id))?.push(fromRecordRow(row))
  }
  return ids.map((id) => found.get(id) ?? [])
}

interface IndexList {
  readonly store: string
  readonly scope: Scope
  readonly query: IndexQuery
  readonly lookup: IndexLookup
  readonly now: number
}

function* listByIndex({ queries }: SqlDialect, { store, scope, query, lookup, now }: IndexList): Script<Page<RecordState>> {
  const { limit, order, range } = query
  const team = teamOf(scope)
  const path = pathName(store, lookup.path)
  const listing = `list ${path} ${team ?? '*'} ${order} ${JSON.stringify([query.equals, range])}`
  const after = fromCursor<[string, string, string]>(listing, query.cursor)
  const prefix = toIndexKey(lookup.equals)
  const { lowest, highest } = lookup.hasRange ? indexRange(prefix, range ?? {}) : { lowest: prefix, highest: indexEnd(prefix) }

  let select = queries
    .selectFrom('record_keys as k')
    .innerJoin('records as r', (join) => join.onRef('r.team', '=', 'k.team').onRef('r.id', '=', 'k.id'))
    .where('r.store', '=', toStoredText(store))
    .where('k.path', '=', path)
    .where('k.key', '>=', lowest)
    .where('k.key', '<=', highest)
    .where('r.value', 'is not', null)
    .where(({ or, eb }) => or([eb('r.ends_at', 'is', null), eb('r.ends_at', '>', now)]))
    .selectAll('r')
    .select('k.key')
    .orderBy('k.key', order)
    .orderBy('k.id', order)
    .limit(limit + 1)
  if (team === null) select = select.orderBy('k.team', order)
  else select = select.where('k.team', '=', toStoredText(team))
  if (after !== null) {
    const [key, id, ofTeam] = after
    const start = Buffer.from(key, 'base64url')
    const beyond = order === 'asc' ? '>' : '<'
    select = select.where(({ eb, refTuple, tuple }) =>
      team === null
        ? eb(refTuple('k.key', 'k.id', 'k.team'), beyond, tuple<Uint8Array, string, string>(start, id, ofTeam))
        : eb(refTuple('k.key', 'k.id'), beyond, tuple<Uint8Array, string>(start, id)),
    )
  }
  const { items: rows, next } = toPage(yield* runOnce(select), limit, (last) =>
    toCursor(listing, [Buffer.from(last.key).toString('base64url'), last.id, last.team]),
  )
  const items = rows.map(fromRecordRow).filter(({ text }) => matches(JSON.parse(text as string), { query, lookup }))
  return { items, next }
}

interface HeadList {
  readonly store: string
  readonly scope: Scope
  readonly page: PageRequest
  readonly now: number
}

/** Those that expired are left out, tombstones are not. */
function* listHeads({ queries }: SqlDialect, { store, scope, page: { limit, cursor }, now }: HeadList): Script<Page<Head>> {
  const team = teamOf(scope)
  const listing = `heads of ${store} ${team ?? '*'}`
  const after = fromCursor<[string, string]>(listing, cursor)
  let select = queries
    .selectFrom('records')
    .select(['team', 'id', 'epoch', 'revision'])
    .select(({ eb }) => eb('value', 'is', null).as('is_deleted'))
    .where('store', '=', toStoredText(store))
    .where(({ or, eb }) => or([eb('value', 'is', null), eb('ends_at', 'is', null), eb('ends_at', '>', now)]))
    .orderBy('team')
    .orderBy('id')
    .limit(limit + 1)
  if (team !== null) select = select.where('team', '=', toStoredText(team))
  if (after !== null) select = select.where(({ eb, refTuple, tuple }) => eb(refTuple('team', 'id'), '>', tuple(...after)))
  const { items: rows, next } = toPage(yield* runOnce(select), limit, (last) => toCursor(listing, [last.team, last.id]))
  const items = rows.map(({ team: ofTeam, id, epoch, revision, is_deleted }) => ({
    id: fromStoredText(id),
    team: fromStoredText(ofTeam),
    version: { epoch, revision },
    // SQLite has no booleans: 0 and 1.
    ...(is_deleted ? { deleted: true as const } : {}),
  }))
  return { items, next }
}
