import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Point } from '../ports/samples.ts'
import { createFlushRhythm } from '../storage/flush-rhythm.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { withTimeout } from '../storage/with-timeout.ts'

export interface PointBufferOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly logger: Logger
  /** Called with the points of a batch before they are appended: of what is rolled up already, a note is made first. */
  prepare(points: readonly Point[]): Promise<void>
}

/** Points on their way to storage. Bounded: while storage is away the oldest go, and are counted. */
export interface PointBuffer {
  readonly waiting: number
  readonly stored: number
  readonly dropped: number
  /** Time of the oldest point that waits or is on its way; null where none does. */
  readonly oldestAt: number | null
  push(point: Point): void
  /** Points that are not stored yet, from `from` up to `to` (exclusive). */
  between(from: number, to: number): readonly Point[]
  /** Storage answers again. */
  storageUp(): void
  /** Stores what waits, as far as the time allows. */
  stop(timeoutMs: number): Promise<void>
}

const MAX_POINTS = 50_000
const BATCH = 500
/** Points of so long share a transaction. */
const PACE_MS = 1_000
const RETRY_MS = 1_000

export const createPointBuffer = ({ link, clock, logger, prepare }: PointBufferOptions): PointBuffer => {
  /** From `first` on; what lies before it is gone, and cut off now and then. */
  let points: Point[] = []
  let first = 0
  let batch: readonly Point[] = []
  let stored = 0
  let dropped = 0
  let isFailing = false
  let isStopping = false
  let flushing: Promise<void> | null = null

  const waiting = (): number => points.length - first + batch.length

  const take = (): readonly Point[] => {
    const taken = points.slice(first, first + BATCH)
    first += taken.length
    compact()
    return taken
  }

  const compact = (): void => {
    if (first < points.length / 2) return
    points = points.slice(first)
    first = 0
  }

  const append = async (some: readonly Point[]): Promise<void> => {
    try {
      await prepare(some)
      await link.run((driver) => driver.samples.append(some))
      stored += some.length
    } catch (thrown) {
      const { code } = SightlineError.from(thrown)
      if (code !== 'INVALID_INPUT') throw thrown
      await refused(some, thrown)
    }
  }

  /** What storage will never take is found by halves, and must not hold up the rest. */
  const refused = async (some: readonly Point[], thrown: unknown): Promise<void> => {
    if (some.length === 1) {
      dropped++
      logger.warn({ code: SightlineError.from(thrown).code }, 'Storage refuses a sample; it was dropped.')
      return
    }
    const half = Math.ceil(some.length / 2)
    await append(some.slice(0, half))
    await append(some.slice(half))
  }

  const flushAll = async (): Promise<void> => {
    while (link.state === 'up' && waiting() > 0) {
      rhythm.began()
      // One that failed is tried again as it is: what of it was stored stays once.
      if (batch.length === 0) batch = take()
      try {
        await append(batch)
        batch = []
        isFailing = false
      } catch (thrown) {
        if (!isFailing)
          logger.warn({ code: SightlineError.from(thrown).code }, 'Samples could not be stored; they are kept and tried again.')
        isFailing = true
        return
      }
      if (points.length - first < BATCH && !isStopping) return
    }
  }

  const flush = (): void => {
    flushing ??= flushAll().finally(() => {
      flushing = null
      // While storage is away nobody asks: `storageUp` does.
      if (waiting() > 0 && link.state === 'up' && !isStopping) rhythm.wake(isFailing ? RETRY_MS : 0)
    })
  }
  const rhythm = createFlushRhythm({ clock, paceMs: PACE_MS, flush })

  return {
    get waiting() {
      return waiting()
    },
    get stored() {
      return stored
    },
    get dropped() {
      return dropped
    },
    get oldestAt() {
      if (waiting() === 0) return null
      let oldest = Number.POSITIVE_INFINITY
      for (const { at } of batch) if (at < oldest) oldest = at
      for (let index = first; index < points.length; index++) oldest = Math.min(oldest, (points[index] as Point).at)
      return oldest
    },
    push: (point) => {
      if (isStopping) {
        dropped++
        return
      }
      points.push(point)
      if (waiting() > MAX_POINTS) {
        first++
        dropped++
        compact()
      }
      if (link.state === 'up') rhythm.wake()
    },
    between: (from, to) => [...batch, ...points.slice(first)].filter(({ at }) => at >= from && at < to),
    storageUp: () => {
      if (waiting() > 0) rhythm.hurry()
    },
    stop: async (timeoutMs) => {
      isStopping = true
      rhythm.stop()
      const store = async (): Promise<void> => {
        await flushing
        await flushAll()
      }
      if (waiting() > 0)
        await withTimeout({ clock, timeoutMs, what: 'Storage did not take the last samples' }, store).catch(() => {})
      if (waiting() > 0) logger.warn({ samples: waiting() }, 'Samples were lost: storage did not take them before the stop.')
    },
  }
}
