import { spawnSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStorage } from '@sightline/adapter-sql'
import { type Series, type StorageDriver, systemClock } from '@sightline/core/ports'
import type { OperationContext } from '../../packages/core/src/operations/operation-context.ts'
import { SAMPLE_COLLECTIONS } from '../../packages/core/src/samples/create-samples-part.ts'
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

const SERVICES = 1_000
const TEMPLATES = 100
const check = checks['an HTTP check, 7 numbers']
const METRICS = Object.keys(check())
const RANGES = { '1 h': HOUR, '24 h': DAY, '7 d': 7 * DAY, '30 d': 30 * DAY, '90 d': 90 * DAY - HOUR }
const WARM = 200
const COLD = 40
/** Of a span that is written at once: a store grows by all of its services, so that what one has of a week lies in many places. */
const WRITTEN_AT_ONCE = 28
const POINTS = 500

const say = (text: string): void => console.error(`  ${text}`)

/** A few of each are made, and given to all. */
const made = (count: number): (() => Uint8Array) => {
  const some = Array.from({ length: 200 }, () => rollup(check, count))
  return () => some[Math.floor(random() * some.length)] as Uint8Array
}

interface Level {
  readonly name: string
  readonly table: 'samples' | 'buckets'
  readonly from: number
  readonly to: number
  /** Writes what every template has of a part of the time. */
  write(from: number, to: number): Promise<void>
}

/**
 * All that 1,000 services, checked every 20 s, leave in 90 days: 8.6 million checks, 10 million minutes, 2.2 million hours, 90,000 days. Every
 * tenth goes through the storage's port, and its rows are copied to nine others in the file itself, a part of the time after the other.
 */
const fill = async ({ driver, file }: { driver: StorageDriver; file: string }, series: readonly Series[], now: number) => {
  // Each has its number from then on; the first are those that are copied.
  await driver.samples.append(series.map((each) => ({ series: each, at: now - times.rawMs, values: check() })))
  const database = new DatabaseSync(file, { timeout: 60_000 })
  const numbered = database.prepare(`select service from sightline_series where id <= ${TEMPLATES}`).all()
  const templates = series.filter(({ service }) => numbered.some((row) => row.service === service))
  const rollups = (name: string, resolutionMs: number, from: number, stats: () => Uint8Array): Level => ({
    name,
    table: 'buckets',
    from,
    to: Math.floor(now / resolutionMs) * resolutionMs,
    write: async (start, end) => {
      for (const each of templates) await putBuckets(driver, [each], { resolutionMs, from: start, to: end, stats })
    },
  })
  const levels: readonly Level[] = [
    rollups('days', DAY, now - times.hourMs, made(4_320)),
    rollups('hours', HOUR, now - times.hourMs, made(180)),
    rollups('minutes', MINUTE, now - times.minuteMs, made(3)),
    {
      name: 'checks',
      table: 'samples',
      from: now - times.rawMs,
      to: now,
      write: async (start, end) => {
        for (const each of templates) await putPoints(driver, [each], { from: start, to: end, check, atOnceMs: end - start })
      },
    },
  ]
  const copies = `(with recursive k(n) as (select 1 union all select n + 1 from k where n < ${SERVICES / TEMPLATES - 1}) select n from k)`
  const copy = {
    buckets: database.prepare(`insert or ignore into sightline_buckets (resolution_ms, series, start, stats)
      select resolution_ms, series + n * ${TEMPLATES}, start, stats from sightline_buckets cross join ${copies}
      where resolution_ms = ? and series <= ${TEMPLATES} and start >= ? and start < ?`),
    samples: database.prepare(`insert or ignore into sightline_samples (series, at, data)
      select series + n * ${TEMPLATES}, at, data from sightline_samples cross join ${copies}
      where series <= ${TEMPLATES} and at >= ? and at < ?`),
  }
  const resolutions: Readonly<Record<string, number>> = { days: DAY, hours: HOUR, minutes: MINUTE }
  for (const { name, table, from, to, write } of levels) {
    const step = Math.ceil((to - from) / WRITTEN_AT_ONCE / MINUTE) * MINUTE
    for (let start = from; start < to; start += step) {
      const end = Math.min(to, start + step)
      await write(start, end)
      if (table === 'samples') copy.samples.run(start, end)
      else copy.buckets.run(resolutions[name] as number, start, end)
    }
    say(`${name} are written`)
  }
  const rows = database.prepare(
    'select (select count(*) from sightline_samples) as checks, (select count(*) from sightline_buckets) as rollups',
  )
  say(`${JSON.stringify(rows.get())}, ${((await stat(file)).size / 1e6).toFixed(0)} MB`)
  database.close()
  // Minutes are rolled up a little later than they end.
  const marks = { minute: now - 2 * MINUTE, hour: Math.floor(now / HOUR) * HOUR, day: Math.floor(now / DAY) * DAY }
  await driver.commit([
    {
      write: { store: 'core.rollup-marks', id: 'marks', team: '', expected: null, writeId: 'bench', at: now, value: marks },
      then: [],
    },
  ])
}

interface Drawn {
  readonly durations: number[]
  readonly computed: number[]
  queries: number
  points: number
  counted: number
}

/** The driver, and how often it is asked for samples. */
const counting = (driver: StorageDriver) => {
  const asked = { queries: 0 }
  const { samples } = driver
  const counted: StorageDriver = {
    ...driver,
    samples: {
      ...samples,
      buckets: (span) => {
        asked.queries++
        return samples.buckets(span)
      },
      points: (span, page) => {
        asked.queries++
        return samples.points(span, page)
      },
    },
  }
  return { counted, asked }
}

const drawer = (driver: StorageDriver, series: readonly Series[], now: number) => {
  const { counted, asked } = counting(driver)
  // It is the moment up to which the store is written, however long that took.
  const part = samplesPart(counted, { ...systemClock(), now: () => now })
  return async (spanMs: number, into: Drawn): Promise<void> => {
    const service = series[Math.floor(random() * series.length)]?.service ?? ''
    const value = METRICS[Math.floor(random() * METRICS.length)] ?? ''
    const input = { service, values: [value], from: now - spanMs, to: now, points: POINTS }
    asked.queries = 0
    const [startedAt, cpuBefore] = [performance.now(), cpuMs()]
    const answer = (await part.operations['samples.chart'].handle(input, { team: 'default' } as OperationContext)) as {
      readonly charts: readonly { readonly count: readonly number[] }[]
    }
    into.durations.push(performance.now() - startedAt)
    into.computed.push(cpuMs() - cpuBefore)
    into.queries = Math.max(into.queries, asked.queries)
    for (const { count } of answer.charts) {
      into.points = Math.max(into.points, count.length)
      into.counted += count.reduce((sum, each) => sum + each, 0)
    }
  }
}

const nothingDrawn = (): Drawn => ({ durations: [], computed: [], queries: 0, points: 0, counted: 0 })

/** Makes the machine forget what it read of the file; false where it cannot be told to. */
const forget = (file: string): boolean =>
  [file, `${file}-wal`].every(
    (each) => spawnSync('dd', [`if=${each}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' }).status === 0,
  )

const toRow = (
  range: string,
  kind: string,
  { durations, computed, queries, points, counted }: Drawn,
  checksInRange: number,
): BenchRow => {
  const value = quantile(durations, 0.95)
  // Each check is counted once, whatever it is read from; the ends of a range are whole steps.
  const isWhole = Math.abs(counted / durations.length / checksInRange - 1) < 0.05
  return {
    work: `chart of ${range}, ${kind}, p95`,
    size: '1,000 services × 90 days',
    unit: 'ms',
    value,
    baseline: null,
    ratio: null,
    reach: '< 100 ms',
    reached: value < 100 && points <= POINTS && queries <= 4 && isWhole,
    note: `p50 ${quantile(durations, 0.5).toFixed(1)} ms, CPU p95 ${quantile(computed, 0.95).toFixed(1)} ms; ${points} points at most from ${queries} queries at most${isWhole ? '' : '; SOME CHECKS ARE MISSING'}`,
  }
}

/** Charts of a store that has everything it can have; about five minutes, most of which it takes to write it, and three gigabytes of disk for as long. */
export const chartsBenches = (): Promise<BenchRow[]> =>
  inStore(async ({ driver, file }) => {
    const series = seriesOf(SERVICES)
    // In the midst of an hour, so that the end of each chart is made of what is finer.
    const now = Math.floor(Date.now() / HOUR) * HOUR - 23 * MINUTE
    await fill({ driver, file }, series, now)
    const rows: BenchRow[] = []
    let canForget = true
    for (const [range, spanMs] of Object.entries(RANGES)) {
      const cold = nothingDrawn()
      for (let index = 0; index < COLD; index++) {
        const fresh = sqliteStorage({ file, synchronous: 'normal' })
        await fresh.connect({ collections: SAMPLE_COLLECTIONS, format: { writes: 1, reads: 1 } })
        canForget = forget(file) && canForget
        await drawer(fresh, series, now)(spanMs, cold)
        await fresh.close()
      }
      const kind = canForget ? 'from the disk' : 'by a new process'
      rows.push(toRow(range, kind, cold, spanMs / 20_000))
      const draw = drawer(driver, series, now)
      await draw(spanMs, nothingDrawn())
      const warm = nothingDrawn()
      for (let index = 0; index < WARM; index++) await draw(spanMs, warm)
      rows.push(toRow(range, 'by a running process', warm, spanMs / 20_000))
      for (const { work, value, note } of rows.slice(-2)) say(`${work}: ${value.toFixed(1)} ms; ${note}`)
    }
    return rows
  })
