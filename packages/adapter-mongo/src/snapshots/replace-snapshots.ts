import { rememberWrite, repeatedRevision } from '@sightline/core/driver'
import type { Outcome, Snapshot, SnapshotWrite } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { AnyBulkWriteOperation } from 'mongodb'
import { insertMissing, pauseBefore, pieces } from '../bulk.ts'
import { duplicatesOf } from '../mongo-error.ts'
import type { MongoCollections } from '../store-access.ts'
import { toStoredText } from '../stored-json.ts'
import { decideReplace } from './decide-replace.ts'
import { type EntryDocument, isLatest, keyTextOf, type LatestDocument, toEntry, toLatest } from './snapshot-documents.ts'
import type { KnownTarget, TargetMemory } from './target-memory.ts'

interface ReplaceOptions {
  readonly collections: Pick<MongoCollections, 'latest' | 'history'>
  readonly memory: TargetMemory
  now(): number
  newEpoch(): string
}

/** In each round somebody's write wins, so that only very many racers make a write wait this long. */
const mostRounds = 200

/**
 * Decides the writes and stores what wins: the latest document by compare-and-set, then its history entry. Whoever finds a latest document
 * whose entry may not be stored yet stores it before writing over it, so that a writer who dies in between loses nothing.
 */
export const replaceSnapshots = async (
  options: ReplaceOptions,
  writes: readonly SnapshotWrite[],
): Promise<readonly Outcome<Snapshot>[]> => {
  const outcomes: Outcome<Snapshot>[] = []
  let waiting = writes.map((write, place) => ({ write, key: keyTextOf(write.key), place }))
  while (waiting.length > 0) {
    // Several writes of one target are decided one after another, those of different ones together.
    const taken = new Set<string>()
    const together = waiting.filter(({ key }) => !taken.has(key) && taken.add(key))
    const chosen = new Set(together)
    waiting = waiting.filter((write) => !chosen.has(write))
    for (const piece of pieces(together, 500)) await replaceTogether(options, piece, outcomes)
  }
  return outcomes
}

interface Placed {
  readonly write: SnapshotWrite
  readonly key: string
  readonly place: number
}

/** A write on its way: the document it makes, and the operation that stores it if nothing came in between. */
interface Attempt extends Placed {
  readonly document: LatestDocument
  readonly operation: AnyBulkWriteOperation<LatestDocument>
}

const replaceTogether = async (
  options: ReplaceOptions,
  writes: readonly Placed[],
  outcomes: Outcome<Snapshot>[],
): Promise<void> => {
  const { collections, memory } = options
  let open = writes
  for (let round = 0; open.length > 0; round++) {
    if (round === mostRounds) throw new SightlineError('UNAVAILABLE', 'Too many writers meet at one target; nothing was written.')
    await pauseBefore(round)
    const attempts: Attempt[] = []
    const unknown: Placed[] = []
    for (const placed of open) {
      const known = round === 0 ? memory.get(placed.key) : undefined
      // Over a version whose entry is stored: without a look at what is there.
      if (known !== undefined && isOver(known, placed.write)) attempts.push(overStored(placed, known, options))
      else unknown.push(placed)
    }
    if (unknown.length > 0) attempts.push(...(await decideOnStored(options, unknown, outcomes)))
    if (attempts.length === 0) return
    const won = await compareAndSet(collections, attempts)
    await insertMissing(
      collections.history,
      won.map(({ document }) => toEntry(document)),
    )
    for (const { key, place, document, write } of won) {
      memory.put(key, document)
      outcomes[place] = { ok: true, record: toRecord(write, document) }
    }
    const settled = new Set(won.map(({ place }) => place))
    open = attempts.filter(({ place }) => !settled.has(place))
    for (const { key } of open) memory.forget(key)
  }
}

const isOver = (known: KnownTarget, { expected, writeId }: SnapshotWrite): boolean =>
  expected !== null &&
  expected.epoch === known.epoch &&
  expected.revision === known.revision &&
  repeatedRevision(known.revision, known, toStoredText(writeId)) === null

const toRecord = ({ expected: _, ...rest }: SnapshotWrite, { epoch, revision, since }: LatestDocument): Snapshot => ({
  ...rest,
  version: { epoch, revision },
  createdAt: since,
})

/** Sets the fields, and takes away of the body what the new one does not have. */
const replacing = (fields: Partial<LatestDocument>): { readonly $set: object; readonly $unset?: object } => {
  const gone = [...('data' in fields ? [] : ['data']), ...('text' in fields ? [] : ['text'])]
  return gone.length === 0 ? { $set: fields } : { $set: fields, $unset: Object.fromEntries(gone.map((name) => [name, ''])) }
}

const decideOnStored = async (
  options: ReplaceOptions,
  writes: readonly Placed[],
  outcomes: Outcome<Snapshot>[],
): Promise<readonly Attempt[]> => {
  const {
    collections: { latest, history },
    now,
    newEpoch,
  } = options
  const found = new Map(
    (await latest.find({ key: { $in: writes.map(({ key }) => key) } }).toArray()).map((document) => [document.key, document]),
  )
  // Whether it is answered or written over: from now on its entry is in the history.
  await insertMissing(history, [...found.values()].filter(isLatest).map(toEntry))
  const attempts: Attempt[] = []
  for (const placed of writes) {
    const decision = decideReplace(found.get(placed.key) ?? null, placed.write)
    if (decision.kind === 'answered') outcomes[placed.place] = decision.outcome
    else if (decision.over === null) attempts.push(await asFirst(placed, history, { epoch: newEpoch(), now: now() }))
    else attempts.push(overStored(placed, decision.over, options))
  }
  return attempts
}

/** A target that nothing is stored of. One that was forgotten may still have a history, whose eras this one follows. */
const asFirst = async (
  placed: Placed,
  history: MongoCollections['history'],
  { epoch, now }: { readonly epoch: string; readonly now: number },
): Promise<Attempt> => {
  const { write, key } = placed
  const last = await history.findOne<Pick<EntryDocument, 'era'>>({ key }, { sort: { era: -1 }, projection: { era: 1 } })
  const writeId = toStoredText(write.writeId)
  const document = toLatest(
    write,
    { epoch, era: (last?.era ?? 0) + 1, revision: 1, since: write.at },
    { first: writeId, recent: [writeId], now },
  )
  // The driver adds an id of its own to what has none; ours makes racers meet even where the index on `key` is still being built.
  const operation = { insertOne: { document: { _id: key, ...document } } }
  return { ...placed, document, operation: operation as unknown as AnyBulkWriteOperation<LatestDocument> }
}

const overStored = (placed: Placed, over: KnownTarget, { newEpoch, now }: Pick<ReplaceOptions, 'newEpoch' | 'now'>): Attempt => {
  const { write, key } = placed
  const writeId = toStoredText(write.writeId)
  const isSameEpoch = over.revision > 0 && over.removedAt === null
  const document = isSameEpoch
    ? toLatest(
        write,
        { epoch: over.epoch, era: over.era, revision: over.revision + 1, since: over.since },
        { ...rememberWrite(over, writeId), now: now() },
      )
    : toLatest(
        write,
        { epoch: newEpoch(), era: over.era + 1, revision: 1, since: write.at },
        { first: writeId, recent: [writeId], now: now() },
      )
  const filter = { key, epoch: over.epoch, revision: over.revision, removedAt: over.removedAt, fence: { $lte: write.fence } }
  const operation = { updateOne: { filter, update: replacing(document) } }
  return { ...placed, document, operation: operation as AnyBulkWriteOperation<LatestDocument> }
}

/** Those that surely won. Where not all did, the others decide again on what is there: a write of theirs that is there after all is a repeat. */
const compareAndSet = async (
  { latest }: Pick<MongoCollections, 'latest'>,
  attempts: readonly Attempt[],
): Promise<readonly Attempt[]> => {
  const operations = attempts.map(({ operation }) => operation)
  try {
    const { matchedCount, insertedCount } = await latest.bulkWrite(operations, { ordered: false })
    return matchedCount + insertedCount === attempts.length ? attempts : []
  } catch (thrown) {
    if (duplicatesOf(thrown) === null) throw thrown
    return []
  }
}
