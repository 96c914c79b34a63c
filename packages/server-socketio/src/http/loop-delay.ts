import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock } from '@sightline/core/ports'
import { expose } from './exposition.ts'

/** How late the event loop is. */
export interface LoopDelay {
  /** As Prometheus' text; empty before there is anything to tell. */
  text(): string
  close(): void
}

interface Measured {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const RESOLUTION_MS = 20
/** Two scrapers, or one that repeats itself, would otherwise each be told of a moment in which nothing was measured. */
const WINDOW_MS = 5_000
const NANOSECONDS_PER_MS = 1e6
const MS_PER_SECOND = 1_000

const HELP: Readonly<Record<keyof Measured, string>> = { p50: 'median', p99: '99th percentile', max: 'longest' }

export const measureLoopDelay = (clock: Pick<Clock, 'monotonic'>): LoopDelay => {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  let beganAtMs = clock.monotonic()
  let last: Measured | null = null

  /** Node.js measures from one tick of its own timer to the next; what is beyond the timer's own interval is delay. */
  const toSeconds = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS) / MS_PER_SECOND

  const measure = (): Measured | null => {
    const isWhole = clock.monotonic() - beganAtMs >= WINDOW_MS
    if (!isWhole && last !== null) return last
    if (histogram.count === 0) return last
    const measured = {
      p50: toSeconds(histogram.percentile(50)),
      p99: toSeconds(histogram.percentile(99)),
      max: toSeconds(histogram.max),
    }
    if (!isWhole) return measured
    histogram.reset()
    beganAtMs = clock.monotonic()
    last = measured
    return measured
  }

  return {
    text: () => {
      const measured = measure()
      if (measured === null) return ''
      const names = Object.keys(HELP) as (keyof Measured)[]
      return names
        .map((name) =>
          expose({
            name: `nodejs_eventloop_delay_${name}_seconds`,
            help: `Event-loop delay, ${HELP[name]} between scrapes that are ${WINDOW_MS / MS_PER_SECOND} s apart or more.`,
            type: 'gauge',
            samples: [{ value: measured[name] }],
          }),
        )
        .join('')
    },
    close: () => void histogram.disable(),
  }
}
