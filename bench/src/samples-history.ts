import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { Series, StorageDriver } from '@sightline/core/ports'
import { silentLogger, systemClock } from '@sightline/core/ports'
import type { OperationContext } from '../../packages/core/src/operations/operation-context.ts'
import { createRollupWork } from '../../packages/core/src/samples/rollup-work.ts'
import { createSampleRetention } from '../../packages/core/src/samples/sample-retention.ts'
import type { BenchRow } from './bench-row.ts'
import { cpuMs } from './cpu-time.ts'
import { quantile } from './median.ts'
import {
  checks,
  DAY,
  HOUR,
  inStore,
  MINUTE,
  putBuckets,
  putPoints,
  random,
  rollup,
  samplesPart,
  seriesOf,
  times,
} from './samples-store.ts'

const MEASURED = 5
const SERVICES = 200
const MOST_MB = 300

/** Everything that 5 of 200 services leave after 90 days is written, and its size multiplied. */
const sizeRow = (name: keyof typeof checks): Promise<BenchRow> =>
  inStore(async ({ driver, file }) => {
    const series = seriesOf(MEASURED)
    const check = checks[name]
    const now = Date.UTC(2026, 5, 1)
    const sizeOf = (): number => {
      const database = new DatabaseSync(file)
      database.exec('pragma wal_checkpoint(truncate)')
      const { pages } = database.prepare('select page_count as pages from pragma_page_count').get() as { pages: number }
      database.close()
      return (pages * 4_096) / 1e6
    }
    const empty = sizeOf()
    await putPoints(driver, series, { from: now - times.rawMs, to: now, check })
    await putBuckets(driver, series, { resolutionMs: MINUTE, from: now - times.minuteMs, to: now, stats: () => rollup(check, 3) })
    await putBuckets(driver, series, { resolutionMs: HOUR, from: now - times.hourMs, to: now, stats: () => rollup(check, 180) })
    await putBuckets(driver, series, { resolutionMs: DAY, from: now - 90 * DAY, to: now, stats: () => rollup(check, 4_320) })
    const value = empty + ((sizeOf() - empty) * SERVICES) / MEASURED
    return {
      work: `history on SQLite: ${name}`,
      size: '200 services at 20 s, 90 days',
      unit: 'MB',
      value,
      baseline: null,
      ratio: null,
      reach: `≤ ${MOST_MB} MB`,
      reached: value <= MOST_MB,
      note: `raw 48 h, minutes 7 d, hours and days 90 d of ${MEASURED} services, times ${SERVICES / MEASURED}`,
    }
  })

const CROWD = 1_000
const CHARTS = 200

const chartRow = async (driver: StorageDriver, series: readonly Series[], now: number): Promise<BenchRow> => {
  const part = samplesPart(driver)
  const draw = (span: number) =>
    part.operations['samples.chart'].handle(
      {
        service: series[Math.floor(random() * CROWD)]?.service ?? '',
        values: ['latencyMs'],
        from: now - span,
        to: now,
        points: 500,
      },
      { team: 'default' } as OperationContext,
    ) as Promise<{ readonly charts: readonly { readonly count: readonly number[] }[] }>
  const spans = [HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY - HOUR]
  for (const span of spans) await draw(span)
  const durations: number[] = []
  const computed: number[] = []
  for (let index = 0; index < CHARTS; index++) {
    const [begunAt, cpuBefore] = [performance.now(), cpuMs()]
    await draw(spans[index % spans.length] as number)
    durations.push(performance.now() - begunAt)
    computed.push(cpuMs() - cpuBefore)
  }
  const value = quantile(durations, 0.95)
  return {
    work: 'chart of a service, p95',
    size: '1,000 services × 90 days',
    unit: 'ms',
    value,
    baseline: null,
    ratio: null,
    reach: '< 100 ms',
    reached: value < 100,
    note: `an hour to 90 days in turn; p50 ${quantile(durations, 0.5).toFixed(1)} ms; CPU p95 ${quantile(computed, 0.95).toFixed(1)} ms`,
  }
}

/** The most that was computed at a stretch: what a busy machine adds to it is another matter. */
const heldRow = async (work: string, size: string, act: () => Promise<void>): Promise<BenchRow> => {
  const turns: number[] = []
  let isOver = false
  const watch = async (): Promise<void> => {
    while (!isOver) {
      const before = cpuMs()
      await setImmediate()
      turns.push(cpuMs() - before)
    }
  }
  const watching = watch()
  await act()
  isOver = true
  await watching
  const value = turns.reduce((most, each) => Math.max(most, each), 0)
  return {
    work,
    size,
    unit: 'ms',
    value,
    baseline: null,
    ratio: null,
    reach: '< 50 ms',
    reached: value < 50,
    note: `CPU of the longest turn of the event loop; p99.9 ${quantile(turns, 0.999).toFixed(1)} ms`,
  }
}

const crowdRows = (): Promise<BenchRow[]> =>
  inStore(async ({ driver }) => {
    const series = seriesOf(CROWD)
    const check = checks['up and latency']
    const now = Math.floor(Date.now() / HOUR) * HOUR
    // A few of each are made, and given to all.
    const made = (count: number): (() => Uint8Array) => {
      const some = Array.from({ length: 100 }, () => rollup(check, count))
      return () => some[Math.floor(random() * some.length)] as Uint8Array
    }
    const hours = { resolutionMs: HOUR, from: now - times.hourMs, to: now, stats: made(180) }
    const minutes = { resolutionMs: MINUTE, from: now - 4 * HOUR, to: now, stats: made(3) }
    // One service after the other: in the order of time it would take minutes, and reading is the same.
    for (const each of series) {
      await putBuckets(driver, [each], hours)
      await putBuckets(driver, [each], minutes)
    }
    await putPoints(driver, series, { from: now - HOUR, to: now, check })
    const marks = { minute: now, hour: now, day: Math.floor(now / DAY) * DAY }
    await driver.commit([
      {
        write: { store: 'core.rollup-marks', id: 'marks', team: '', expected: null, writeId: 'bench', at: now, value: marks },
        then: [],
      },
    ])
    const chart = await chartRow(driver, series, now)

    const tools = { link: { state: 'up' as const, run: <T>(call: (driver: StorageDriver) => Promise<T>) => call(driver) } }
    const work = createRollupWork({ ...tools, clock: systemClock(), logger: silentLogger() })
    const rolling = await heldRow('rolling up an hour from its checks', '1,000 services', async () => {
      await work.minutes({ series, from: now - HOUR, to: now })
      await work.merge({ series, from: now - HOUR, to: now, resolutionMs: HOUR, childMs: MINUTE })
    })
    const retention = createSampleRetention({
      ...tools,
      clock: systemClock(),
      logger: silentLogger(),
      times: { rawMs: 0, minuteMs: 2 * HOUR, hourMs: times.hourMs - DAY },
    })
    const pruning = await heldRow('pruning', '180,000 checks, 120,000 minutes, 24,000 hours', () =>
      retention.prune({ marks, oldestLate: null, signal: new AbortController().signal }),
    )
    return [chart, rolling, pruning]
  })

/** What history costs on SQLite, and what reading it costs. */
export const samplesHistoryBenches = async (): Promise<BenchRow[]> => [
  await sizeRow('up and latency'),
  await sizeRow('an HTTP check, 7 numbers'),
  ...(await crowdRows()),
]
