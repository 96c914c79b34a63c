import type { StoragePlan } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { Collection, Document, IndexDescription } from 'mongodb'
import { pauseBefore } from './bulk.ts'
import { meaningOf } from './mongo-error.ts'
import { fillRecords, recordIndexes } from './records/index-records.ts'
import { adoptSnapshots } from './snapshots/adopt-snapshots.ts'
import type { MongoCollections } from './store-access.ts'

/** The version of these documents. */
const schema = 1

/**
 * Makes ready what is missing and records the format. Any number of processes may at once: every step is one that may be done again.
 *
 * @throws `INCOMPATIBLE` where the documents or the format are too new.
 */
export const prepareStore = async (collections: MongoCollections, { collections: plans, format }: StoragePlan): Promise<void> => {
  await checkFacts(collections, format)
  // Before the unique index, because what is adopted has no key yet.
  await adoptSnapshots(collections)
  await Promise.all([
    makeIndexes(collections.latest, latestIndexes),
    makeIndexes(collections.history, historyIndexes),
    makeIndexes(collections.calls, callIndexes),
    makeIndexes(collections.buckets, bucketIndexes),
    makeIndexes(collections.lines, lineIndexes),
    ...plans.map(async (plan) => {
      const records = collections.records(plan.name)
      await makeIndexes(records, recordIndexes(plan))
      await fillRecords(records, plan)
    }),
  ])
  await raiseFact(collections, 'schema', schema)
  await raiseFact(collections, 'format', format.writes)
}

const latestIndexes: readonly IndexDescription[] = [
  { key: { key: 1 }, name: 'key', unique: true },
  { key: { changedAt: 1 }, name: 'changed' },
  { key: { removedAt: 1 }, name: 'removed' },
]
const historyIndexes: readonly IndexDescription[] = [
  { key: { key: 1, era: -1, revision: -1 }, name: 'target' },
  { key: { at: 1 }, name: 'at' },
]
const callIndexes: readonly IndexDescription[] = [
  { key: { series: 1, wide: 1, from: 1 }, name: 'series' },
  { key: { from: 1 }, name: 'from' },
]
const bucketIndexes: readonly IndexDescription[] = [
  { key: { series: 1, resolutionMs: 1, start: 1 }, name: 'series' },
  { key: { resolutionMs: 1, start: 1 }, name: 'start' },
]
const lineIndexes: readonly IndexDescription[] = [
  { key: { team: 1, at: -1, _id: -1 }, name: 'team' },
  { key: { team: 1, service: 1, at: -1, _id: -1 }, name: 'service' },
  { key: { team: 1, terms: 1, at: -1, _id: -1 }, name: 'terms' },
  { key: { at: -1, _id: -1 }, name: 'at' },
]

/** Another process is making the same one: https://www.mongodb.com/docs/manual/core/index-creation/ */
const inTheMaking = new Set([48, 117, 276, 12586, 12587])

const makeIndexes = async <D extends Document>(
  collection: Collection<D>,
  indexes: readonly IndexDescription[],
): Promise<void> => {
  for (let tries = 0; ; tries++) {
    try {
      await collection.createIndexes([...indexes])
      return
    } catch (thrown) {
      const { code } = thrown as { readonly code?: unknown }
      if (tries === 20 || typeof code !== 'number' || !inTheMaking.has(code)) throw thrown
      await pauseBefore(10 + tries)
    }
  }
}

const checkFacts = async ({ facts }: MongoCollections, format: StoragePlan['format']): Promise<void> => {
  const stored = new Map((await facts.find().toArray()).map(({ _id, value }) => [_id, value]))
  const storedSchema = stored.get('schema') ?? 0
  if (storedSchema > schema) {
    throw new SightlineError(
      'INCOMPATIBLE',
      `The documents of the store have version ${storedSchema}; this software knows up to ${schema}. Upgrade it.`,
    )
  }
  const storedFormat = stored.get('format') ?? 0
  if (storedFormat > format.reads) {
    throw new SightlineError(
      'INCOMPATIBLE',
      `The store has format ${storedFormat}; this software reads up to ${format.reads}. Upgrade it.`,
    )
  }
}

const raiseFact = async ({ facts }: MongoCollections, name: string, value: number): Promise<void> => {
  for (let tries = 0; ; tries++) {
    try {
      await facts.updateOne({ _id: name }, { $max: { value } }, { upsert: true })
      return
    } catch (thrown) {
      // Two recorded it at once.
      if (meaningOf(thrown) !== 'duplicate' || tries === 3) throw thrown
    }
  }
}
