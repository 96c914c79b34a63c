import type { Collection, CollectionDefinition, CollectionPlan, Commit, Stored } from './collections.ts'
import type { Head, Outcome } from './identity.ts'
import type { LogStore } from './logs.ts'
import type { SampleStore } from './samples.ts'
import type { SnapshotStore } from './snapshots.ts'

/**
 * What an adapter for a database implements. Every failure rejects with a `SightlineError`: `UNAVAILABLE` (not reached,
 * outcome unknown), `TIMEOUT` (outcome unknown), `INVALID_INPUT` (refused, nothing written), `INCOMPATIBLE` (a store
 * this software cannot read). A failure never reads as "not found". Before `connect` and after `close` every other call rejects with
 * `UNAVAILABLE`; a collection that is not in the plan, and a name that is not well-formed Unicode, are `INVALID_INPUT`.
 */
export interface StorageDriver {
  /** As shown in `/info`: `memory`, `sqlite`, … */
  readonly name: string
  /**
   * Creates what is missing; safe to repeat and to run from several processes at once. Rejects with `INCOMPATIBLE` where
   * the store's format is newer than `format.reads`, and records `format.writes` where it is older.
   */
  connect(plan: StoragePlan): Promise<Capabilities>
  /** A real round trip. `serverTime` is the server's clock, ms since the Unix epoch. */
  ping(): Promise<{ readonly serverTime: number }>
  /** Idempotent; closes only what the driver opened. */
  close(): Promise<void>
  readonly snapshots: SnapshotStore
  readonly samples: SampleStore
  readonly logs: LogStore
  collection<T>(definition: CollectionDefinition<T>): Collection<T>
  /** Each commit stands alone; answers in order. */
  commit(commits: readonly Commit[]): Promise<readonly Outcome<Stored<unknown>>[]>
  /** Finishes what dead processes began; any process, any time; returns how many. A no-op where there are transactions. */
  recover(): Promise<number>
  /**
   * The database's own change feed, where `Capabilities.watch` is true. Resolves when `signal` aborts. `since` resumes
   * after a position of an earlier run; where that is lost, a `gap` comes first. Snapshots are the store `snapshots`. Where
   * `Capabilities.watch` is false, the method is absent or rejects with `UNSUPPORTED`.
   */
  watch?(
    from: { readonly stores: readonly string[]; readonly since?: string; readonly signal: AbortSignal },
    sink: (item: FeedItem) => void,
  ): Promise<void>
}

/** What `connect` is to make ready. */
export interface StoragePlan {
  readonly collections: readonly CollectionPlan[]
  /** The store's format this software writes, and the newest it can read. */
  readonly format: { readonly writes: number; readonly reads: number }
}

/** Of this server, known after `connect`; tried, never guessed from a name. */
export interface Capabilities {
  readonly watch: boolean
  readonly transactions: boolean
}

/** At least once; ordered within one record only. */
export type FeedItem =
  | { readonly kind: 'changed'; readonly store: string; readonly head: Head; readonly value?: unknown }
  /** Also when nothing changes. */
  | { readonly kind: 'position'; readonly token: string }
  /** Something may be missing: compare heads. */
  | { readonly kind: 'gap'; readonly reason: string }
  /** How changes are learned from now on: told by the database, looked for now and then, or not at all. */
  | { readonly kind: 'mode'; readonly mode: 'stream' | 'notify' | 'poll' | 'off'; readonly reason: string }
