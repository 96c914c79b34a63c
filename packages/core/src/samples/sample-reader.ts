import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Bucket, Point, Series } from '../ports/samples.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { createBreather } from './breather.ts'
import { type BucketStats, fromBytes } from './bucket-stats.ts'
import { type Level, levelsOf } from './read-plan.ts'
import { seriesKey } from './recent-points.ts'
import type { RollupMarks } from './resolutions.ts'

export interface SampleReaderOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly clock: Clock
  readonly logger: Logger
  loadMarks(): Promise<RollupMarks | null>
  /** Points of this process that are not stored yet. */
  unsaved(from: number, to: number): readonly Point[]
}

/** Of the resolution that is asked for; what is not rolled up yet comes finer. Begins of rollups count. */
export interface ReadSamples extends Level {
  readonly series: readonly Series[]
  /** Read of each row; all where they are not given. */
  readonly names?: ReadonlySet<string>
}

/** Takes what was read, in no order. */
export interface SampleSink {
  /** `stats` are its own from then on. */
  bucket(series: Series, start: number, stats: BucketStats): void
  point(point: Point): void
}

export interface SampleReader {
  /**
   * At most one query for each resolution and one for how far they are rolled up, whatever the span. False where there were too many single
   * checks to be read: some are missing.
   */
  read(request: ReadSamples, sink: SampleSink): Promise<boolean>
}

/** Single checks that are read at most. */
const MAX_POINTS = 6_000
const MARKS_FRESH_MS = 10_000
const NOTHING_ROLLED_UP: RollupMarks = { minute: 0, hour: 0, day: 0 }

export const createSampleReader = ({ link, clock, logger, loadMarks, unsaved }: SampleReaderOptions): SampleReader => {
  let marks: RollupMarks | null = null
  let marksAt = Number.NEGATIVE_INFINITY

  const freshMarks = async (): Promise<RollupMarks> => {
    if (marks === null || clock.monotonic() - marksAt >= MARKS_FRESH_MS) {
      marks = await loadMarks()
      marksAt = clock.monotonic()
    }
    return marks ?? NOTHING_ROLLED_UP
  }

  const readStats = ({ stats, series, start }: Bucket, names: ReadonlySet<string> | undefined): BucketStats => {
    try {
      return fromBytes(stats, names)
    } catch (thrown) {
      // One bad row must not take the whole chart away.
      const { code, message } = SightlineError.from(thrown)
      logger.warn({ code, ...series, start }, message)
      return new Map()
    }
  }

  const readBuckets = async (
    { series, names }: ReadSamples,
    { from, to, resolutionMs }: Level,
    sink: SampleSink,
  ): Promise<boolean> => {
    const breathe = createBreather(clock)
    for (const bucket of await link.run((driver) => driver.samples.buckets({ series, from, to, resolutionMs }))) {
      sink.bucket(bucket.series, bucket.start, readStats(bucket, names))
      await breathe()
    }
    return true
  }

  const readPoints = async ({ series }: ReadSamples, { from, to }: Level, sink: SampleSink): Promise<boolean> => {
    // Before storage is asked: what is stored meanwhile must not be missing from both.
    const wanted = new Set(series.map(seriesKey))
    const waiting = unsaved(from, to).filter((point) => wanted.has(seriesKey(point.series)))
    const { items, next } = await link.run((driver) => driver.samples.points({ series, from, to }, { limit: MAX_POINTS }))
    const stored = new Set(waiting.length === 0 ? [] : items.map((point) => `${point.at} ${seriesKey(point.series)}`))
    for (const point of items) sink.point(point)
    for (const point of waiting) if (!stored.has(`${point.at} ${seriesKey(point.series)}`)) sink.point(point)
    return next === null
  }

  return {
    read: async (request, sink) => {
      if (request.series.length === 0) return true
      const levels = request.resolutionMs === 0 ? [request] : levelsOf(request, await freshMarks())
      const whole = await Promise.all(
        levels.map((level) => (level.resolutionMs === 0 ? readPoints : readBuckets)(request, level, sink)),
      )
      return whole.every(Boolean)
    },
  }
}
