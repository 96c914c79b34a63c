import { DAY_MS, floorTo, HOUR_MS, keptMs, MINUTE_MS } from './resolutions.ts'
import type { SampleRetentionTimes } from './samples-part.ts'

export interface ReadRequest {
  readonly from: number
  readonly to: number
  readonly now: number
  /** Series that are read together. */
  readonly series: number
  readonly times: SampleRetentionTimes
}

export interface ChartPlan {
  /** What the chart is made of; 0 stands for single checks. */
  readonly resolutionMs: number
  readonly stepMs: number
  /** Of the first step. */
  readonly start: number
  readonly steps: number
}

/** Rows that one series may give a chart: 90 days of hours and a bit. */
const ROWS_OF_SERIES = 2_500
/** Rows of all series: what an adapter reads at a stretch. */
const ROWS = 10_000
/** Single checks are read for so long a time at most: they may come every second. */
const RAW_SPAN_MS = 2 * HOUR_MS
const SECOND_MS = 1_000

/** The finest resolution that reaches back to `from` and is not too many rows. The coarsest is always an answer. */
export const planRead = ({ from, to, now, series, times }: ReadRequest): number => {
  const most = Math.min(ROWS_OF_SERIES, Math.floor(ROWS / Math.max(1, series)))
  const fits = (resolutionMs: number): boolean => {
    if (from < now - keptMs(resolutionMs, times)) return false
    return resolutionMs === 0 ? to - from <= RAW_SPAN_MS : (Math.min(to, now) - from) / resolutionMs <= most
  }
  return [0, MINUTE_MS, HOUR_MS].find(fits) ?? DAY_MS
}

/** Steps of whole rollups, no more than `points` of them. */
export const planChart = (request: ReadRequest & { readonly points: number; readonly atLeastMs?: number }): ChartPlan => {
  const { from, to, points, atLeastMs = 0 } = request
  const resolutionMs = Math.max(atLeastMs, planRead(request))
  const unit = resolutionMs === 0 ? SECOND_MS : resolutionMs
  const inSteps = (parts: number): ChartPlan => {
    const stepMs = Math.max(unit, Math.ceil((to - from) / parts / unit) * unit)
    const start = floorTo(from, stepMs)
    return { resolutionMs, stepMs, start, steps: Math.ceil((to - start) / stepMs) }
  }
  // Steps begin at multiples of themselves, so that a chart that moves on keeps them. The first may then be one too many.
  const exact = inSteps(points)
  if (exact.steps <= points) return exact
  if (points > 1) return inSteps(points - 1)
  const start = floorTo(from, unit)
  return { resolutionMs, stepMs: Math.ceil((to - start) / unit) * unit, start, steps: 1 }
}

export interface Level {
  readonly resolutionMs: number
  readonly from: number
  readonly to: number
}

/** What is read of each resolution: the one that is wanted as far as it is rolled up, then what is finer, at last single checks. */
export const levelsOf = (
  { from, to, resolutionMs }: Level,
  marks: { readonly minute: number; readonly hour: number; readonly day: number },
): readonly Level[] => {
  const rolledUp = [
    { resolutionMs: DAY_MS, until: marks.day },
    { resolutionMs: HOUR_MS, until: marks.hour },
    { resolutionMs: MINUTE_MS, until: marks.minute },
    { resolutionMs: 0, until: Number.POSITIVE_INFINITY },
  ]
  const levels: Level[] = []
  let reached = from
  for (const level of rolledUp) {
    const end = Math.min(to, level.until)
    if (level.resolutionMs > resolutionMs || end <= reached) continue
    levels.push({ resolutionMs: level.resolutionMs, from: reached, to: end })
    reached = Math.max(reached, level.until)
  }
  return levels
}
