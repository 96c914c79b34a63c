import { fromCursor, toCursor, toPage } from '@sightline/core/driver'
import type { Page, PageRequest, Point, Series, Span } from '@sightline/core/ports'
import type { SqlDialect } from '../dialect.ts'
import { runOnce, type Script } from '../statement.ts'
import { toStoredText } from '../stored-text.ts'
import { fromStoredValues } from './sample-values.ts'
import { findSeriesById, type SeriesStatements } from './series.ts'

interface PointList {
  readonly span: Span
  readonly page: PageRequest
}

type PointPosition = readonly [at: number, team: string, service: string, region: string]

/** Rows read of each series beyond what an even share of the page would be, so that series of different rates fill it too. */
const spare = 4
const fewestRows = 64

/** By time, then by series. A page may be short: however long the span is, it reads only about as much as a page holds. */
export function* listPoints(dialect: SqlDialect, statements: SeriesStatements, { span, page }: PointList): Script<Page<Point>> {
  const { queries } = dialect
  const after = fromCursor<PointPosition>('points', page.cursor)
  const byId = yield* findSeriesById(statements, span.series)
  const ids = [...byId.keys()]
  if (ids.length === 0) return { items: [], next: null }
  const from = after === null ? span.from : Math.max(span.from, after[0])

  const rowsOfEach = Math.max(fewestRows, Math.ceil((spare * page.limit) / ids.length))
  const reach = yield* runOnce(
    queries
      .selectFrom('series as s')
      .where('s.id', 'in', ids)
      .select((eb) =>
        eb.fn
          .min(
            eb
              .selectFrom('samples as p')
              .whereRef('p.series', '=', 's.id')
              .where('p.at', '>=', from)
              .where('p.at', '<', span.to)
              .orderBy('p.at')
              .limit(1)
              .offset(rowsOfEach)
              .select('p.at'),
          )
          .as('until'),
      ),
  )
  // Up to here no series has more rows than that; null where none has so many in the whole span.
  const until = reach[0]?.until ?? null

  let select = queries
    .selectFrom('samples as p')
    .innerJoin('series as s', 's.id', 'p.series')
    .where('p.series', 'in', ids)
    .where('p.at', '>=', from)
    .where('p.at', '<', span.to)
    .select(['p.series', 'p.at', 'p.data', 's.team', 's.service', 's.region'])
    .orderBy('p.at')
    .orderBy('s.team')
    .orderBy('s.service')
    .orderBy('s.region')
    .limit(page.limit + 1)
  if (until !== null) select = select.where('p.at', '<=', Number(until))
  if (after !== null) {
    const position = [after[0], toStoredText(after[1]), toStoredText(after[2]), toStoredText(after[3])] as const
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('p.at', 's.team', 's.service', 's.region'), '>', tuple<number, string, string, string>(...position)),
    )
  }
  const cursorOf = ({ series, at }: { readonly series: number; readonly at: number }): string => {
    const { team, service, region } = byId.get(series) as Series
    return toCursor('points', [at, team, service, region])
  }
  const { items: rows, next } = toPage(yield* runOnce(select), page.limit, cursorOf)
  const last = rows.at(-1)
  return {
    items: rows.map(({ series, at, data }) => ({ series: byId.get(series) as Series, at, values: fromStoredValues(data) })),
    next: next ?? (until === null || last === undefined ? null : cursorOf(last)),
  }
}
