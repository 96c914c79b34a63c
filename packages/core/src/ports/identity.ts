/**
 * JSON text. A driver returns the very characters it was given: no engine's own idea of keys, numbers or strings
 * leaks in (`$` and dotted keys, NUL, lone surrogates, `__proto__`, `1e21`, `-0` and duplicate keys all survive).
 */
export type Json = string

/** Comes from the session, never from a payload. Every read takes one; every key and event carries its team. */
export type Scope = { readonly team: string } | 'system'

/**
 * The identity of one revision of one record. Only storage assigns revisions; they start at 1 and grow by one within
 * an epoch. A new epoch (an opaque, never repeated string) begins at first insert, at re-insert after a delete, and
 * at restore from a backup. Versions of two epochs cannot be ordered.
 */
export interface Version {
  readonly epoch: string
  readonly revision: number
}

/** What a record is called and which revision it has, without its body. A tombstone keeps its head, `deleted` set. */
export interface Head {
  readonly id: string
  readonly team: string
  readonly version: Version
  readonly deleted?: true
}

/** One page of a listing. It may be short, even empty, while `next` is set; the listing ends where `next` is null. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/**
 * Asks for a page. `limit` is at least 1; a driver may return fewer. `cursor` is a `next` of the same listing: opaque,
 * valid across processes and while records are written. A record that exists throughout a listing, its place in the
 * order unchanged, is listed exactly once, however many are written or removed meanwhile. A cursor the driver did not make rejects with `INVALID_INPUT`.
 */
export interface PageRequest {
  readonly limit: number
  readonly cursor?: string
}

/**
 * The answer to one write. A lost race is a value, never a rejection:
 * - `conflict`: `expected` was not the record's version when the write was decided; `current` is what stands there.
 * - `duplicate`: another record holds one of the unique values; `current` is that record.
 * - `fenced`: the write's fence is below the record's; `current` is what stands there.
 *
 * A rejection (`UNAVAILABLE`, `TIMEOUT`) leaves the outcome unknown: repeat with the same `writeId`.
 */
export type Outcome<R> =
  | { readonly ok: true; readonly record: R }
  | { readonly ok: false; readonly reason: 'conflict' | 'duplicate' | 'fenced'; readonly current: R | null }
