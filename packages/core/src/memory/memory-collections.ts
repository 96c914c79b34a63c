import { fromCursor, toCursor, toPage } from '../driver/cursor.ts'
import { isLive, type RecordState, toStored } from '../driver/decide-record.ts'
import { compareValues, matches, toLookup } from '../driver/index-lookup.ts'
import { checkLimit, isWithin, tupleKey } from '../driver/names.ts'
import { fieldOf, type IndexValue } from '../driver/record-fields.ts'
import { compareBytes } from '../ports/byte-order.ts'
import type { Collection, CollectionDefinition, Stored } from '../ports/collections.ts'
import type { Head, Scope } from '../ports/identity.ts'
import { SortedArray } from './sorted-array.ts'

/** A record or its tombstone as it stands. The value is kept as text: nobody can change it, and only JSON survives. */
export interface Row extends RecordState {
  /** The value's text parsed, for comparing only: it is never handed out. */
  readonly document: unknown
}

/** A row that a reader sees. */
type LiveRow = Row & { readonly text: string }

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
      const lookup = toLookup({ plan: definition, definition, query })
      const by = lookup.path[lookup.equals.length]
      const after = fromCursor<ListPosition>(`list-${query.index}`, query.cursor)
      const direction = query.order === 'asc' ? 1 : -1
      const candidates = liveRows(scope)
        .filter(({ document }) => matches(document, { query, lookup }))
        .map((row) => ({ row, position: positionOf(row, by) }))
        .filter(({ position }) => after === null || comparePositions(position, after) * direction > 0)
        .sort((a, b) => comparePositions(a.position, b.position) * direction)
      const page = toPage(candidates, query.limit, ({ position }) => toCursor(`list-${query.index}`, position))
      return { items: page.items.map(({ row }) => parse(row)), next: page.next }
    },

    heads: async (scope, { limit, cursor }) => {
      const { byKey, ordered } = rows()
      checkLimit(limit)
      const after = fromCursor<readonly [team: string, id: string]>('heads', cursor)
      const start = after === null ? 0 : ordered.upperBound({ team: after[0], id: after[1] })
      const heads: Head[] = []
      for (let index = start; index < ordered.items.length && heads.length <= limit; index++) {
        const { team, id } = ordered.items[index] as Row
        const row = byKey.get(recordKey(team, id)) as Row
        const isShown = row.text === null || isLive(row, now())
        if (isShown && isWithin(scope, team)) heads.push(toHead(row))
      }
      return toPage(heads, limit, ({ team, id }) => toCursor('heads', [team, id]))
    },

    prune: async ({ before, limit }) => {
      const { byKey, ordered } = rows()
      checkLimit(limit)
      const time = now()
      const doomed = [...byKey.values()].filter((row) => !isLive(row, time) && (row.endsAt as number) < before).slice(0, limit)
      for (const row of doomed) {
        byKey.delete(recordKey(row.team, row.id))
        ordered.delete(row)
      }
      return doomed.length
    },
  }
}

export const toHead = ({ id, team, version, text }: Pick<Row, 'id' | 'team' | 'version' | 'text'>): Head => ({
  id,
  team,
  version,
  ...(text === null ? { deleted: true as const } : {}),
})

/** What a list orders by: the field after those of `equals`, absent where they are all of the index. */
type ListPosition = readonly [by: IndexValue, id: string, team: string]

const positionOf = ({ document, id, team }: LiveRow, by: string | undefined): ListPosition => [
  by === undefined ? null : fieldOf(document, by),
  id,
  team,
]

const comparePositions = (a: ListPosition, b: ListPosition): number =>
  compareValues(a[0], b[0]) || compareBytes(a[1], b[1]) || compareBytes(a[2], b[2])
