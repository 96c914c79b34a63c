import type { Clock } from '../ports/clock.ts'
import type { Series } from '../ports/samples.ts'
import type { Chart, SampleSummary } from '../protocol/samples.ts'
import { UP } from './admit-sample.ts'
import { createBreather } from './breather.ts'
import { type ChartPlan, planChart, planRead } from './read-plan.ts'
import { DAY_MS, floorTo, HOUR_MS, MINUTE_MS } from './resolutions.ts'
import type { SampleReader } from './sample-reader.ts'
import type { AvailabilityShare, SampleRetentionTimes } from './samples-part.ts'
import type { SeriesDirectory } from './series-directory.ts'
import { createStepTable, type StepTable } from './step-table.ts'
import { meanOf, percentilesOf, sumOf, type ValueStats } from './value-stats.ts'

export interface SampleAnalysisOptions {
  readonly clock: Clock
  readonly reader: SampleReader
  readonly directory: Pick<SeriesDirectory, 'of'>
  readonly times: SampleRetentionTimes
  unitOf(value: { readonly team: string; readonly service: string; readonly name: string }): string | null
}

export interface Period {
  readonly team: string
  readonly service: string
  readonly from: number
  readonly to: number
}

/** Questions about what was measured. Each asks storage a constant number of times, however long the period. */
export interface SampleAnalysis {
  charts(
    request: Period & { readonly values: readonly string[]; readonly region?: string | undefined; readonly points: number },
  ): Promise<readonly Chart[]>
  summary(request: Period & { readonly value: string }): Promise<readonly SampleSummary[]>
  availability(request: Period): Promise<readonly (AvailabilityShare & { readonly region: string })[]>
  names(request: Pick<Period, 'team' | 'service'>): Promise<readonly { readonly name: string; readonly unit: string | null }[]>
}

/** Names are looked for in the rollups of so long ago. */
const NAMES_SPAN_MS = 30 * DAY_MS

export const createSampleAnalysis = ({ clock, reader, directory, times, unitOf }: SampleAnalysisOptions): SampleAnalysis => {
  /** Where single checks are too many, minutes. */
  const tabulate = async (
    request: { readonly to: number; readonly names: readonly string[]; readonly series: readonly Series[] },
    planOf: (atLeastMs: number) => ChartPlan,
  ): Promise<{ readonly table: StepTable; readonly plan: ChartPlan }> => {
    const fill = async (plan: ChartPlan) => {
      const table = createStepTable({ names: request.names, ...plan })
      const { series, names, to } = request
      const span = { series, from: plan.start, to, resolutionMs: plan.resolutionMs, names: new Set(names) }
      return { table, plan, isWhole: await reader.read(span, table) }
    }
    const filled = await fill(planOf(0))
    return filled.isWhole || filled.plan.resolutionMs > 0 ? filled : fill(planOf(MINUTE_MS))
  }

  /** One step that is the whole period. Its begin moves back to that of a rollup. */
  const overall = async (
    { team, service, from, to }: Period,
    name: string,
  ): Promise<readonly { readonly region: string; readonly stats: ValueStats }[]> => {
    const series = await directory.of(team, service)
    const { table } = await tabulate({ to, names: [name], series }, (atLeastMs) => {
      const resolutionMs = Math.max(atLeastMs, planRead({ from, to, now: clock.now(), series: series.length, times }))
      const start = resolutionMs === 0 ? from : floorTo(from, resolutionMs)
      return { resolutionMs, start, stepMs: Math.max(1, to - start), steps: 1 }
    })
    return series.flatMap(({ region }) => {
      const stats = table.at(region, name, 0)
      return stats === null ? [] : [{ region, stats }]
    })
  }

  return {
    charts: async ({ team, service, values, region, from, to, points }) => {
      const series = (await directory.of(team, service)).filter((each) => region === undefined || each.region === region)
      const request = { from, to, now: clock.now(), series: series.length, times, points }
      const { table, plan } = await tabulate({ to, names: values, series }, (atLeastMs) => planChart({ ...request, atLeastMs }))
      const breathe = createBreather(clock)
      const charts: Chart[] = []
      for (const { region: of } of series) {
        for (const value of values) {
          charts.push(toChart({ table, plan, service, region: of, value, unit: unitOf({ team, service, name: value }) }))
          await breathe()
        }
      }
      return charts
    },

    summary: async ({ value, ...period }) => (await overall(period, value)).map(({ region, stats }) => toSummary(region, stats)),

    availability: async (period) =>
      // Degraded is up: it answers. The checks that were down are those whose number is 0.
      (await overall(period, UP)).map(({ region, stats: { count, zeros } }) => ({ region, good: count - zeros, total: count })),

    names: async ({ team, service }) => {
      const series = await directory.of(team, service)
      const now = clock.now()
      const found = new Set<string>()
      const from = floorTo(now - NAMES_SPAN_MS, DAY_MS)
      await reader.read(
        { series, from, to: now + HOUR_MS, resolutionMs: DAY_MS },
        {
          bucket: (_, __, stats) => {
            for (const name of stats.keys()) found.add(name)
          },
          point: ({ values }) => {
            for (const name of Object.keys(values)) found.add(name)
          },
        },
      )
      return [...found].sort().map((name) => ({ name, unit: unitOf({ team, service, name }) }))
    },
  }
}

interface ChartOf {
  readonly table: StepTable
  readonly plan: ChartPlan
  readonly service: string
  readonly region: string
  readonly value: string
  readonly unit: string | null
}

const toChart = ({ table, plan: { start, stepMs, steps }, service, region, value, unit }: ChartOf): Chart => {
  const all = Array.from({ length: steps }, (_, step) => table.at(region, value, step))
  return {
    service,
    region,
    value,
    unit,
    stepMs,
    start,
    mean: all.map((stats) => stats && meanOf(stats)),
    min: all.map((stats) => stats?.min ?? null),
    max: all.map((stats) => stats?.max ?? null),
    p95: all.map((stats) => stats && (percentilesOf(stats, [0.95])[0] ?? null)),
    count: all.map((stats) => stats?.count ?? 0),
  }
}

const toSummary = (region: string, stats: ValueStats): SampleSummary => {
  const [p50 = null, p95 = null, p99 = null] = percentilesOf(stats, [0.5, 0.95, 0.99])
  return { region, count: stats.count, sum: sumOf(stats), min: stats.min, max: stats.max, mean: meanOf(stats), p50, p95, p99 }
}
