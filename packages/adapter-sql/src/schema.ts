import type { Generated } from 'kysely'

/**
 * The tables. Text is as `toStoredText` makes it; times are ms since the Unix epoch.
 *
 * A target's latest document is the entry of `history` that its row in `heads` points at, so that the two cannot disagree and a body is
 * written once. `heads` is apart from `targets` and narrow, because its rows change with every write and the page they are on with them.
 */
export interface Schema {
  /** Facts about the store itself: `schema` is the version of these tables, `format` that of `StoragePlan`. */
  store: { name: string; value: string }
  targets: { id: Generated<number>; team: string; api: string; source: string }
  heads: HeadTable
  /** A target's later epochs have greater ids. */
  epochs: { id: Generated<number>; target: number; epoch: string; created_at: number; first_write: string }
  history: HistoryTable
  series: { id: Generated<number>; team: string; service: string; region: string }
  samples: { series: number; at: number; data: StoredValues }
  buckets: { resolution_ms: number; series: number; start: number; stats: Uint8Array }
  logs: LogTable
  log_terms: { team: string; term: string; at: number; line: number }
  /** Only where `logs` is partitioned by time and cannot itself see to it that an id is there once. */
  log_ids: { team: string; id: string; at: number }
  /** The field lists that `record_keys` holds of a collection, and the names of its unique values. */
  collections: { name: string; paths: string; uniques: string }
  records: RecordTable
  /** Every index: a row for each record and each leading part of an index's fields. `path` names the collection and the fields. */
  record_keys: { path: string; team: string; key: Uint8Array; id: string }
  record_uniques: { path: string; team: string; value: string; id: string }
}

/** The values of a point: bytes, or text of JSON. SQLite keeps either in one column. */
export type StoredValues = string | Uint8Array

interface HeadTable {
  target: number
  /** null: never stored, or forgotten, but for the fence. */
  epoch: number | null
  revision: number
  fence: number
  /** null: it stands. */
  removed_at: number | null
  /** When the latest document was written: by it its entry is found in the one partition where it is. */
  at: number
  /** The writes that the epoch remembers, oldest first, as JSON of texts as stored. */
  recent: string
}

interface HistoryTable {
  epoch: number
  revision: number
  at: number
  write_id: string
  fence: number
  hash: string
  detector: string
  data: string
}

interface LogTable {
  seq: Generated<number>
  team: string
  id: string
  at: number
  service: string
  severity: number
  terms: string
  body: string
}

interface RecordTable {
  store: string
  team: string
  id: string
  epoch: string
  revision: number
  at: number
  /** null is a tombstone. */
  value: string | null
  /** When it was deleted, or when it expires. */
  ends_at: number | null
  /** The writes it remembers, as JSON. */
  writes: string
}

const tables: Readonly<Record<keyof Schema, true>> = {
  store: true,
  targets: true,
  heads: true,
  epochs: true,
  history: true,
  series: true,
  samples: true,
  buckets: true,
  logs: true,
  log_terms: true,
  log_ids: true,
  collections: true,
  records: true,
  record_keys: true,
  record_uniques: true,
}

/** Is it the name of one of the tables, without prefix? */
export const isTable = (name: string): name is keyof Schema => Object.hasOwn(tables, name)
