import { checkName, fromCursor, toCursor, toPage, tupleKey } from '@sightline/core/driver'
import { compareBytes, type Page, type PageRequest, type Series } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { SqlDialect } from '../dialect.ts'
import type { OwnWrites } from '../own-writes.ts'
import { integer, rowList } from '../row-list.ts'
import { prepareRows, runOnce, runRows, type Script } from '../statement.ts'
import { fromStoredText, toStoredText } from '../stored-text.ts'

/** SQLite takes 32,766 values in a query. */
const maxSeries = 30_000

type StoredSeries = Series
type WantedSeries = StoredSeries & { readonly ord: number }

/** The compiled queries over the names of series. Their rows are never deleted. */
export const seriesStatements = ({ queries, rowsPerStatement }: SqlDialect) => ({
  find: prepareRows(rowsPerStatement, (wanted: readonly WantedSeries[]) =>
    queries
      .with('w(ord, team, service, region)', () => {
        const rows = wanted.map(({ ord, team, service, region }) => [integer(ord), team, service, region])
        return rowList<WantedSeries>(rows)
      })
      .selectFrom('w')
      .innerJoin('series as s', (join) =>
        join.onRef('s.team', '=', 'w.team').onRef('s.service', '=', 'w.service').onRef('s.region', '=', 'w.region'),
      )
      .select(['w.ord', 's.id']),
  ),

  insert: prepareRows(rowsPerStatement, (series: readonly StoredSeries[]) =>
    queries
      .insertInto('series')
      .values(series.map(({ team, service, region }) => ({ team, service, region })))
      .onConflict((conflict) => conflict.columns(['team', 'service', 'region']).doNothing()),
  ),
})

/**
 * The ids of series, remembered for as long as only this process writes: every check appends to a series, and most of them are old
 * acquaintances.
 */
export interface SeriesMemory {
  /** What was known and still holds; a new start where somebody else has written. */
  recall(): Script<Map<string, number>>
}

/** Above this many the memory starts anew. */
const mostRemembered = 100_000

export const seriesMemory = (writes: OwnWrites): SeriesMemory => {
  let ids = new Map<string, number>()
  return {
    *recall() {
      const isAlone = yield* writes.areAlone()
      if (!isAlone || ids.size > mostRemembered) ids = new Map()
      return ids
    },
  }
}

export type SeriesStatements = ReturnType<typeof seriesStatements>

/** @throws `INVALID_INPUT` */
export const checkSeries = ({ team, service, region }: Series): void => {
  checkName('team', team)
  checkName('service', service)
  checkName('region', region)
}

export const seriesKey = ({ team, service, region }: Series): string => tupleKey(team, service, region)

/** The order of listings. */
const compareSeries = (a: Series, b: Series): number =>
  compareBytes(a.team, b.team) || compareBytes(a.service, b.service) || compareBytes(a.region, b.region)

/** The ids of those that are known, by `seriesKey`. */
function* findSeries(statements: SeriesStatements, series: readonly Series[]): Script<Map<string, number>> {
  const rows = yield* runRows(
    statements.find,
    series.map((each, ord) => ({ ...toStoredSeries(each), ord })),
  )
  return new Map(rows.map(({ ord, id }) => [seriesKey(series[ord] as Series), id]))
}

/**
 * The known ones of the series, each once.
 *
 * @throws `INVALID_INPUT` for more than one query can ask about.
 */
export function* findSeriesById(statements: SeriesStatements, series: readonly Series[]): Script<ReadonlyMap<number, Series>> {
  const distinct = new Map(series.map((each) => [seriesKey(each), each]))
  if (distinct.size > maxSeries) {
    throw new SightlineError('INVALID_INPUT', `A span takes at most ${maxSeries} series, not ${distinct.size}.`)
  }
  const ids = yield* findSeries(statements, [...distinct.values()])
  return new Map([...ids].map(([key, id]) => [id, distinct.get(key) as Series]))
}

/** The `known` ids and those of the `unknown`, by `seriesKey`; rows are made where there is none. Those that were there become known. */
export function* holdSeries(
  statements: SeriesStatements,
  known: Map<string, number>,
  unknown: ReadonlyMap<string, Series>,
): Script<ReadonlyMap<string, number>> {
  if (unknown.size === 0) return known
  for (const [key, id] of yield* findSeries(statements, [...unknown.values()])) known.set(key, id)
  const missing = [...unknown].flatMap(([key, each]) => (known.has(key) ? [] : [each]))
  if (missing.length === 0) return known
  yield* runRows(statements.insert, missing.toSorted(compareSeries).map(toStoredSeries))
  // Not into the memory: should this transaction fail, they are not there.
  const ids = new Map(known)
  for (const [key, id] of yield* findSeries(statements, missing)) ids.set(key, id)
  return ids
}

const toStoredSeries = ({ team, service, region }: Series): StoredSeries => ({
  team: toStoredText(team),
  service: toStoredText(service),
  region: toStoredText(region),
})

/** All of them: their rows are never deleted. */
export function* listSeries({ queries }: SqlDialect, { limit, cursor }: PageRequest): Script<Page<Series>> {
  const after = fromCursor<[string, string, string]>('series', cursor)
  let query = queries
    .selectFrom('series')
    .select(['team', 'service', 'region'])
    .orderBy('team')
    .orderBy('service')
    .orderBy('region')
    .limit(limit + 1)
  if (after !== null) {
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('team', 'service', 'region'), '>', tuple(...after)))
  }
  const { items: rows, next } = toPage(yield* runOnce(query), limit, (last) =>
    toCursor('series', [last.team, last.service, last.region]),
  )
  const items = rows.map(({ team, service, region }) => ({
    team: fromStoredText(team),
    service: fromStoredText(service),
    region: fromStoredText(region),
  }))
  return { items, next }
}
