import { fromCursor, toCursor, toPage } from '../driver/cursor.ts'
import { checkLimit, checkName, checkNumber, tupleKey } from '../driver/names.ts'
import { compareBytes } from '../ports/byte-order.ts'
import type { Bucket, Point, SampleStore, Series } from '../ports/samples.ts'
import { SortedArray } from './sorted-array.ts'

/** What is stored of one series. */
interface SeriesRows {
  readonly series: Series
  readonly points: SortedArray<Pick<Point, 'at'>>
  /** By resolution. */
  readonly buckets: Map<number, SortedArray<Pick<Bucket, 'start'>>>
}

/** By series. */
export type SampleRows = Map<string, SeriesRows>

export const memorySampleRows = (): SampleRows => new Map()

interface SamplesOptions {
  readonly rows: SampleRows
  /** Throws unless the driver is connected. */
  checkConnected(): void
}

export const memorySamples = ({ rows, checkConnected }: SamplesOptions): SampleStore => {
  const rowsOf = (series: Series): SeriesRows => {
    const key = seriesKey(series)
    const known = rows.get(key)
    if (known !== undefined) return known
    const fresh: SeriesRows = {
      series: Object.freeze({ ...series }),
      points: new SortedArray((a, b) => a.at - b.at),
      buckets: new Map(),
    }
    rows.set(key, fresh)
    return fresh
  }

  /** Each series once, in the order of listings. */
  const known = (wanted: readonly Series[]): readonly SeriesRows[] =>
    [...new Set(wanted.map(seriesKey))].flatMap((key) => rows.get(key) ?? []).sort((a, b) => compareSeries(a.series, b.series))

  return {
    append: async (points) => {
      checkConnected()
      points.forEach(checkPoint)
      for (const { series, at, values } of points) {
        const { points: stored, series: same } = rowsOf(series)
        const point: Point = Object.freeze({ series: same, at, values: Object.freeze({ ...values }) })
        if (stored.find(point) === undefined) stored.put(point)
      }
    },

    points: async ({ series, from, to }, { limit, cursor }) => {
      checkConnected()
      checkLimit(limit)
      const after = fromCursor<PointPosition>('points', cursor)
      const start = after === null ? from : Math.max(from, after[0])
      const candidates = known(series)
        .flatMap(({ points }) => {
          const found: Point[] = []
          for (let index = points.lowerBound({ at: start }); index < points.items.length && found.length <= limit; index++) {
            const point = points.items[index] as Point
            if (point.at >= to) break
            if (after === null || comparePoints(point, positionOf(after)) > 0) found.push(point)
          }
          return found
        })
        .sort(comparePoints)
      return toPage(candidates, limit, ({ at, series: { team, service, region } }) =>
        toCursor('points', [at, team, service, region]),
      )
    },

    buckets: async ({ series, from, to, resolutionMs }) => {
      checkConnected()
      return known(series)
        .flatMap(({ buckets }) => {
          const stored = buckets.get(resolutionMs)
          if (stored === undefined) return []
          return stored.items.slice(stored.lowerBound({ start: from }), stored.lowerBound({ start: to })) as Bucket[]
        })
        .sort((a, b) => a.start - b.start)
        .map((bucket) => ({ ...bucket, stats: bucket.stats.slice() }))
    },

    putBuckets: async (buckets) => {
      checkConnected()
      for (const { series } of buckets) checkSeries(series)
      for (const { series, resolutionMs, start, stats } of buckets) {
        const { buckets: byResolution, series: same } = rowsOf(series)
        const stored = byResolution.get(resolutionMs) ?? new SortedArray<Pick<Bucket, 'start'>>((a, b) => a.start - b.start)
        byResolution.set(resolutionMs, stored)
        const bucket: Bucket = { series: same, resolutionMs, start, stats: stats.slice() }
        stored.put(bucket)
      }
    },

    series: async ({ limit, cursor }) => {
      checkConnected()
      checkLimit(limit)
      const after = fromCursor<SeriesPosition>('series', cursor)
      const last: Series | null = after === null ? null : toSeries(after)
      const found = [...rows.values()]
        .map(({ series }) => series)
        .filter((series) => last === null || compareSeries(series, last) > 0)
        .sort(compareSeries)
      return toPage(found, limit, ({ team, service, region }) => toCursor('series', [team, service, region]))
    },

    prune: async ({ resolutionMs, before, limit }) => {
      checkConnected()
      checkLimit(limit)
      const doomed = [...rows.values()]
        .flatMap((owner) =>
          resolutionMs === 0
            ? owner.points.items.slice(0, owner.points.lowerBound({ at: before })).map(({ at }) => ({ owner, at }))
            : bucketsBefore(owner, resolutionMs, before).map(({ start }) => ({ owner, at: start })),
        )
        .sort((a, b) => a.at - b.at)
        .slice(0, limit)
      for (const { owner, at } of doomed) {
        if (resolutionMs === 0) owner.points.delete({ at })
        else owner.buckets.get(resolutionMs)?.delete({ start: at })
      }
      return doomed.length
    },
  }
}

const bucketsBefore = ({ buckets }: SeriesRows, resolutionMs: number, before: number): readonly Pick<Bucket, 'start'>[] => {
  const stored = buckets.get(resolutionMs)
  return stored === undefined ? [] : stored.items.slice(0, stored.lowerBound({ start: before }))
}

const seriesKey = ({ team, service, region }: Series): string => tupleKey(team, service, region)

const compareSeries = (a: Series, b: Series): number =>
  compareBytes(a.team, b.team) || compareBytes(a.service, b.service) || compareBytes(a.region, b.region)

type Place = Pick<Point, 'at' | 'series'>

const comparePoints = (a: Place, b: Place): number => a.at - b.at || compareSeries(a.series, b.series)

type SeriesPosition = readonly [team: string, service: string, region: string]
type PointPosition = readonly [at: number, ...series: SeriesPosition]

const toSeries = ([team, service, region]: SeriesPosition): Series => ({ team, service, region })

const positionOf = ([at, ...series]: PointPosition): Place => ({ at, series: toSeries(series) })

const checkSeries = ({ team, service, region }: Series): void => {
  checkName('team', team)
  checkName('service', service)
  checkName('region', region)
}

const checkPoint = ({ series, at, values }: Point): void => {
  checkSeries(series)
  checkNumber("A point's time", at)
  for (const [name, value] of Object.entries(values)) {
    checkName('the name of a value', name)
    checkNumber(`The value '${name}'`, value)
  }
}
