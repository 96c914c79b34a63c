import type { Json } from './identity.ts'

/** Local append-only file for what must outlive the process while storage is away. */
export interface Spool {
  append(line: Json): Promise<void>
  read(): AsyncIterable<Json>
  /** Drops the first `count` lines. */
  trim(count: number): Promise<void>
}
