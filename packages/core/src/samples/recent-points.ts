import { tupleKey } from '../driver/names.ts'
import type { Point, Series } from '../ports/samples.ts'

/** What this process observed of a series lately. */
interface Trail {
  readonly series: Series
  /** Names it has numbers of. */
  readonly names: Set<string>
  /** The last points, in the order they came. */
  readonly points: Point[]
}

/** The last points of each series: what comes twice, or in the same millisecond, is known by them. Bounded. */
export interface RecentPoints {
  /** The names of a series' numbers; the set is the series' own. */
  names(series: Series): Set<string>
  /**
   * Takes a point. Where the series has another one of the same time, it is moved to the next free millisecond: storage keeps one of each time.
   * null where the very same point is there already.
   */
  add(point: Point): Point | null
  /** The last point of each region of a service. */
  latest(of: Pick<Series, 'team' | 'service'>): readonly Point[]
  series(of: Pick<Series, 'team' | 'service'>): readonly Series[]
}

/** Kept of each series: more than come out of order, or again, within a few intervals. */
const LENGTH = 8
/** Series beyond: the one that was observed first is forgotten. */
const MAX_SERIES = 50_000

export const seriesKey = ({ team, service, region }: Series): string => tupleKey(team, service, region)

export const createRecentPoints = (): RecentPoints => {
  const services = new Map<string, Map<string, Trail>>()
  let count = 0

  const serviceKey = ({ team, service }: Pick<Series, 'team' | 'service'>): string => tupleKey(team, service)

  const forgetFirst = (): void => {
    const [first] = services
    if (first === undefined) return
    services.delete(first[0])
    count -= first[1].size
  }

  const trailOf = (series: Series): Trail => {
    const key = serviceKey(series)
    const regions = services.get(key) ?? new Map<string, Trail>()
    const known = regions.get(series.region)
    if (known !== undefined) return known
    if (count >= MAX_SERIES) forgetFirst()
    const fresh: Trail = { series: { ...series }, names: new Set(), points: [] }
    regions.set(series.region, fresh)
    services.set(key, regions)
    count++
    return fresh
  }

  const trails = (of: Pick<Series, 'team' | 'service'>): readonly Trail[] => [...(services.get(serviceKey(of))?.values() ?? [])]

  return {
    names: (series) => trailOf(series).names,
    add: (given) => {
      const { points, series } = trailOf(given.series)
      let point: Point = { ...given, series }
      for (let same = findAt(points, point.at); same !== undefined; same = findAt(points, point.at)) {
        if (isSame(same, point)) return null
        point = { ...point, at: point.at + 1 }
      }
      points.push(point)
      if (points.length > LENGTH) points.shift()
      return point
    },
    latest: (of) => trails(of).flatMap(({ points }) => points.reduce<Point | null>(later, null) ?? []),
    series: (of) => trails(of).map(({ series }) => series),
  }
}

const later = (a: Point | null, b: Point): Point => (a === null || b.at >= a.at ? b : a)

const findAt = (points: readonly Point[], at: number): Point | undefined => points.findLast((point) => point.at === at)

const isSame = (a: Point, b: Point): boolean => {
  const names = Object.keys(a.values)
  return names.length === Object.keys(b.values).length && names.every((name) => a.values[name] === b.values[name])
}
