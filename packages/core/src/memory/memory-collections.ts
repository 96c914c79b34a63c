import { SightlineError } from '../errors.ts'
import { compareBytes } from '../ports/byte-order.ts'
import type { Collection, CollectionDefinition, CollectionPlan, IndexQuery, Stored } from '../ports/collections.ts'
import type { Head, Scope, Version } from '../ports/identity.ts'
import { checkLimit, fromCursor, type Position, toCursor, toPage } from './memory-cursor.ts'
import { isWithin, tupleKey } from './names.ts'
import { SortedArray } from './sorted-array.ts'
import type { WriteMemory } from './write-memory.ts'

/** One revision of a record, or its tombstone (`value` null). The value is kept as text: nobody can change it, and only JSON survives. */
export interface RecordRevision {
  readonly id: string
  readonly team: string
  readonly version: Version
  readonly at: number
  readonly value: string | null
}

/** A record or its tombstone as it stands. */
export interface Row extends RecordRevision {
  /** The value's text parsed, for comparing only: it is never handed out. */
  readonly document: unknown
  readonly expiresAt: number | null
  readonly memory: WriteMemory<RecordRevision>
}

/** A row that a reader sees. */
type LiveRow = Row & { readonly value: string }

/** The rows of one collection. */
export interface CollectionRows {
  readonly byKey: Map<string, Row>
  /** In the order of `heads`. */
  readonly ordered: SortedArray<Pick<Row, 'id' | 'team'>>
  /** The key of the row that holds a unique value, or last held it. */
  readonly holders: Map<string, string>
}

export const memoryCollectionRows = (): CollectionRows => ({
  byKey: new Map(),
  ordered: new SortedArray((a, b) => compareBytes(a.team, b.team) || compareBytes(a.id, b.id)),
  holders: new Map(),
})

export const recordKey = (team: string, id: string): string => tupleKey(team, id)

/** Is it there for a reader: neither deleted nor expired? */
export const isLive = (row: Row | undefined, now: number): row is LiveRow =>
  row !== undefined && row.value !== null && (row.expiresAt === null || row.expiresAt > now)

interface CollectionOptions<T> {
  readonly definition: CollectionDefinition<T>
  /** Throws unless the driver is connected and knows the collection. */
  rows(): CollectionRows
  now(): number
}

export const memoryCollection = <T>({ definition, rows, now }: CollectionOptions<T>): Collection<T> => {
  const parse = (row: LiveRow): Stored<T> => {
    const stored = toStored(row)
    return { ...stored, value: definition.parse(stored.value) }
  }

  const liveRows = (scope: Scope): readonly LiveRow[] => {
    const { byKey, ordered } = rows()
    const time = now()
    return ordered.items
      .filter(({ team }) => isWithin(scope, team))
      .map(({ team, id }) => byKey.get(recordKey(team, id)))
      .filter((row) => isLive(row, time))
  }

  return {
    load: async (scope, ids) => {
      const { byKey } = rows()
      if (scope === 'system') {
        const wanted = new Set(ids)
        const firstById = new Map<string, LiveRow>()
        for (const row of liveRows(scope)) if (wanted.has(row.id) && !firstById.has(row.id)) firstById.set(row.id, row)
        return ids.map((id) => firstById.get(id)).map((row) => (row === undefined ? null : parse(row)))
      }
      const time = now()
      return ids.map((id) => byKey.get(recordKey(scope.team, id))).map((row) => (isLive(row, time) ? parse(row) : null))
    },

    list: async (scope, query) => {
      checkLimit(query.limit)
      const by = orderingField(definition, query)
      const after = fromCursor(`list-${query.index}`, query.cursor, 3)
      const direction = query.order === 'asc' ? 1 : -1
      const candidates = liveRows(scope)
        .filter(({ document }) => matches(document, query, by))
        .map((row) => ({ row, position: [by === null ? null : fieldOf(row.document, by), row.id, row.team] }))
        .filter(({ position }) => after === null || comparePositions(position, after) * direction > 0)
        .sort((a, b) => comparePositions(a.position, b.position) * direction)
      const page = toPage(candidates, query, ({ position }) => toCursor(`list-${query.index}`, position))
      return { items: page.items.map(({ row }) => parse(row)), next: page.next }
    },

    heads: async (scope, { limit, cursor }) => {
      const { byKey, ordered } = rows()
      checkLimit(limit)
      const after = fromCursor('heads', cursor, 2)
      const start = after === null ? 0 : ordered.upperBound({ team: String(after[0]), id: String(after[1]) })
      const heads: Head[] = []
      for (let index = start; index < ordered.items.length && heads.length <= limit; index++) {
        const { team, id } = ordered.items[index] as Row
        const row = byKey.get(recordKey(team, id)) as Row
        const isShown = row.value === null || isLive(row, now())
        if (isShown && isWithin(scope, team)) heads.push(toHead(row))
      }
      return toPage(heads, { limit }, ({ team, id }) => toCursor('heads', [team, id]))
    },

    prune: async ({ before, limit }) => {
      const { byKey, ordered } = rows()
      checkLimit(limit)
      const time = now()
      const doomed = [...byKey.values()]
        .filter((row) => !isLive(row, time) && (row.value === null ? row.at : (row.expiresAt as number)) < before)
        .slice(0, limit)
      for (const row of doomed) {
        byKey.delete(recordKey(row.team, row.id))
        ordered.delete(row)
      }
      return doomed.length
    },
  }
}

export const toStored = ({ id, team, version, at, value }: RecordRevision): Stored<unknown> => ({
  ...toHead({ id, team, version, value }),
  at,
  value: value === null ? null : JSON.parse(value),
})

export const toHead = ({ id, team, version, value }: Omit<RecordRevision, 'at'>): Head => ({
  id,
  team,
  version,
  ...(value === null ? { deleted: true as const } : {}),
})

/** Which field of the index the query orders by, null where `equals` names them all. Throws `INVALID_INPUT` for a query the index cannot answer. */
const orderingField = (definition: CollectionPlan, query: IndexQuery): string | null => {
  const fields = Object.hasOwn(definition.indexes, query.index) ? definition.indexes[query.index] : undefined
  if (fields === undefined) throw new SightlineError('INVALID_INPUT', `${definition.name} has no index '${query.index}'.`)
  const named = Object.keys(query.equals)
  const leading = fields.slice(0, named.length)
  if (named.length > fields.length || !named.every((field) => leading.includes(field))) {
    throw new SightlineError(
      'INVALID_INPUT',
      `equals must name the leading fields of ${definition.name}.${query.index}: ${fields.join(', ')}.`,
    )
  }
  const by = fields[named.length] ?? null
  if (query.range !== undefined && by === null) {
    throw new SightlineError('INVALID_INPUT', `${definition.name}.${query.index} has no field left for a range.`)
  }
  return by
}

type IndexValue = string | number | boolean | null

const fieldOf = (value: unknown, field: string): IndexValue => {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return null
  const found = (value as Readonly<Record<string, unknown>>)[field]
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? found : null
}

const matches = (value: unknown, { equals, range }: IndexQuery, by: string | null): boolean => {
  for (const [field, wanted] of Object.entries(equals)) if (fieldOf(value, field) !== wanted) return false
  if (range === undefined || by === null || (range.from === undefined && range.to === undefined)) return true
  const found = fieldOf(value, by)
  if (found === null) return false
  return (
    (range.from === undefined || compareValues(found, range.from) >= 0) &&
    (range.to === undefined || compareValues(found, range.to) <= 0)
  )
}

const comparePositions = (a: Position, b: Position): number => {
  for (let index = 0; index < a.length; index++) {
    const order = compareValues(a[index] as IndexValue, b[index] as IndexValue)
    if (order !== 0) return order
  }
  return 0
}

const kinds = ['object', 'boolean', 'number', 'string']

const compareValues = (a: IndexValue, b: IndexValue): number => {
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b)
  if (typeof a === typeof b) return Number(a) - Number(b)
  return kinds.indexOf(typeof a) - kinds.indexOf(typeof b)
}
