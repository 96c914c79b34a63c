import { type Clock, type StorageDriver, systemClock } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { checkTablePrefix, defaultTablePrefix } from '../dialect.ts'
import { sqlStorage } from '../sql-storage.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { postgresEngine } from './postgres-engine.ts'
import { postgresFeed } from './postgres-feed.ts'
import type { PostgresPool } from './postgres-pool.ts'

interface PostgresTuning {
  /** Begins every table's name, in the first schema of the search path. @default 'sightline_' */
  readonly tablePrefix?: string
  /** How long one call may take, waiting for a connection included, before it rejects with `TIMEOUT`. @default 15_000 */
  readonly timeoutMs?: number
  /** Keep statements prepared in their connections; off for a pooler that cannot (PgBouncer before 1.21). @default true */
  readonly preparesStatements?: boolean
  /** @default the system's */
  readonly clock?: Clock
}

/** Watches of one driver at a time; each has a connection of its own. */
const mostWatches = 8

/** Either a connection string, for a pool of its own, or the host's `Pool`, which stays open. */
export type PostgresStorageOptions = PostgresTuning &
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
    clock = systemClock(),
  } = options
  if (pool === undefined && (typeof url !== 'string' || url === '')) {
    throw new SightlineError('INVALID_CONFIG', 'postgresStorage needs the `url` of a database, or a `pool`.')
  }
  const dialect = postgresDialect(checkTablePrefix(tablePrefix))
  const closesPool = pool === undefined
  const engine = postgresEngine({
    dialect,
    openPool: async () => pool ?? openPool(options, timeoutMs),
    closesPool,
    timeoutMs,
    preparesStatements,
    clock,
    random: Math.random,
  })
  const feed = postgresFeed({
    dialect,
    read: engine.read,
    // Apart, so that what listens takes no connection from what reads and writes.
    openPool: async () => pool ?? openPool({ ...options, maxConnections: mostWatches }, timeoutMs),
    closesPool,
    clock,
    random: Math.random,
  })
  return sqlStorage({ name: 'postgres', engine, clock, newEpoch: () => crypto.randomUUID(), feed })
}

const openPool = async ({ url, maxConnections = 10 }: PostgresStorageOptions, timeoutMs: number): Promise<PostgresPool> => {
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
