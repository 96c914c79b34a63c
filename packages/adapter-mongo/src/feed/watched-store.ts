import type { Head } from '@sightline/core/ports'
import type { Collection, Document } from 'mongodb'
import { toRecordHead } from '../records/record-document.ts'
import { toHead } from '../snapshots/snapshot-documents.ts'
import type { MongoCollections } from '../store-access.ts'

/** A store as its feed sees it: documents by their heads. */
export interface WatchedStore {
  readonly name: string
  /** Asked for anew at each use: the client it is of may be another by then. */
  collection(): Collection<Document>
  /** What a head is made of. */
  readonly fields: readonly string[]
  /** null for a document that shows nothing: a fence alone. */
  toHead(document: Document): Head | null
}

export const watchedStore = (collections: () => MongoCollections, name: string): WatchedStore =>
  name === 'snapshots'
    ? {
        name,
        collection: () => collections().latest as unknown as Collection<Document>,
        fields: ['team', 'api', 'source', 'epoch', 'revision', 'removedAt', 'changedAt'],
        toHead: (document) => (document.revision > 0 ? toHead(document as Parameters<typeof toHead>[0]) : null),
      }
    : {
        name,
        collection: () => collections().records(name) as unknown as Collection<Document>,
        fields: ['team', 'id', 'epoch', 'revision', 'deleted', 'changedAt'],
        toHead: (document) => toRecordHead(document as Parameters<typeof toRecordHead>[0]),
      }
