import type { LogSeverity } from '@sightline/core/protocol'
import { logSeverities } from './log-view.ts'

export interface LogVolume {
  readonly stepMs: number
  readonly start: number
  readonly counts: Readonly<Record<LogSeverity, readonly number[]>>
}

/** Bars upon each other: each is drawn from zero, the tallest first, so that the worst stand at the bottom. */
export const stackVolume = ({
  stepMs,
  start,
  counts,
}: LogVolume): { times: readonly number[]; values: readonly (readonly number[])[] } => ({
  times: counts.info.map((_, i) => start + i * stepMs),
  values: logSeverities.map((_, from) =>
    counts.info.map((_, i) => logSeverities.slice(from).reduce((sum, severity) => sum + (counts[severity][i] ?? 0), 0)),
  ),
})

/** How many lines of each severity, the worst first; those with none are left out. */
export const sumVolume = ({ counts }: LogVolume): readonly { readonly severity: LogSeverity; readonly count: number }[] =>
  logSeverities
    .map((severity) => ({ severity, count: counts[severity].reduce((sum, count) => sum + count, 0) }))
    .filter(({ count }) => count > 0)
    .reverse()
