import { type Path, pathsOf } from '@sightline/core/driver'
import type { CollectionPlan } from '@sightline/core/ports'
import type { Collection, IndexDescription } from 'mongodb'
import { meaningOf } from '../mongo-error.ts'
import { keyFields, nameField, pathField, type RecordDocument, standIn, uniqueFields } from './record-document.ts'

/** The indexes of a collection of records: two of each path (within a team, and across all), one of each unique value. */
export const recordIndexes = (plan: CollectionPlan): IndexDescription[] => [
  { key: { team: 1, _id: 1 }, name: 'team' },
  { key: { id: 1 }, name: 'id' },
  { key: { endsAt: 1 }, name: 'ends' },
  { key: { thenAt: 1 }, name: 'then', sparse: true },
  { key: { changedAt: 1 }, name: 'changed' },
  // Only tidies up: nothing depends on when, or whether, the server does.
  { key: { expires: 1 }, name: 'expires', expireAfterSeconds: 0 },
  ...pathsOf(plan).flatMap((path) => pathIndexes(pathField(path))),
  ...Object.keys(plan.unique ?? {}).map((name) => ({
    key: { [`unique.${nameField(name)}`]: 1 as const },
    name: `unique ${nameField(name)}`,
    unique: true,
    // A process that does not know the value yet writes no such field.
    sparse: true,
  })),
]

const pathIndexes = (field: string): IndexDescription[] => [
  { key: { team: 1, [`keys.${field}`]: 1, _id: 1 }, name: `team, ${field}` },
  { key: { [`keys.${field}`]: 1, _id: 1 }, name: `all, ${field}` },
]

/** Gives the records that were written before an index or a unique value was planned what they lack. */
export const fillRecords = async (records: Collection<RecordDocument>, plan: CollectionPlan): Promise<void> => {
  for (const path of pathsOf(plan)) await fillPath(records, plan, path)
  for (const name of Object.keys(plan.unique ?? {})) await fillUnique(records, plan, nameField(name))
}

const fillPath = async (records: Collection<RecordDocument>, plan: CollectionPlan, path: Path): Promise<void> => {
  const field = pathField(path)
  const lacking = { [`keys.${field}`]: null, value: { $ne: null } } as object
  for await (const document of records.find(lacking)) {
    const text = keyFields(plan, JSON.parse(document.value ?? 'null'))[field]
    await records.updateOne(asRead(document), { $set: { [`keys.${field}`]: text } } as object)
  }
}

/** Of records that share a value already, the first keeps it. */
const fillUnique = async (records: Collection<RecordDocument>, plan: CollectionPlan, field: string): Promise<void> => {
  for await (const document of records.find({ [`unique.${field}`]: null } as object)) {
    const { team, id, value } = document
    const set = (text: string | undefined): Promise<unknown> =>
      records.updateOne(asRead(document), { $set: { [`unique.${field}`]: text } } as object)
    try {
      await set(uniqueFields(plan, { team, id, value: value === null ? null : JSON.parse(value) })[field])
    } catch (thrown) {
      if (meaningOf(thrown) !== 'duplicate') throw thrown
      await set(standIn(document))
    }
  }
}

/** One that was written meanwhile has been given what it lacked by its writer. */
const asRead = ({ _id, epoch, revision }: RecordDocument): object => ({ _id, epoch, revision })
