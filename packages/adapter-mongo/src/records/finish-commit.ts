import type { RecordState } from '@sightline/core/driver'
import type { Write } from '@sightline/core/ports'
import { insertMissing } from '../bulk.ts'
import { meaningOf } from '../mongo-error.ts'
import type { StoreAccess } from '../store-access.ts'
import { fromStoredText } from '../stored-json.ts'
import { type CarriedInsert, type RecordDocument, recordId, standIn, toDocument, toRecord } from './record-document.ts'
import { findHolder } from './unique-values.ts'

/** Stores what follows the record's last write, then has the record forget it. Any number of processes may do it at once, or one again. */
export const finishCommit = async (
  access: StoreAccess,
  { store, team, id, version }: Pick<RecordState, 'store' | 'team' | 'id' | 'version'>,
  carried: readonly CarriedInsert[],
): Promise<void> => {
  if (carried.length === 0) return
  const byStore = Map.groupBy(carried, (insert) => insert.store)
  await Promise.all([...byStore].map(([into, inserts]) => insertFollowers(access, into, inserts)))
  await access
    .collections()
    .records(store)
    .updateOne({ _id: recordId({ team, id }), epoch: version.epoch, revision: version.revision }, {
      $unset: { then: '', thenAt: '' },
    } as object)
}

const insertFollowers = async (access: StoreAccess, store: string, inserts: readonly CarriedInsert[]): Promise<void> => {
  const plan = access.plan(store)
  const records = access.collections().records(store)
  const documents = inserts.map((insert) => toDocument(plan, toState(access, insert), access.now()))
  const refused = await insertMissing(records, documents)
  for (const place of refused) {
    const insert = inserts[place] as CarriedInsert
    const document = documents[place] as RecordDocument
    if ((await records.findOne({ _id: document._id }, { projection: { _id: 1 } })) === null) {
      await insertBesideHolder(access, toWrite(insert), document)
    }
  }
}

/**
 * Its id is free, so a unique value of it is taken: by a dead record, which gives it up, or by a live one that came after the commit was
 * decided. That one keeps it, and the follower is written all the same, because what it follows is there.
 */
const insertBesideHolder = async (access: StoreAccess, write: Write, document: RecordDocument): Promise<void> => {
  const records = access.collections().records(write.store)
  const holder = await findHolder(access, write)
  const unique = Object.fromEntries(Object.keys(document.unique).map((field) => [field, standIn(document)]))
  try {
    await records.insertOne(holder === null ? document : { ...document, unique })
  } catch (thrown) {
    if (meaningOf(thrown) !== 'duplicate') throw thrown
    if (holder === null) await insertMissing(records, [{ ...document, unique }])
  }
}

/** The commits that processes died before finishing; how many were finished. One whose followers' collection is not in the plan is left alone. */
export const recoverCommits = async (access: StoreAccess, store: string): Promise<number> => {
  const begun = await access
    .collections()
    .records(store)
    .find({ thenAt: { $gt: 0 } })
    .toArray()
  let finished = 0
  for (const document of begun) {
    const carried = document.then ?? []
    if (!carried.every((insert) => isPlanned(access, insert.store))) continue
    await finishCommit(access, toRecord(store, document), carried)
    finished++
  }
  return finished
}

const isPlanned = ({ plan }: StoreAccess, store: string): boolean => {
  try {
    plan(store)
    return true
  } catch {
    return false
  }
}

const toWrite = ({ store, team, id, writeId, at, value }: CarriedInsert): Write => ({
  store,
  team,
  id,
  writeId: fromStoredText(writeId),
  at,
  value: JSON.parse(value) as unknown,
  expected: null,
})

const toState = ({ plan, newEpoch }: StoreAccess, { store, team, id, writeId, at, value }: CarriedInsert): RecordState => {
  const own = fromStoredText(writeId)
  return {
    store,
    team,
    id,
    version: { epoch: newEpoch(), revision: 1 },
    at,
    text: value,
    endsAt: plan(store).expiresAt?.(JSON.parse(value) as never) ?? null,
    writes: { first: own, recent: [own] },
  }
}
