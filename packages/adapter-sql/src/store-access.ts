import type { SqlDialect } from './dialect.ts'
import type { SqlEngine } from './engine.ts'
import type { WriteQueue } from './write-queue.ts'

/** What the stores of one driver share. Its calls reject with `UNAVAILABLE` before `connect` and after `close`. */
export interface StoreAccess extends Pick<SqlEngine, 'read' | 'transact' | 'now' | 'generation'> {
  readonly dialect: SqlDialect
  readonly queue: WriteQueue
  /** Of what nothing is decided on: may be answered by a replica, a little behind. */
  readonly readBehind: SqlEngine['read']
  /** Never the same string twice. */
  newEpoch(): string
}
