import { SightlineError } from '@sightline/core/protocol'
import type { SqlDialect } from '../dialect.ts'
import type { Script } from '../statement.ts'

/**
 * A point in the database's history: what a transaction saw then, of which server, and when. Kept by nobody: what came later is found by the
 * transaction that wrote each row. https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
export interface FeedPosition {
  /** Identifies the cluster and its timeline: on a restored or promoted one transaction numbers may mean something else. */
  readonly server: string
  readonly snapshot: string
  /** By the server's clock, ms since the Unix epoch. */
  readonly at: number
}

/** Heads that were forgotten since are in no table any more; retention is far longer than this. */
const keptForMs = 3_600_000

export const toToken = ({ server, snapshot, at }: FeedPosition): string => `postgres/${server}/${snapshot}/${at}`

/** @throws `INVALID_INPUT` for what this feed never gave out. */
export const fromToken = (token: string): FeedPosition => {
  const { server, snapshot, at } =
    /^postgres\/(?<server>[\d.]+)\/(?<snapshot>\d+:\d+:[\d,]*)\/(?<at>\d+)$/.exec(token)?.groups ?? {}
  if (server === undefined || snapshot === undefined || at === undefined) {
    throw new SightlineError('INVALID_INPUT', 'The position is not one of this feed.')
  }
  return { server, snapshot, at: Number(at) }
}

const present = `select pg_current_snapshot()::text as snapshot, floor(extract(epoch from clock_timestamp()) * 1000)::float8 as at`

/** Where the database stands now. */
export function* takePosition(): Script<Omit<FeedPosition, 'server'>> {
  const [row] = yield { sql: present, values: [], reusable: false }
  return row as Omit<FeedPosition, 'server'>
}

/** Where the database stood just before it notified of `note` on the channel. */
export function* notifyPosition(channel: string, note: string): Script<Omit<FeedPosition, 'server'>> {
  const [row] = yield { sql: `${present}, pg_notify($1, $2)`, values: [channel, note], reusable: true }
  const { snapshot, at } = row as { readonly snapshot: string; readonly at: number }
  return { snapshot, at }
}

/** Is everything that came after the position still to be found? */
export const isResumable = (position: FeedPosition, now: FeedPosition): boolean => {
  const [oldest, newest] = xidsOf(position)
  const [, current] = xidsOf(now)
  const isOfThisServer = position.server === now.server && newest <= current
  // Rows carry the lower 32 bits of their transaction's number.
  return isOfThisServer && current - oldest < 2n ** 31n && now.at - position.at < keptForMs
}

const xidsOf = ({ snapshot }: FeedPosition): readonly [oldest: bigint, newest: bigint] => {
  const [oldest = '0', newest = '0'] = snapshot.split(':')
  return [BigInt(oldest), BigInt(newest)]
}

/** A head as the tables hold it. */
export interface ChangedRow {
  readonly store: string
  readonly team: string
  readonly api: string | null
  readonly id: string
  readonly epoch: string
  readonly revision: number
  readonly is_deleted: boolean
}

/** The heads of the stores that were written after the position: one look at every row, for which there is no index and nothing is written. */
export function* findChangedSince({ tablePrefix: p }: SqlDialect, { snapshot }: FeedPosition): Script<readonly ChangedRow[]> {
  const isLater = (alias: string): string => `not pg_visible_in_snapshot(
    (c.xid - ((c.xid - ${alias}.xmin::text::bigint) & 4294967295))::text::xid8, $1::text::pg_snapshot)`
  const current = `(select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xid) c`
  return (yield {
    sql: `select 'snapshots' as store, t.team, t.api, t.source as id, e.epoch,
        d.revision + case when d.removed_at is null then 0 else 1 end as revision, d.removed_at is not null as is_deleted
      from ${current} cross join ${p}heads d join ${p}targets t on t.id = d.target join ${p}epochs e on e.id = d.epoch
      where ${isLater('d')}
      union all
      select r.store, r.team, null, r.id, r.epoch, r.revision, r.value is null
      from ${current} cross join ${p}records r where ${isLater('r')}`,
    values: [snapshot],
    reusable: false,
  }) as readonly ChangedRow[]
}

/** Names the cluster and its timeline; what a restricted role may not ask reads as 0. */
export function* identifyServer(): Script<string> {
  const [row] = yield {
    sql: `select case when has_function_privilege('pg_control_system()', 'execute')
        then (select system_identifier from pg_control_system())::text else '0' end || '.' ||
      case when has_function_privilege('pg_control_checkpoint()', 'execute')
        then (select timeline_id from pg_control_checkpoint())::text else '0' end as server`,
    values: [],
    reusable: false,
  }
  return (row as { readonly server: string }).server
}

export function* findChannel(expression: string): Script<string> {
  const [row] = yield { sql: `select ${expression} as channel`, values: [], reusable: false }
  return (row as { readonly channel: string }).channel
}
