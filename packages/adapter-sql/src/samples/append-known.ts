import type { Point, Series } from '@sightline/core/ports'
import type { SqlDialect } from '../dialect.ts'
import { packJsons, packNumbers, unpackJsons } from '../postgres/packed-values.ts'
import type { Script } from '../statement.ts'
import { toStoredText } from '../stored-text.ts'
import { toValuesText } from './sample-values.ts'
import { seriesKey } from './series.ts'

/** Appends the points whose series has a row, in one statement of its own; answers with those that are left. */
export function* appendKnown(dialect: SqlDialect, points: readonly Point[]): Script<readonly Point[]> {
  const places = new Map<string, number>()
  const series: Series[] = []
  const ords = points.map((point) => {
    const key = seriesKey(point.series)
    const known = places.get(key)
    if (known !== undefined) return known
    places.set(key, series.push(point.series))
    return series.length
  })
  const found = yield {
    sql: statementOf(dialect),
    values: [
      series.map(({ team }) => toStoredText(team)),
      series.map(({ service }) => toStoredText(service)),
      series.map(({ region }) => toStoredText(region)),
      packNumbers(ords),
      packNumbers(points.map(({ at }) => at)),
      packJsons(points.map(({ values }) => toValuesText(values))),
    ],
    reusable: true,
    isWhole: true,
  }
  if (found.length === series.length) return []
  const appended = new Set((found as readonly { readonly ord: number }[]).map(({ ord }) => ord))
  return points.filter((_, index) => !appended.has(ords[index] as number))
}

/** `ord` counts from 1. */
const statementOf = ({ tablePrefix: p }: SqlDialect): string => `
with s as materialized (
  select w.ord, s.id from unnest($1::text[], $2::text[], $3::text[]) with ordinality as w(team, service, region, ord)
  join ${p}series s on s.team = w.team and s.service = w.service and s.region = w.region),
added as (
  insert into ${p}samples (series, at, data)
  select s.id, points.at, points.data from unnest($4::integer[], $5::float8[], ${unpackJsons('$6')}) as points(ord, at, data)
  join s on s.ord = points.ord on conflict do nothing)
select ord from s`
