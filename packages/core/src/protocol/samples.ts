import type { Op } from './shapes.ts'

/** What is drawn of one number: at most 500 points, each the summary of its step. null where nothing was measured. */
export interface Chart {
  readonly service: string
  readonly region: string
  readonly value: string
  readonly unit: string | null
  readonly stepMs: number
  /** ms since the Unix epoch, of the first step. */
  readonly start: number
  readonly mean: readonly (number | null)[]
  readonly min: readonly (number | null)[]
  readonly max: readonly (number | null)[]
  readonly p95: readonly (number | null)[]
  readonly count: readonly number[]
}

/** A number over a period, by region. Percentiles are within 1 %. */
export interface SampleSummary {
  readonly region: string
  readonly count: number
  readonly sum: number
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** The operations of the group `samples`: what was measured of services over time. */
export type SampleOperations = {
  /**
   * Numbers of a service over time: `latencyMs`, `cpuPercent`, … (up to 10), a chart for each and each region. `from` inclusive, `to` exclusive,
   * ms since the Unix epoch; both are widened to whole steps. `points` 1–500, default 500. A service that nobody heard of has none.
   */
  'samples.chart': Op<
    'query',
    { service: string; values: readonly string[]; region?: string; from: number; to: number; points?: number },
    { readonly charts: readonly Chart[] }
  >
  /** One number over a period; with `compareFrom` also over the period of the same length that begins there. */
  'samples.summary': Op<
    'query',
    { service: string; value: string; from: number; to: number; compareFrom?: number },
    { readonly regions: readonly SampleSummary[]; readonly before: readonly SampleSummary[] | null }
  >
  /**
   * Share of its checks in which a service was not down (degraded is up), as a whole and by region; null where nothing was checked. Of the error
   * budget of `objectivePercent` (1–99.9999) 100 % is left where nothing is spent, less than 0 where more than all is.
   */
  'samples.availability': Op<
    'query',
    { service: string; from: number; to: number; objectivePercent?: number },
    {
      readonly percent: number | null
      readonly regions: readonly { readonly region: string; readonly percent: number | null; readonly count: number }[]
      readonly budget: { readonly objectivePercent: number; readonly leftPercent: number } | null
    }
  >
  /** Names of the numbers that a service had in the last 30 days. `up` is its verdict: 1 up, 0.5 degraded, 0 down. */
  'samples.values': Op<
    'query',
    { service: string },
    { readonly values: readonly { readonly name: string; readonly unit: string | null }[] }
  >
}
