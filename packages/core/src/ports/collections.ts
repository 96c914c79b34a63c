import type { Head, Page, PageRequest, Scope, Version } from './identity.ts'

/** A record as stored: its head, when it was last written (ms), and its value. */
export interface Stored<T> extends Head {
  readonly at: number
  readonly value: T
}

/** Describes one kind of record. Plain data and pure functions: core computes with it, drivers store. */
export interface CollectionDefinition<T> {
  /** `<plugin>.<noun>`, lower case. */
  readonly name: string
  /** Loose: unknown fields survive a replace, so that two versions of the software can run side by side. */
  parse(raw: unknown): T
  /** Name → top-level fields that `list` may compare, in order. Values there are strings, numbers, booleans or absent. */
  readonly indexes: Readonly<Record<string, readonly string[]>>
  /**
   * Name → value that no two live records of a team share; null for none. Stored as a field under a plain unique index,
   * the record's own id standing in for null. Never a partial index.
   */
  readonly unique?: Readonly<Record<string, (value: T) => string | null>>
  /** ms since the Unix epoch, or null for never. An expired record is never returned, whether the engine has TTL or not. */
  expiresAt?(value: T): number | null
}

/** What a driver must know of a kind of record to store it; every `CollectionDefinition` is one. */
export type CollectionPlan = Omit<CollectionDefinition<never>, 'parse'>

/** Reads of one kind of record. Writes go through `StorageDriver.commit`. */
export interface Collection<T> {
  /**
   * In the order of `ids`; null where there is none, where it was deleted, has expired, or belongs to another team. Ids are unique
   * within a team; where several teams have one, `'system'` gets that of the first team by bytes.
   */
  load(scope: Scope, ids: readonly string[]): Promise<readonly (Stored<T> | null)[]>
  /** By an index's fields: `equals` on the leading ones, `range` (inclusive) on the next, then ordered by it and the id. */
  list(scope: Scope, query: IndexQuery): Promise<Page<Stored<T>>>
  /** Every head of the scope, tombstones included. */
  heads(scope: Scope, page: PageRequest): Promise<Page<Head>>
  /** Forgets at most `limit` tombstones and expired records older than `before`; returns how many. */
  prune(request: { readonly before: number; readonly limit: number }): Promise<number>
}

/** Strings order by their UTF-8 bytes, numbers by value, and an absent field before every present one. A `range` holds present ones only. */
export interface IndexQuery extends PageRequest {
  readonly index: string
  readonly equals: Readonly<Record<string, string | number | boolean>>
  readonly range?: { readonly from?: string | number; readonly to?: string | number }
  readonly order: 'asc' | 'desc'
}

/**
 * One write of one record. `expected` null inserts (a live record there is a `conflict`); a version replaces it.
 * A repeat of a `writeId` the record remembers (its insert's and its last eight) answers as the first did.
 * `deleted` writes a tombstone, one revision on, that keeps the head and frees the unique values; its `value` reads as null.
 * A deleted or expired record is no longer live: as `current` it is null, and what it held of unique values is free.
 */
export interface Write {
  readonly store: string
  readonly id: string
  readonly team: string
  readonly expected: Version | null
  readonly writeId: string
  readonly at: number
  readonly value: unknown
  readonly deleted?: true
}

/**
 * `write` decides and `then` follows: both, or neither, become visible to readers after `recover()`. What follows are
 * inserts whose ids nobody else uses; one that is there already was written by an earlier try and is left alone.
 */
export interface Commit {
  readonly write: Write
  readonly then: readonly (Write & { readonly expected: null })[]
}
