import type { Head, Json, Outcome, Page, PageRequest, Scope, Version } from './identity.ts'

/** One target: an api in a region (`source` on the version-1 wire), of a team. */
export interface SnapshotKey {
  readonly team: string
  readonly api: string
  readonly region: string
}

/** A changed document on its way to storage. */
export interface SnapshotWrite {
  readonly key: SnapshotKey
  /** The version this change was computed against; null where the writer saw no snapshot. */
  readonly expected: Version | null
  /** Names the attempt, not the content: the same id on every repeat of a write whose outcome is unknown. */
  readonly writeId: string
  /** When the change was observed, ms since the Unix epoch. */
  readonly at: number
  readonly body: Json
  /** Lower-case hex SHA-1 of the canonical form of `body`. */
  readonly hash: string
  /** Refused (`fenced`) below the row's: a thawed poller cannot win. At least 0. A winning write raises the row's. */
  readonly fence: number
  /** Fingerprint of the rules (ignored fields, deadbands) that computed `hash`. */
  readonly detector: string
}

/** The latest document of a target, or one entry of its history. `createdAt` is the `at` of the epoch's first revision. */
export interface Snapshot extends Omit<SnapshotWrite, 'expected'> {
  readonly version: Version
  readonly createdAt: number
}

/** Latest documents and their history. */
export interface SnapshotStore {
  /** In the order of `keys`, null where there is none (never stored, or removed). */
  load(keys: readonly SnapshotKey[]): Promise<readonly (Snapshot | null)[]>
  /** Every target's head without its body; `id` is `snapshotId(key)`. Removed targets are listed as tombstones. */
  heads(scope: Scope, page: PageRequest): Promise<Page<Head>>
  /**
   * Compare-and-set of each write by itself, answers in the order of `writes`; several writes of one key are decided
   * in that order. Latest and exactly one history entry appear in one atomic step, as a reader sees it. Of racers with
   * one `expected`, exactly one wins. The fence is judged before `expected`. A repeat of a `writeId` that won (the
   * epoch's first and its last eight) answers as the first did and writes nothing.
   * After `remove` a write with `expected: null` begins a new epoch at revision 1.
   */
  replace(writes: readonly SnapshotWrite[]): Promise<readonly Outcome<Snapshot>[]>
  /**
   * Called by a new owner before its first poll: from now on writes below `fence` are refused. Keeps the higher of the
   * two; makes no revision and no event; holds for a target that has no snapshot yet, and survives `remove`.
   */
  raiseFence(keys: readonly SnapshotKey[], fence: number): Promise<void>
  /**
   * Newest first. With `asOf` (ms) it starts at the entry that was the latest document then (`at <= asOf`). Entries of
   * earlier epochs follow those of the present one. Entries never change; those written during paging do not disturb it.
   */
  history(key: SnapshotKey, query: PageRequest & { readonly asOf?: number }): Promise<Page<Snapshot>>
  /** Single history entries, in the order of `versions`; null for one that never was or is pruned. */
  revisions(key: SnapshotKey, versions: readonly Version[]): Promise<readonly (Snapshot | null)[]>
  /**
   * Deletes latest; history stays until pruned. A tombstone, one revision on, remains in `heads`. Removing what is not there is no
   * error and leaves nothing.
   */
  remove(keys: readonly SnapshotKey[]): Promise<void>
  /**
   * Deletes at most `limit` history entries older than `before`, oldest first, but never the entry of the present latest
   * document. Also forgets tombstones older than `before`. Returns how many it deleted; fewer than `limit` means done.
   * Where rows are kept in partitions by time, one goes whole, and counts as `limit`, once all of its time is older.
   */
  prune(request: { readonly before: number; readonly limit: number }): Promise<number>
}

/** The id a snapshot's head and its events carry: api and region, each escaped, so that no two targets share one. */
export const snapshotId = (key: Pick<SnapshotKey, 'api' | 'region'>): string =>
  `${encodeURIComponent(key.api)}/${encodeURIComponent(key.region)}`

/** The target an id names. */
export const fromSnapshotId = (team: string, id: string): SnapshotKey => {
  const [api = '', region = ''] = id.split('/').map(decodeURIComponent)
  return { team, api, region }
}
