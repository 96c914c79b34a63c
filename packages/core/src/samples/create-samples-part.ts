import type { CollectionDefinition } from '../ports/collections.ts'
import type { Point } from '../ports/samples.ts'
import { withTimeout } from '../storage/with-timeout.ts'
import { admitSample } from './admit-sample.ts'
import { createAvailabilityShares } from './availability-shares.ts'
import { createLateHours, LATE_HOURS } from './late-hours.ts'
import { createPointBuffer } from './point-buffer.ts'
import { createRecentPoints } from './recent-points.ts'
import { createRecentSamples } from './recent-samples.ts'
import { DEFAULT_RETENTION, floorTo, HOUR_MS, MINUTE_MS } from './resolutions.ts'
import { createRollup, SETTLE_MS } from './rollup.ts'
import { createMarkStore, ROLLUP_MARKS } from './rollup-marks.ts'
import { createRollupWork } from './rollup-work.ts'
import { createSampleAnalysis } from './sample-analysis.ts'
import { sampleOperations } from './sample-operations.ts'
import { createSampleReader } from './sample-reader.ts'
import { createSampleRetention } from './sample-retention.ts'
import type { SampleRetentionTimes, SamplesDependencies, SamplesPart } from './samples-part.ts'
import { createSeriesDirectory } from './series-directory.ts'
import { unitOf as unitOfName } from './unit-of.ts'

/** What the part stores beside points and rollups. */
export const SAMPLE_COLLECTIONS = [ROLLUP_MARKS, LATE_HOURS] as unknown as readonly CollectionDefinition<never>[]

/** Points further in the future come from a clock that is wrong. */
const FUTURE_MS = 5 * MINUTE_MS
/** What is to be stored within so long is in time for the rollup of its minute. */
const HURRY_MS = SETTLE_MS / 2

/**
 * Numbers over time: takes what is observed, stores it, rolls it up, deletes what is old, and answers what is asked about it.
 *
 * @example
 * const samples = createSamplesPart({ ...context, retention: { rawMs: 86_400_000 } })
 * samples.observe({ team: 'default', service: 'checkout', region: 'us-east', at: Date.now(), verdict: 'up', values: { latencyMs: 31.5 } })
 */
export const createSamplesPart = (deps: SamplesDependencies): SamplesPart => {
  const { link, clock, leadership, randomId } = deps
  const logger = deps.logger.child({ part: 'samples' })
  const times: SampleRetentionTimes = { ...DEFAULT_RETENTION, ...deps.retention }
  /** What is older is not taken: its hour could not be rolled up anew from checks that are partly deleted. */
  const oldestMs = times.rawMs / 2

  let refused = 0
  let refusedValues = 0
  const recent = createRecentPoints()
  const marks = createMarkStore({ link, randomId })
  const late = createLateHours({ link, randomId })

  /** May its minute be rolled up before it is stored? Who rolls up waits for what is in its own buffer, and for nobody else's. */
  const isLate = ({ at }: Point, now: number): boolean => {
    if (at < now - times.rawMs + HOUR_MS) return false
    const rolledUp = rollup.marks?.minute
    if (leadership.isLeading && rolledUp !== undefined) return at < rolledUp
    return now > floorTo(at, MINUTE_MS) + MINUTE_MS + HURRY_MS
  }

  const buffer = createPointBuffer({
    link,
    clock,
    logger,
    prepare: async (points) => {
      const now = clock.now()
      const tardy = points.filter((point) => isLate(point, now))
      if (tardy.length > 0) await late.note(tardy, now)
    },
  })

  const directory = createSeriesDirectory({ link, clock, observed: recent.series })
  const rollup = createRollup({
    link,
    clock,
    logger,
    leadership,
    marks,
    late,
    work: createRollupWork({ link, clock, logger }),
    retention: createSampleRetention({ link, clock, logger, times }),
    series: directory.reload,
    oldestWaiting: () => buffer.oldestAt,
  })

  const analysis = createSampleAnalysis({
    clock,
    directory,
    times,
    unitOf: (value) => deps.unitOf?.(value) ?? unitOfName(value.name),
    reader: createSampleReader({
      link,
      clock,
      logger,
      loadMarks: async () => (await marks.load())?.value ?? null,
      unsaved: buffer.between,
    }),
  })

  return {
    operations: sampleOperations(analysis),
    topics: {},
    get counts() {
      return { stored: buffer.stored, waiting: buffer.waiting, dropped: buffer.dropped, refused, refusedValues }
    },
    observe: (sample) => {
      const now = clock.now()
      const admitted = admitSample(sample, recent.names(sample))
      refusedValues += admitted.refusedValues
      if (admitted.point === null || sample.at > now + FUTURE_MS || sample.at < now - oldestMs) {
        refused++
        return
      }
      const point = recent.add(admitted.point)
      if (point !== null) buffer.push(point)
    },
    recent: createRecentSamples({ link, series: directory.reload, unsaved: buffer.between }),
    share: createAvailabilityShares({ clock, analysis }),
    latest: (team, service) =>
      recent.latest({ team, service }).map(({ series: { region }, at, values }) => ({ region, at, values })),
    start: () => rollup.start(),
    storageUp: () => {
      buffer.storageUp()
      rollup.wake()
    },
    stop: async ({ timeoutMs }) => {
      const stopped = withTimeout({ clock, timeoutMs, what: 'The rollup of samples did not end' }, rollup.stop)
      await Promise.all([buffer.stop(timeoutMs), stopped.catch(() => {})])
    },
  }
}
