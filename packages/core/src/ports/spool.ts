import type { Json } from './identity.ts'

/**
 * Local append-only file for what must outlive the process while storage is away. One process at a time; every failure rejects with a
 * `SightlineError`: `TOO_LARGE` where it is full, `CONFLICT` where another process has it, `UNAVAILABLE` where it cannot be written.
 */
export interface Spool {
  /** Resolves once the line would survive the process. Lines stay in the order of the calls. */
  append(line: Json): Promise<void>
  /** Oldest first. What was cut off in the middle of being written is left out. */
  read(): AsyncIterable<Json>
  /** Drops the first `count` lines. */
  trim(count: number): Promise<void>
  /** Gives it up to the next process; what is in it stays. Idempotent. */
  close(): Promise<void>
}
