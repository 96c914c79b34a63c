import type { CollectionPlan } from '@sightline/core/ports'
import type { Collection } from 'mongodb'
import type { LineDocument } from './logs/line-document.ts'
import type { RecordDocument } from './records/record-document.ts'
import type { BucketDocument, CallDocument } from './samples/sample-documents.ts'
import type { EntryDocument, LatestDocument } from './snapshots/snapshot-documents.ts'

/** The store's own facts: `format` is that of `StoragePlan`, `schema` the version of these documents. */
export interface FactDocument {
  readonly _id: string
  readonly value: number
}

/** The collections, reading and writing so that nothing acknowledged rolls back. */
export interface MongoCollections {
  readonly latest: Collection<LatestDocument>
  readonly history: Collection<EntryDocument>
  readonly facts: Collection<FactDocument>
  readonly calls: Collection<CallDocument>
  readonly buckets: Collection<BucketDocument>
  /** Every series that anything was stored of, by `seriesText`. */
  readonly series: Collection<{ readonly _id: string }>
  readonly lines: Collection<LineDocument>
  records(store: string): Collection<RecordDocument>
}

/** What the stores of one driver share. `collections` throws `UNAVAILABLE` before `connect` and after `close`. */
export interface StoreAccess {
  collections(): MongoCollections
  /** Throws `INVALID_INPUT` for a collection that `connect` was not told of. */
  plan(store: string): CollectionPlan
  /** The server's clock as well as it is known without asking, ms since the Unix epoch. */
  now(): number
  /** Never the same string twice. */
  newEpoch(): string
}
