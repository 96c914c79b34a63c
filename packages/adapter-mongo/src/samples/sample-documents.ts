import type { Bucket, Point, Series } from '@sightline/core/ports'
import { fromKeyText, toKeyText } from '../key-text.ts'

/**
 * The points of one call, so that all of them appear at once without a transaction. `series` has every series of it once, `points` refers to
 * them by place. `wide` is one that spans more than `mostSpanMs`: the others need not be looked for far from the time asked for.
 */
export interface CallDocument {
  /** Orders the calls of one process as they were made. */
  readonly _id: string
  readonly series: readonly string[]
  readonly from: number
  readonly to: number
  readonly wide: boolean
  /** JSON of `StoredPoint`s, by time. */
  readonly points: string
}

/** The place of its series, its time, and its values. */
export type StoredPoint = readonly [series: number, at: number, values: Point['values']]

/** A rollup. */
export interface BucketDocument {
  readonly _id: string
  readonly series: string
  readonly resolutionMs: number
  readonly start: number
  readonly stats: Uint8Array
}

export const mostSpanMs = 3_600_000

export const seriesText = ({ team, service, region }: Series): string => toKeyText(team, service, region)

export const toSeries = (text: string): Series => {
  const [team = '', service = '', region = ''] = fromKeyText(text)
  return { team, service, region }
}

export const bucketId = ({ series, resolutionMs, start }: Pick<Bucket, 'series' | 'resolutionMs' | 'start'>): string =>
  `${seriesText(series)} ${resolutionMs} ${start}`

/** `points` may not be empty. Of points of one series and time the first stays. */
export const toCall = (points: readonly Point[], _id: string): CallDocument => {
  const places = new Map<string, number>()
  const stored: StoredPoint[] = []
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const { series, at, values } of points) {
    const text = seriesText(series)
    const place = places.get(text) ?? places.size
    places.set(text, place)
    stored.push([place, at, values])
    if (at < from) from = at
    if (at > to) to = at
  }
  return toCallOf([...places.keys()], stored, { _id, from, to })
}

/** What is left of a call after some of its points were pruned. */
export const remaining = ({ _id, series }: CallDocument, points: readonly StoredPoint[]): CallDocument => {
  const places = [...new Set(points.map(([place]) => place))]
  const moved = new Map(places.map((place, index) => [place, index]))
  const ats = points.map(([, at]) => at)
  return toCallOf(
    places.map((place) => series[place] as string),
    points.map(([place, at, values]): StoredPoint => [moved.get(place) as number, at, values]),
    { _id, from: Math.min(...ats), to: Math.max(...ats) },
  )
}

const toCallOf = (
  series: readonly string[],
  points: readonly StoredPoint[],
  span: Pick<CallDocument, '_id' | 'from' | 'to'>,
): CallDocument => ({ ...span, series, wide: span.to - span.from > mostSpanMs, points: JSON.stringify(points) })

export const pointsOf = ({ points }: CallDocument): readonly StoredPoint[] => JSON.parse(points) as readonly StoredPoint[]
