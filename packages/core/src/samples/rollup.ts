import { SightlineError } from '../errors.ts'
import type { Leadership } from '../leadership.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { Stored } from '../ports/collections.ts'
import type { Page } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { Point, Series, Span } from '../ports/samples.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import type { LateHour, LateHours } from './late-hours.ts'
import { DAY_MS, floorTo, HOUR_MS, MINUTE_MS, type RollupMarks } from './resolutions.ts'
import type { MarkStore } from './rollup-marks.ts'
import type { RollupWork } from './rollup-work.ts'
import type { SampleRetention } from './sample-retention.ts'

export interface RollupOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly logger: Logger
  readonly leadership: Leadership
  readonly marks: MarkStore
  readonly late: LateHours
  readonly work: RollupWork
  readonly retention: SampleRetention
  series(): Promise<readonly Series[]>
  /** Time of the oldest point of this process that is not stored yet. */
  oldestWaiting(): number | null
}

/**
 * Rolls up minutes, hours and days, where this process leads. How far it came is stored after each step; a step that is done again, by whoever,
 * comes to the same.
 */
export interface Rollup {
  /** As last seen by this process; null before it looked. */
  readonly marks: RollupMarks | null
  start(): void
  /** Looks for work now. */
  wake(): void
  stop(): Promise<void>
}

/** A minute is rolled up so long after its end: what is on its way by then is in it. */
export const SETTLE_MS = 20_000
/** Minutes rolled up in one step while catching up. */
const WINDOW_MS = 15 * MINUTE_MS
/** A note of a late point is heeded when it is so old: the point is there by then. */
const LATE_SETTLE_MS = 30_000
const LATE_AT_ONCE = 100
const LATE_PASS = 1_000
/** Marks further in the future come from a clock that was wrong. */
const AHEAD_MS = 10 * MINUTE_MS
const SERIES_IN_QUERY = 10_000

export const createRollup = ({
  link,
  clock,
  logger,
  leadership,
  marks: store,
  late,
  work,
  retention,
  series: listSeries,
  oldestWaiting,
}: RollupOptions): Rollup => {
  const closing = new AbortController()
  let marks: RollupMarks | null = null
  let running: Promise<void> | null = null
  let cancel = (): void => {}

  const mayGoOn = (): boolean => leadership.isLeading && link.state === 'up' && !closing.signal.aborted

  const firstPointAt = async (series: readonly Series[], from: number, to: number): Promise<number | null> => {
    let first: number | null = null
    for (let index = 0; index < series.length; index += SERIES_IN_QUERY) {
      const span: Span = { series: series.slice(index, index + SERIES_IN_QUERY), from, to: first ?? to }
      const { items }: Page<Point> = await link.run((driver) => driver.samples.points(span, { limit: 1 }))
      first = items[0]?.at ?? first
    }
    return first
  }

  const boundary = (): number => {
    const settled = floorTo(clock.now() - SETTLE_MS, MINUTE_MS)
    const waiting = oldestWaiting()
    // What is late already is seen to by its note.
    return waiting === null || waiting < (marks?.minute ?? 0) ? settled : Math.min(settled, floorTo(waiting, MINUTE_MS))
  }

  const loadMarks = async (series: readonly Series[]): Promise<Stored<RollupMarks> | null> => {
    const stored = await store.load()
    const until = boundary()
    if (stored !== null && stored.value.minute <= until + AHEAD_MS) return stored
    const first = stored === null ? ((await firstPointAt(series, 0, until)) ?? until) : until - AHEAD_MS
    const minute = floorTo(Math.min(first, until), MINUTE_MS)
    return store.save(stored, { minute, hour: floorTo(minute, HOUR_MS), day: floorTo(minute, DAY_MS) }, clock.now())
  }

  const rollMinutes = async (
    series: readonly Series[],
    { minute, hour }: RollupMarks,
    until: number,
  ): Promise<Partial<RollupMarks>> => {
    const nextHour = floorTo(minute, HOUR_MS) + HOUR_MS
    // Time without any point is skipped, whole hours at once.
    const next = until - minute > WINDOW_MS ? ((await firstPointAt(series, minute, until)) ?? until) : minute
    if (next >= nextHour) {
      const target = floorTo(next, HOUR_MS)
      return hour === minute ? { minute: target, hour: target } : { minute: nextHour }
    }
    const to = Math.min(minute + WINDOW_MS, until, nextHour)
    await work.minutes({ series, from: minute, to })
    return { minute: to }
  }

  /** One step; null where everything is done. Coarse ones first: what they are made of is complete. */
  const step = async (series: readonly Series[], at: RollupMarks): Promise<Partial<RollupMarks> | null> => {
    if (at.day + DAY_MS <= at.hour) {
      await work.merge({ series, from: at.day, to: at.day + DAY_MS, resolutionMs: DAY_MS, childMs: HOUR_MS })
      return { day: at.day + DAY_MS }
    }
    if (at.hour + HOUR_MS <= at.minute) {
      await work.merge({ series, from: at.hour, to: at.hour + HOUR_MS, resolutionMs: HOUR_MS, childMs: MINUTE_MS })
      return { hour: at.hour + HOUR_MS }
    }
    const until = boundary()
    return at.minute < until ? rollMinutes(series, at, until) : null
  }

  const again = async ({ team, value: { service, region, hour } }: Stored<LateHour>, at: RollupMarks): Promise<void> => {
    const series = [{ team, service, region }]
    const to = Math.min(hour + HOUR_MS, at.minute)
    if (hour < to) await work.minutes({ series, from: hour, to })
    if (hour < at.hour) await work.merge({ series, from: hour, to: hour + HOUR_MS, resolutionMs: HOUR_MS, childMs: MINUTE_MS })
    const day = floorTo(hour, DAY_MS)
    if (day < at.day) await work.merge({ series, from: day, to: day + DAY_MS, resolutionMs: DAY_MS, childMs: HOUR_MS })
  }

  /** Answers with the oldest hour that is still to be seen to. */
  const seeToLate = async (at: RollupMarks): Promise<number | null> => {
    for (let done = 0; mayGoOn(); ) {
      const notes = await late.list(LATE_AT_ONCE)
      const settled = notes.filter((note) => note.at <= clock.now() - LATE_SETTLE_MS)
      for (const note of settled) {
        await again(note, at)
        await late.forget(note, clock.now())
        done++
      }
      if (settled.length === 0 || done >= LATE_PASS) return notes[0]?.value.hour ?? null
      await pause(0, { clock, signals: [closing.signal] })
    }
    return 0
  }

  const pass = async (): Promise<void> => {
    const series = await listSeries()
    let stored = await loadMarks(series)
    while (stored !== null && mayGoOn()) {
      marks = stored.value
      const moved = await step(series, stored.value)
      if (moved === null) break
      stored = await store.save(stored, { ...stored.value, ...moved }, clock.now())
    }
    if (stored === null || !mayGoOn()) return
    const oldestLate = await seeToLate(stored.value)
    if (mayGoOn()) await retention.prune({ marks: stored.value, oldestLate, signal: closing.signal })
  }

  const schedule = (): void => {
    cancel()
    if (closing.signal.aborted) return
    const now = clock.now()
    cancel = clock.setTimer(floorTo(now - SETTLE_MS, MINUTE_MS) + MINUTE_MS + SETTLE_MS - now, wake)
  }

  const wake = (): void => {
    schedule()
    if (!mayGoOn() || running !== null) return
    running = pass()
      .catch((thrown) => {
        if (closing.signal.aborted) return
        logger.warn({ code: SightlineError.from(thrown).code }, 'Samples could not be rolled up; it will be tried again.')
      })
      .finally(() => {
        running = null
      })
  }

  let unsubscribe = (): void => {}

  return {
    get marks() {
      return marks
    },
    start: () => {
      unsubscribe = leadership.subscribe((isLeading) => {
        // Another may come further: what was seen is out of date.
        marks = null
        if (isLeading) wake()
      })
      schedule()
    },
    wake,
    stop: async () => {
      closing.abort()
      cancel()
      unsubscribe()
      await running
    },
  }
}
