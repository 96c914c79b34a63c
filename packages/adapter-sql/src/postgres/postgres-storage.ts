import { type Clock, type Logger, type StorageDriver, silentLogger, systemClock } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { checkTablePrefix, defaultTablePrefix } from '../dialect.ts'
import type { SqlEngine } from '../engine.ts'
import { sqlStorage } from '../sql-storage.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { postgresEngine } from './postgres-engine.ts'
import { postgresFeed } from './postgres-feed.ts'
import type { PostgresPool } from './postgres-pool.ts'
import { readReplica } from './read-replica.ts'

interface PostgresTuning {
  /** Begins every table's name, in the first schema of the search path. @default 'sightline_' */
  readonly tablePrefix?: string
  /** How long one call may take, waiting for a connection included, before it rejects with `TIMEOUT`. @default 15_000 */
  readonly timeoutMs?: number
  /** Keep statements prepared in their connections; off for a pooler that cannot (PgBouncer before 1.21). @default true */
  readonly preparesStatements?: boolean
  /**
   * How far the read replica may be behind, measured once a second, before the primary is read instead. History, points, buckets and log
   * searches show what was written up to so long ago, and a second. @default 2_000
   */
  readonly maxReplicaLagMs?: number
  /** Is told when the read replica is left alone, and used again. @default silent */
  readonly logger?: Logger
  /** @default the system's */
  readonly clock?: Clock
}

/**
 * A streaming replica, by a URL or as the host's `Pool`. Asked for history, points, buckets and log searches alone: whatever a write
 * depends on is read from the primary, and everything is while the replica is away.
 */
type ReplicaOptions =
  | { readonly readUrl?: string; readonly readPool?: never }
  | { readonly readPool: PostgresPool; readonly readUrl?: never }

/** Watches of one driver at a time; each has a connection of its own. */
const mostWatches = 8

/** Either a connection string, for a pool of its own, or the host's `Pool`, which stays open. */
export type PostgresStorageOptions = PostgresTuning &
  ReplicaOptions &
  (
    | {
        /** `postgres://user:password@host:5432/database`; needs the package `pg`. */
        readonly url: string
        /** Connections the pool grows to. @default 10 */
        readonly maxConnections?: number
        readonly pool?: never
      }
    | { readonly pool: PostgresPool; readonly url?: never; readonly maxConnections?: never }
  )

/**
 * Storage in PostgreSQL 13 or newer. Any number of processes may share the database, which must have the encoding UTF8.
 *
 * @example
 * const sightline = createSightline({ ...config, storage: postgresStorage({ pool: new Pool({ connectionString }) }) })
 *
 * @throws `INVALID_CONFIG` for a table prefix that is no plain name, and without `url` and `pool`.
 */
export const postgresStorage = (options: PostgresStorageOptions): StorageDriver => {
  const {
    pool,
    url,
    tablePrefix = defaultTablePrefix,
    timeoutMs = 15_000,
    preparesStatements = true,
    readPool,
    readUrl,
    maxReplicaLagMs = 2_000,
    logger = silentLogger(),
    clock = systemClock(),
  } = options
  if (pool === undefined && (typeof url !== 'string' || url === '')) {
    throw new SightlineError('INVALID_CONFIG', 'postgresStorage needs the `url` of a database, or a `pool`.')
  }
  const dialect = postgresDialect(checkTablePrefix(tablePrefix))
  const engineOver = (own: PostgresPool | undefined, open: () => Promise<PostgresPool>, withinMs: number): SqlEngine =>
    postgresEngine({
      dialect,
      openPool: async () => own ?? open(),
      closesPool: own === undefined,
      timeoutMs: withinMs,
      preparesStatements,
      clock,
      random: Math.random,
    })
  const engine = engineOver(pool, () => openPool(options, timeoutMs), timeoutMs)
  // Who waits for a replica that hangs has yet to ask the primary.
  const replicaTimeoutMs = Math.min(timeoutMs, 5_000)
  const replica =
    readPool === undefined && readUrl === undefined
      ? {}
      : {
          replica: readReplica({
            primary: engine,
            replica: engineOver(readPool, () => openPool({ ...options, url: readUrl ?? '' }, replicaTimeoutMs), replicaTimeoutMs),
            maxLagMs: maxReplicaLagMs,
            clock,
            logger,
          }),
        }
  const feed = postgresFeed({
    dialect,
    read: engine.read,
    // Apart, so that what listens takes no connection from what reads and writes.
    openPool: async () => pool ?? openPool({ ...options, maxConnections: mostWatches }, timeoutMs),
    closesPool: pool === undefined,
    clock,
    random: Math.random,
  })
  return sqlStorage({ name: 'postgres', engine, clock, newEpoch: () => crypto.randomUUID(), feed, ...replica })
}

const openPool = async (
  { url, maxConnections = 10 }: { readonly url?: string; readonly maxConnections?: number },
  timeoutMs: number,
): Promise<PostgresPool> => {
  const { default: pg } = await loadPg()
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
    application_name: 'sightline',
  })
  // A connection that is lost while idle is replaced when it is needed.
  pool.on('error', () => {})
  return pool
}

const loadPg = async (): Promise<typeof import('pg')> => {
  try {
    return await import('pg')
  } catch (cause) {
    throw new SightlineError('INVALID_CONFIG', "postgresStorage with a url needs the package 'pg': npm install pg", { cause })
  }
}
