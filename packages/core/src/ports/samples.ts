import type { Page, PageRequest } from './identity.ts'

/** What points belong together: a service (or an api) of a team, seen from a region. */
export interface Series {
  readonly team: string
  readonly service: string
  readonly region: string
}

/** One check's numbers. Wide: one row a check. `at` is ms since the Unix epoch. */
export interface Point {
  readonly series: Series
  readonly at: number
  readonly values: Readonly<Record<string, number>>
}

/** A rollup of `resolutionMs` from `start`. `stats` is opaque to storage: core encodes, merges and reads percentiles. */
export interface Bucket {
  readonly series: Series
  readonly resolutionMs: number
  readonly start: number
  readonly stats: Uint8Array
}

/** Series and a time range, `from` inclusive, `to` exclusive, both ms. */
export interface Span {
  readonly series: readonly Series[]
  readonly from: number
  readonly to: number
}

/** Numbers over time. */
export interface SampleStore {
  /** The same (series, at) twice is once; the first stays. All or none of a call becomes visible. */
  append(points: readonly Point[]): Promise<void>
  /** By time, then by series. */
  points(span: Span, page: PageRequest): Promise<Page<Point>>
  /** Those that start within the span, by start. */
  buckets(span: Span & { readonly resolutionMs: number }): Promise<readonly Bucket[]>
  /** Whole replacement of each bucket, so that a rerun is harmless. */
  putBuckets(buckets: readonly Bucket[]): Promise<void>
  /** Every series that points or buckets were stored of, each once, in a fixed order; also one whose rows have all been pruned. */
  series(page: PageRequest): Promise<Page<Series>>
  /** Deletes at most `limit` rows older than `before`, oldest first; `resolutionMs: 0` means raw points. Returns how many. */
  prune(request: { readonly resolutionMs: number; readonly before: number; readonly limit: number }): Promise<number>
}
