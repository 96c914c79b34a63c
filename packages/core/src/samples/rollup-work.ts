import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Bucket, Point, Series } from '../ports/samples.ts'
import { everyPage } from '../storage/every-page.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { createBreather } from './breather.ts'
import { addPoint, type BucketStats, fromBytes, mergeBucket, toBytes } from './bucket-stats.ts'
import { seriesKey } from './recent-points.ts'
import { floorTo, MINUTE_MS } from './resolutions.ts'

export interface RollupWorkOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly clock: Clock
  readonly logger: Logger
}

export interface RollupSpan {
  readonly series: readonly Series[]
  readonly from: number
  readonly to: number
}

/** Makes rollups anew from what they are made of, whole ones alone: doing it again makes no difference. */
export interface RollupWork {
  /** Minutes from single checks. Both ends are whole minutes. */
  minutes(span: RollupSpan): Promise<void>
  /** Coarse ones from finer ones. Both ends are multiples of `resolutionMs`. */
  merge(span: RollupSpan & { readonly resolutionMs: number; readonly childMs: number }): Promise<void>
}

const POINTS_AT_ONCE = 500
const BUCKETS_AT_ONCE = 250
/** Rollups read by one query, which an adapter in this process answers at a stretch. */
const BUCKETS_READ = 600
const SERIES_AT_ONCE = 100
/** Minutes of a series that are read by one query. */
const MINUTES_AT_ONCE = 100

/** Being made: of one series, from `start`. */
interface Draft {
  readonly series: Series
  readonly start: number
  readonly stats: BucketStats
}

export const createRollupWork = ({ link, clock, logger }: RollupWorkOptions): RollupWork => {
  const breathe = createBreather(clock)

  const draftFor = (drafts: Map<string, Draft>, series: Series, start: number): Draft => {
    const key = `${start} ${seriesKey(series)}`
    const known = drafts.get(key)
    if (known !== undefined) return known
    const fresh: Draft = { series, start, stats: new Map() }
    drafts.set(key, fresh)
    return fresh
  }

  const put = async (drafts: Map<string, Draft>, resolutionMs: number): Promise<void> => {
    let buckets: Bucket[] = []
    const store = async (): Promise<void> => {
      const full = buckets
      buckets = []
      if (full.length > 0) await link.run((driver) => driver.samples.putBuckets(full))
    }
    for (const { series, start, stats } of drafts.values()) {
      // What was damaged throughout leaves what stands.
      if (stats.size === 0) continue
      buckets.push({ series, start, resolutionMs, stats: toBytes(stats) })
      if (buckets.length === BUCKETS_AT_ONCE) await store()
      await breathe()
    }
    await store()
  }

  const read = async (span: RollupSpan, take: (points: readonly Point[]) => void): Promise<void> => {
    for await (const points of everyPage(POINTS_AT_ONCE, (page) => link.run((driver) => driver.samples.points(span, page)))) {
      take(points)
      await breathe()
    }
  }

  const readStats = ({ stats, series, start }: Bucket): BucketStats => {
    try {
      return fromBytes(stats)
    } catch (thrown) {
      const { code, message } = SightlineError.from(thrown)
      // A newer form must not be written over by an older one.
      if (code === 'INCOMPATIBLE') throw thrown
      logger.error({ ...series, start }, message)
      return new Map()
    }
  }

  return {
    minutes: async ({ series, from, to }) => {
      for (const some of inParts(series, SERIES_AT_ONCE)) {
        // About a page at once: an adapter may sort all of a span for each page of it.
        const sliceMs = Math.max(1, Math.floor(MINUTES_AT_ONCE / some.length)) * MINUTE_MS
        for (let start = from; start < to; start += sliceMs) {
          const drafts = new Map<string, Draft>()
          await read({ series: some, from: start, to: Math.min(to, start + sliceMs) }, (points) => {
            for (const point of points) addPoint(draftFor(drafts, point.series, floorTo(point.at, MINUTE_MS)).stats, point.values)
          })
          await put(drafts, MINUTE_MS)
        }
      }
    },
    merge: async ({ series, from, to, resolutionMs, childMs }) => {
      const rows = (to - from) / childMs
      for (const some of inParts(series, Math.max(1, Math.floor(BUCKETS_READ / rows)))) {
        const drafts = new Map<string, Draft>()
        for (const bucket of await link.run((driver) =>
          driver.samples.buckets({ series: some, from, to, resolutionMs: childMs }),
        )) {
          mergeBucket(draftFor(drafts, bucket.series, floorTo(bucket.start, resolutionMs)).stats, readStats(bucket))
          await breathe()
        }
        await put(drafts, resolutionMs)
      }
    },
  }
}

function* inParts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let index = 0; index < items.length; index += size) yield items.slice(index, index + size)
}
