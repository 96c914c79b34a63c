import type { SqlDialect } from './dialect.ts'
import type { Script } from './statement.ts'

/**
 * Runs scripts in a database. Whatever fails rejects with a `SightlineError`. A script may be begun again from the start (another process
 * held a lock, the tables had to be made again), so it is given as what makes it.
 */
export interface SqlEngine extends OpenEngine {
  readonly dialect: SqlDialect
  /** Opens what is to be opened and runs `prepare` in it; again whenever the database turns out to be another one. */
  open(prepare: (engine: OpenEngine) => Promise<void>): Promise<void>
  /** A real round trip: the server's clock, ms since the Unix epoch. */
  ping(): Promise<number>
  /** The server's clock as well as it is known without asking. */
  now(): number
  /** Grows whenever the database may have become another one, which no `changeCounter` of a new connection tells. */
  generation(): number
  /** Calls when the next transaction may begin: after this turn of the event loop, or once the database had time to breathe. */
  schedule(flush: () => void): void
  /** Idempotent; closes only what it opened. */
  close(): Promise<void>
}

/** What can be done with an open engine. */
export interface OpenEngine {
  /** In a transaction; resolves when it is as durable as it is to be. */
  transact<T>(script: () => Script<T>): Promise<T>
  /** Sees what was committed; on SQLite all of it as of one moment. */
  read<T>(script: () => Script<T>): Promise<T>
}
