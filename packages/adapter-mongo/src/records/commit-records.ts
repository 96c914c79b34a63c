import { decideRecord, type RecordState, rememberedWrites, toStored } from '@sightline/core/driver'
import type { CollectionPlan, Commit, Outcome, Stored, Write } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { UpdateFilter } from 'mongodb'
import { pauseBefore } from '../bulk.ts'
import { meaningOf } from '../mongo-error.ts'
import type { StoreAccess } from '../store-access.ts'
import { toStoredText } from '../stored-json.ts'
import { finishCommit } from './finish-commit.ts'
import { type CarriedInsert, type RecordDocument, recordId, toDocument, toRecord } from './record-document.ts'
import { findHolder, heldFields } from './unique-values.ts'

/** In each round somebody's write wins, so that only very many racers make a write wait this long. */
const mostRounds = 200

/** Writes one commit: the record by compare-and-set with what follows in it, then what follows, then the record without it. */
export const commitRecord = async (access: StoreAccess, { write, then }: Commit): Promise<Outcome<Stored<unknown>>> => {
  const plan = access.plan(write.store)
  const carried = then.map(toCarried)
  // What cannot be refused any more once the record is written is found out before.
  const mayBeRefused = then.some((insert) => heldFields(access.plan(insert.store), insert).length > 0)
  if (!mayBeRefused) {
    const outcome = await writeUnseen(access, { write, plan, carried })
    if (outcome !== null) return outcome
  }
  for (let round = 0; round < mostRounds; round++) {
    await pauseBefore(round)
    const outcome = await writeOverStored(access, { write, then, plan, carried })
    if (outcome !== null) return outcome
  }
  throw new SightlineError('UNAVAILABLE', `Too many writers meet at one record of ${write.store}; nothing was written.`)
}

interface WriteRequest {
  readonly write: Write
  readonly plan: CollectionPlan
  readonly carried: readonly CarriedInsert[]
}

/** Writes as if the record stood where the write expects it; null where it does not, or another holds a unique value. */
const writeUnseen = async (
  access: StoreAccess,
  { write, plan, carried }: WriteRequest,
): Promise<Outcome<Stored<unknown>> | null> => {
  const { expected } = write
  const decision = decideRecord({
    record: expected === null ? undefined : assumed(write, expected),
    write,
    now: access.now(),
    expiresAt: (value) => plan.expiresAt?.(value as never) ?? null,
    newEpoch: access.newEpoch,
  })
  if (decision.kind !== 'write') return null
  const isStored = await store(access, { plan, next: decision.next, carried, over: expected === null ? null : 'expected' })
  if (!isStored) return null
  await finishCommit(access, decision.next, carried)
  return { ok: true, record: toStored(decision.next) }
}

/** The record that a write with an expected version is over, as far as deciding it needs one. */
const assumed = (write: Write, version: NonNullable<Write['expected']>): RecordState => ({
  store: write.store,
  team: write.team,
  id: write.id,
  version,
  at: 0,
  text: 'null',
  endsAt: null,
  writes: { first: '', recent: [] },
})

const writeOverStored = async (
  access: StoreAccess,
  { write, then, plan, carried }: WriteRequest & Pick<Commit, 'then'>,
): Promise<Outcome<Stored<unknown>> | null> => {
  const records = access.collections().records(write.store)
  const document = await records.findOne({ _id: recordId(write) })
  const record = document === null ? undefined : toRecord(write.store, document)
  // Nobody writes over what a dead process left half done.
  if (document?.then !== undefined && record !== undefined) await finishCommit(access, record, document.then)
  const now = access.now()
  const decision = decideRecord({
    record,
    write,
    now,
    expiresAt: (value) => plan.expiresAt?.(value as never) ?? null,
    newEpoch: access.newEpoch,
  })
  if (decision.kind === 'repeated') return { ok: true, record: decision.record }
  if (decision.kind === 'conflict') return lost('conflict', decision.live)
  for (const next of [write, ...then]) {
    if (next.deleted === true || (next !== write && (await isThere(access, next)))) continue
    const holder = await findHolder(access, next)
    if (holder !== null) return lost('duplicate', holder)
  }
  if (!(await store(access, { plan, next: decision.next, carried, over: document }))) return null
  await finishCommit(access, decision.next, carried)
  return { ok: true, record: toStored(decision.next) }
}

const lost = (reason: 'conflict' | 'duplicate', current: RecordState | null): Outcome<Stored<unknown>> => ({
  ok: false,
  reason,
  current: current === null ? null : toStored(current),
})

const isThere = async ({ collections }: StoreAccess, { store, team, id }: Write): Promise<boolean> =>
  (await collections()
    .records(store)
    .findOne({ _id: recordId({ team, id }) }, { projection: { _id: 1 } })) !== null

interface StoreRequest {
  readonly plan: CollectionPlan
  readonly next: RecordState
  readonly carried: readonly CarriedInsert[]
  /** What it is written over: a document as it was read, the version before `next`'s unseen, or nothing. */
  readonly over: RecordDocument | 'expected' | null
}

/** One write of one document; false where something came in between, or a unique value is held. */
const store = async (access: StoreAccess, { plan, next, carried, over }: StoreRequest): Promise<boolean> => {
  const records = access.collections().records(next.store)
  const document = toDocument(plan, next, access.now())
  const withThen = carried.length === 0 ? document : { ...document, then: carried, thenAt: access.now() }
  try {
    if (over === null) {
      await records.insertOne(withThen)
      return true
    }
    const { _id, ...fields } = withThen
    if (over !== 'expected') {
      const { matchedCount } = await records.updateOne({ _id, epoch: over.epoch, revision: over.revision }, replacing(fields))
      return matchedCount === 1
    }
    const { first: _, recent: __, ...own } = fields
    const writeId = toStoredText(next.writes.recent.at(-1) as string)
    const { matchedCount } = await records.updateOne(
      {
        _id,
        epoch: next.version.epoch,
        revision: next.version.revision - 1,
        value: { $ne: null },
        thenAt: { $exists: false },
        // A repeat is answered, not written.
        first: { $ne: writeId },
        recent: { $ne: writeId },
        $or: [{ endsAt: null }, { endsAt: { $gt: access.now() } }],
      },
      {
        ...replacing(own),
        $push: { recent: { $each: [writeId], $slice: -rememberedWrites } },
      },
    )
    return matchedCount === 1
  } catch (thrown) {
    if (meaningOf(thrown) === 'duplicate') return false
    throw thrown
  }
}

const replacing = (fields: Partial<RecordDocument>): UpdateFilter<RecordDocument> =>
  fields.then === undefined ? { $set: fields, $unset: { then: '', thenAt: '' } } : { $set: fields }

const toCarried = ({ store: into, team, id, writeId, at, value }: Write): CarriedInsert => ({
  store: into,
  team,
  id,
  writeId: toStoredText(writeId),
  at,
  value: JSON.stringify(value),
})
