import type { FeedMode } from '../storage/change-feed.ts'

/** What is counted since start; monotonic but for the gauges. A transport turns it into Prometheus text. */
export interface Counters {
  readonly polls: number
  readonly pollFailures: number
  readonly pollsSkipped: number
  readonly probesAbandoned: number
  readonly changes: number
  readonly snapshotWrites: number
  readonly writesConflicted: number
  readonly writesFenced: number
  readonly writesDropped: number
  readonly broadcasts: number
  readonly frames: { readonly whole: number; readonly patch: number; readonly provisional: number }
  readonly resyncs: number
  readonly busEvents: number
  /** Samples of services that were stored, and that had to go while storage was away. */
  readonly samplesStored: number
  readonly samplesDropped: number
  readonly logLines: number
  readonly logLinesDropped: number
  /** Gauges. */
  readonly feed: FeedMode
  readonly bufferedWrites: number
  readonly bufferedBytes: number
  readonly sessions: number
  readonly subscriptions: number
  readonly targets: number
  /** By status. */
  readonly services: Readonly<Record<string, number>>
  readonly activeIncidents: number
  /** Commits in the spool that storage does not have yet. */
  readonly spooled: number
}
