import { checkFence, checkKey, checkLimit, checkNumber, fromCursor, teamOf, toCursor, toPage } from '@sightline/core/driver'
import type { Head, Page, PageRequest, Scope, Snapshot, SnapshotKey, SnapshotStore, Version } from '@sightline/core/ports'
import { insertMissing, pieces } from '../bulk.ts'
import { keyRange } from '../key-text.ts'
import { meaningOf } from '../mongo-error.ts'
import type { MongoCollections, StoreAccess } from '../store-access.ts'
import { listHistory } from './list-history.ts'
import { pruneHistory } from './prune-history.ts'
import { replaceSnapshots } from './replace-snapshots.ts'
import {
  type EntryDocument,
  entryId,
  isLatest,
  keyTextOf,
  type LatestDocument,
  toEntry,
  toHead,
  toSnapshot,
} from './snapshot-documents.ts'
import { targetMemory } from './target-memory.ts'

export const mongoSnapshots = ({ collections, now, newEpoch }: StoreAccess): SnapshotStore => {
  const memory = targetMemory()
  return {
    load: async (keys) => {
      keys.forEach(checkKey)
      const found = await loadLatest(collections(), keys)
      return keys
        .map((key) => found.get(keyTextOf(key)) ?? null)
        .map((document) => (isLatest(document) ? toSnapshot(document) : null))
    },

    heads: async (scope, page) => {
      checkLimit(page.limit)
      return listHeads(collections(), scope, page)
    },

    replace: async (writes) => {
      for (const { key, fence, at } of writes) {
        checkKey(key)
        checkFence(fence)
        checkNumber('The time of a change', at)
      }
      return replaceSnapshots({ collections: collections(), memory, now, newEpoch }, writes)
    },

    raiseFence: async (keys, fence) => {
      keys.forEach(checkKey)
      checkFence(fence)
      for (const key of keys) await raiseFence(collections(), key, fence)
    },

    history: async (key, query) => {
      checkKey(key)
      checkLimit(query.limit)
      return listHistory(collections(), keyTextOf(key), query)
    },

    revisions: async (key, versions) => {
      checkKey(key)
      return loadRevisions(collections(), keyTextOf(key), versions)
    },

    remove: async (keys) => {
      keys.forEach(checkKey)
      for (const key of keys) {
        memory.forget(keyTextOf(key))
        await removeSnapshot(collections(), keyTextOf(key), now())
      }
    },

    prune: async (request) => {
      checkLimit(request.limit)
      return pruneHistory(collections(), request)
    },
  }
}

const loadLatest = async (
  { latest }: Pick<MongoCollections, 'latest'>,
  keys: readonly SnapshotKey[],
): Promise<ReadonlyMap<string, LatestDocument>> => {
  const found = new Map<string, LatestDocument>()
  for (const piece of pieces([...new Set(keys.map(keyTextOf))])) {
    for (const document of await latest.find({ key: { $in: [...piece] } }).toArray()) found.set(document.key, document)
  }
  return found
}

const listHeads = async (
  { latest }: Pick<MongoCollections, 'latest'>,
  scope: Scope,
  { limit, cursor }: PageRequest,
): Promise<Page<Head>> => {
  const team = teamOf(scope)
  const listing = `heads ${team ?? '*'}`
  const [after] = fromCursor<[string]>(listing, cursor) ?? []
  const range = team === null ? null : keyRange(team)
  const from = after === undefined ? (range === null ? {} : { $gte: range.from }) : { $gt: after }
  const documents = await latest
    .find({ key: { ...from, ...(range === null ? { $exists: true } : { $lt: range.to }) }, revision: { $gt: 0 } })
    .project<LatestDocument>({ key: 1, team: 1, api: 1, source: 1, epoch: 1, revision: 1, removedAt: 1 })
    .sort({ key: 1 })
    .limit(limit + 1)
    .toArray()
  const { items, next } = toPage(documents, limit, ({ key }) => toCursor(listing, [key]))
  return { items: items.map(toHead), next }
}

const raiseFence = async ({ latest }: Pick<MongoCollections, 'latest'>, key: SnapshotKey, fence: number): Promise<void> => {
  const text = keyTextOf(key)
  const fresh = { _id: text, team: key.team, api: key.api, source: key.region, epoch: '', era: 0, revision: 0, removedAt: null }
  const update = { $max: { fence }, $setOnInsert: fresh as unknown as Partial<LatestDocument> }
  for (let tries = 0; ; tries++) {
    try {
      await latest.updateOne({ key: text }, update, { upsert: true })
      return
    } catch (thrown) {
      // Two made it at once: now it is there.
      if (meaningOf(thrown) !== 'duplicate' || tries === 3) throw thrown
    }
  }
}

const loadRevisions = async (
  { latest, history }: Pick<MongoCollections, 'latest' | 'history'>,
  key: string,
  versions: readonly Version[],
): Promise<readonly (Snapshot | null)[]> => {
  const found = new Map<string, EntryDocument>()
  // First, because what is in it may not be in the history yet, and will be before it is written over.
  const document = versions.length === 0 ? null : await latest.findOne({ key })
  if (isLatest(document)) found.set(entryId(key, document.epoch, document.revision), toEntry(document))
  for (const piece of pieces([...new Set(versions.map(({ epoch }) => epoch))], 100)) {
    const revisions = versions.filter(({ epoch }) => piece.includes(epoch)).map(({ revision }) => revision)
    const entries = await history.find({ key, epoch: { $in: [...piece] }, revision: { $in: [...new Set(revisions)] } }).toArray()
    for (const entry of entries) found.set(entryId(key, entry.epoch, entry.revision), entry)
  }
  return versions
    .map(({ epoch, revision }) => found.get(entryId(key, epoch, revision)))
    .map((entry) => (entry === undefined ? null : toSnapshot(entry)))
}

const removeSnapshot = async (
  { latest, history }: Pick<MongoCollections, 'latest' | 'history'>,
  key: string,
  at: number,
): Promise<void> => {
  while (true) {
    const document = await latest.findOne({ key })
    if (!isLatest(document)) return
    await insertMissing(history, [toEntry(document)])
    const { matchedCount } = await latest.updateOne(
      { key, epoch: document.epoch, revision: document.revision, removedAt: null },
      { $set: { removedAt: at, changedAt: at }, $unset: { data: '', text: '' } },
    )
    if (matchedCount === 1) return
  }
}
