import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type Clock, type StorageDriver, systemClock } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { checkTablePrefix, defaultTablePrefix } from '../dialect.ts'
import { sqlStorage } from '../sql-storage.ts'
import type { SqliteSource } from './sqlite-connection.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { sqliteEngine } from './sqlite-engine.ts'

interface SqliteTuning {
  /** Begins every table's name: several stores in one database. @default 'sightline_' */
  readonly tablePrefix?: string
  /** How long a call waits for another process's lock before it rejects with `UNAVAILABLE`. @default 5_000 */
  readonly busyTimeoutMs?: number
  /**
   * Least time between two transactions. What is written meanwhile shares one, which saves CPU and disk at the price of so much delay;
   * 0 makes one of what came in during one turn of the event loop. @default 0
   */
  readonly commitIntervalMs?: number
  /** @default the system's */
  readonly clock?: Clock
}

/** Either a file, which is opened and closed, or a connection of the host's, which is used as it is and left open. */
export type SqliteStorageOptions = SqliteTuning &
  (
    | {
        /** Path of the database, made with its directories where it is not there; `:memory:` lives as long as the driver. */
        readonly file: string
        /**
         * What is acknowledged survives the death of the process in any case; with `full` also a power failure, with `normal` all but the
         * last moments before one. @default 'full'
         */
        readonly synchronous?: 'full' | 'normal'
        readonly database?: never
      }
    | { readonly database: DatabaseSync; readonly file?: never; readonly synchronous?: never }
  )

/**
 * Storage in an SQLite file, through Node's own `node:sqlite`: the embedded default. Several processes of one machine may share the file.
 *
 * @example
 * const sightline = createSightline({ ...config, storage: sqliteStorage({ file: './data/sightline.db' }) })
 *
 * @throws `INVALID_CONFIG` for a table prefix that is no plain name.
 */
export const sqliteStorage = (options: SqliteStorageOptions): StorageDriver => {
  const { tablePrefix = defaultTablePrefix, busyTimeoutMs = 5_000, commitIntervalMs = 0, clock = systemClock() } = options
  const engine = sqliteEngine({
    dialect: sqliteDialect(checkTablePrefix(tablePrefix), { isShared: options.database !== undefined }),
    source: toSource(options),
    where: whereOf(options),
    busyTimeoutMs,
    commitIntervalMs,
    clock,
  })
  return sqlStorage({ name: 'sqlite', engine, clock, newEpoch: () => crypto.randomUUID() })
}

const toSource = ({ file, database, synchronous = 'full' }: SqliteStorageOptions): SqliteSource => {
  if (database !== undefined) return { database }
  if (typeof file !== 'string' || file === '') {
    throw new SightlineError('INVALID_CONFIG', 'sqliteStorage needs the path of a `file`, or an open `database`.')
  }
  // Resolved now: the process may change its directory before the file is opened again.
  return { file: file === ':memory:' ? file : resolve(file), synchronous }
}

const whereOf = ({ file, database }: SqliteStorageOptions): string => {
  const place = database === undefined ? file : (database.location() ?? ':memory:')
  return place === ':memory:' ? 'SQLite in memory' : `SQLite at ${place}`
}
