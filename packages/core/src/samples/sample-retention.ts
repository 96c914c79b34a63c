import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { createSteadyClock } from '../storage/steady-clock.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { DAY_MS, floorTo, HOUR_MS, keptMs, MINUTE_MS, type RollupMarks } from './resolutions.ts'
import type { SampleRetentionTimes } from './samples-part.ts'

export interface SampleRetentionOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly logger: Logger
  readonly times: SampleRetentionTimes
}

export interface PruneRequest {
  readonly marks: RollupMarks
  /** Begin of the oldest hour that is to be rolled up once more; null where there is none. */
  readonly oldestLate: number | null
  readonly signal: AbortSignal
}

/** Deletes what is older than it is kept, never before it is rolled up, in small steps with pauses, so that nobody waits for it. */
export interface SampleRetention {
  /** Does nothing where it was done lately. */
  prune(request: PruneRequest): Promise<void>
}

const EVERY_MS = 600_000
/** Rollups wait while old samples are deleted, but no longer. */
const LONGEST_MS = 30_000
const STEP = 200
const PAUSE_MS = 10

export const createSampleRetention = ({ link, clock, logger, times }: SampleRetentionOptions): SampleRetention => {
  const steady = createSteadyClock(clock)
  let prunedAt = Number.NEGATIVE_INFINITY

  return {
    prune: async ({ marks, oldestLate, signal }) => {
      const isBelieved = steady.isBelieved()
      if (!isBelieved || clock.monotonic() - prunedAt < EVERY_MS) return
      prunedAt = clock.monotonic()
      const now = clock.now()
      let deleted = 0
      for (const { resolutionMs, before } of doomed({ marks, oldestLate, now, times })) {
        for (;;) {
          if (signal.aborted || link.state !== 'up') return
          const count = await link.run((driver) => driver.samples.prune({ resolutionMs, before, limit: STEP }))
          deleted += count
          if (count < STEP) break
          if (clock.monotonic() - prunedAt > LONGEST_MS) {
            // There is more: it goes on with the next pass.
            prunedAt = Number.NEGATIVE_INFINITY
            return
          }
          await pause(PAUSE_MS, { clock, signals: [signal] })
        }
      }
      if (deleted > 0) logger.info({ deleted }, 'Samples that are older than they are kept were deleted.')
    },
  }
}

/** Up to where each resolution may go. Days stay. */
export const doomed = ({
  marks,
  oldestLate,
  now,
  times,
}: Omit<PruneRequest, 'signal'> & { readonly now: number; readonly times: SampleRetentionTimes }): readonly {
  readonly resolutionMs: number
  readonly before: number
}[] =>
  [
    { resolutionMs: 0, mark: marks.minute, parentMs: HOUR_MS },
    { resolutionMs: MINUTE_MS, mark: marks.hour, parentMs: HOUR_MS },
    { resolutionMs: HOUR_MS, mark: marks.day, parentMs: DAY_MS },
  ].map(({ resolutionMs, mark, parentMs }) => ({
    resolutionMs,
    before: Math.min(now - keptMs(resolutionMs, times), mark, floorTo(oldestLate ?? Number.POSITIVE_INFINITY, parentMs)),
  }))
