import type { SampleRetentionTimes } from './samples-part.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/** Up to where everything is rolled up at each resolution, exclusive; ms since the Unix epoch. */
export interface RollupMarks {
  readonly minute: number
  readonly hour: number
  readonly day: number
}

/** Begins of rollups are multiples of their resolution since the Unix epoch: days are days of UTC. */
export const floorTo = (at: number, resolutionMs: number): number => Math.floor(at / resolutionMs) * resolutionMs

/** How old what there is of a resolution can be; `0` stands for single checks. */
export const keptMs = (resolutionMs: number, { rawMs, minuteMs, hourMs }: SampleRetentionTimes): number =>
  resolutionMs === 0
    ? rawMs
    : resolutionMs === MINUTE_MS
      ? minuteMs
      : resolutionMs === HOUR_MS
        ? hourMs
        : Number.POSITIVE_INFINITY

export const DEFAULT_RETENTION: SampleRetentionTimes = { rawMs: 48 * HOUR_MS, minuteMs: 7 * DAY_MS, hourMs: 90 * DAY_MS }
