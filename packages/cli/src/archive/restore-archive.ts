import { SightlineError } from '@sightline/core'
import type { CollectionDefinition, Point, SnapshotWrite, StorageDriver, Version } from '@sightline/core/ports'
import type { BucketLine, ContentLine, LineCounts, LogLine, PointLine, RecordLine, SnapshotLine } from './archive-line.ts'
import { type ContentChecksum, contentChecksum } from './content-checksum.ts'
import { findForeign } from './find-foreign.ts'
import { lastingAt } from './lasting-lines.ts'
import { readArchive, verifyArchive } from './read-archive.ts'
import { readStore } from './read-store.ts'
import type { ArchiveSummary } from './write-archive.ts'

export interface RestoreOptions {
  /** Connected, and empty but for what an earlier, interrupted restore of the same archive brought. */
  readonly storage: StorageDriver
  readonly collections: readonly CollectionDefinition<never>[]
  readonly file: string
  onProgress?(progress: { readonly counts: LineCounts; readonly of: LineCounts }): void
}

const BATCH = 200
const BATCH_CHARACTERS = 1_000_000

const foreign = (what: string): SightlineError =>
  new SightlineError('CONFLICT', `The store holds another ${what} than the archive: restore into an empty one.`)

const unexpected = (what: string): SightlineError =>
  new SightlineError('CONFLICT', `The store holds what the archive does not (${what}): restore into an empty one.`)

/** What becomes of lines of one kind, a batch at a time, in the archive's order. */
interface Writers {
  snapshots(lines: readonly SnapshotLine[]): Promise<void>
  records(lines: readonly RecordLine[]): Promise<void>
}

const writersFor = (storage: StorageDriver): Writers => {
  /** The target being restored: entries so far, which are its revisions, and how many of them were there already. */
  let target: {
    readonly id: string
    count: number
    readonly there: number
    head: Version | null
    readonly hash: string | null
  } | null = null

  const begin = async ({ key }: SnapshotLine): Promise<NonNullable<typeof target>> => {
    const id = JSON.stringify([key.team, key.api, key.region])
    if (target?.id === id) return target
    // Of one that was removed again, the history is there still.
    const [newest = null] = (await storage.snapshots.history(key, { limit: 1 })).items
    target = {
      id,
      count: 0,
      there: newest?.version.revision ?? 0,
      head: newest?.version ?? null,
      hash: newest?.hash ?? null,
    }
    return target
  }

  const snapshots: Writers['snapshots'] = async (lines) => {
    const [first] = lines
    if (first === undefined) return
    const at = await begin(first)
    const missing: SnapshotWrite[] = []
    for (const line of lines) {
      at.count++
      if (at.count > at.there) missing.push(toWrite(line, at.count))
      else if (at.count === at.there && line.hash !== at.hash) throw foreign(`history of ${line.key.api} in ${line.key.region}`)
    }
    // The first revision names the epoch that the others are written in.
    const begins = at.head === null ? missing.shift() : undefined
    if (begins !== undefined) at.head = await writeFirst(storage, begins)
    const rest = missing
    if (rest.length === 0 || at.head === null) return
    const { epoch, revision } = at.head
    const outcomes = await storage.snapshots.replace(
      rest.map((write, index) => ({ ...write, expected: { epoch, revision: revision + index } })),
    )
    if (outcomes.some(({ ok }) => !ok)) throw foreign(`history of ${first.key.api} in ${first.key.region}`)
    at.head = { epoch, revision: revision + rest.length }
  }

  const records: Writers['records'] = async (lines) => {
    const outcomes = await storage.commit(
      lines.map(({ store, team, id, at, value }) => ({
        write: { store, id, team, expected: null, writeId: `restore ${store} ${team} ${id}`, at, value },
        then: [],
      })),
    )
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.ok) continue
      const { store, id, value } = lines[index] as RecordLine
      if (JSON.stringify(outcome.current?.value) !== JSON.stringify(value)) throw foreign(`record ${id} of ${store}`)
    }
  }

  return { snapshots, records }
}

/** The same document may be there twice, also of one moment: the revision tells the writes apart. */
const toWrite = ({ key, at, body, hash, fence, detector }: SnapshotLine, revision: number): SnapshotWrite => ({
  key,
  at,
  body,
  hash,
  fence,
  detector,
  expected: null,
  writeId: `restore ${revision} ${at} ${hash}`,
})

const writeFirst = async (storage: StorageDriver, write: SnapshotWrite): Promise<Version> => {
  const [outcome] = await storage.snapshots.replace([write])
  if (outcome?.ok !== true) throw foreign(`document of ${write.key.api} in ${write.key.region}`)
  return outcome.record.version
}

const toPoint = ({ series, at, values }: PointLine): Point => ({ series, at, values })
const toBucket = ({ series, resolutionMs, start, stats }: BucketLine) => ({
  series,
  resolutionMs,
  start,
  stats: new Uint8Array(Buffer.from(stats, 'base64')),
})

/** Lines that are written together: of one kind, and of one target, store or team. */
const groupOf = (line: ContentLine): string => {
  if (line.kind === 'snapshot' || line.kind === 'removed')
    return JSON.stringify([line.kind, line.key.team, line.key.api, line.key.region])
  if (line.kind === 'log') return JSON.stringify([line.kind, line.team])
  return line.kind
}

const lengthOf = (line: ContentLine): number => (line.kind === 'snapshot' ? line.body.length : 200)

/** Records that are about to expire may do so between two readings. */
const SOON_MS = 86_400_000

/**
 * Fills an empty store of any kind from an archive, and compares the two by checksum. Every target begins a new epoch there. An interrupted
 * restore is gone on with by another: what is there already is left alone. Records that have expired since the backup are not there again.
 *
 * @throws SightlineError before anything is written: `INCOMPATIBLE` for a damaged archive, `CONFLICT` where the store holds other content;
 * `INVALID_INPUT` for a collection that is not in the plan
 */
export const restore = async (options: RestoreOptions): Promise<ArchiveSummary> => {
  const { storage, collections, file, onProgress } = options
  const { counts: of, checksum } = await verifyArchive(file)
  const found = await findForeign(options)
  if (found !== null) throw unexpected(found)
  const writers = writersFor(storage)
  const done: Partial<Record<ContentLine['kind'], number>> = {}

  const flush = async (lines: readonly ContentLine[]): Promise<void> => {
    const [first] = lines
    if (first === undefined) return
    if (first.kind === 'snapshot') await writers.snapshots(lines as readonly SnapshotLine[])
    else if (first.kind === 'removed') await storage.snapshots.remove([first.key])
    else if (first.kind === 'record') await writers.records(lines as readonly RecordLine[])
    else if (first.kind === 'point') await storage.samples.append((lines as readonly PointLine[]).map(toPoint))
    else if (first.kind === 'bucket') await storage.samples.putBuckets((lines as readonly BucketLine[]).map(toBucket))
    else
      await storage.logs.append(
        { team: first.team },
        (lines as readonly LogLine[]).map(({ entry }) => entry),
      )
    done[first.kind] = (done[first.kind] ?? 0) + lines.length
    onProgress?.({ counts: done, of })
  }

  let batch: ContentLine[] = []
  let characters = 0
  for await (const line of readArchive(file)) {
    const [first] = batch
    const isFull = batch.length >= BATCH || characters >= BATCH_CHARACTERS
    if (first !== undefined && (isFull || groupOf(first) !== groupOf(line))) {
      await flush(batch)
      batch = []
      characters = 0
    }
    batch.push(line)
    characters += lengthOf(line)
  }
  await flush(batch)

  const stored = await checksumOf(storage, collections)
  if (stored.checksum === checksum) return stored
  const { serverTime } = await storage.ping()
  const isLasting = lastingAt(collections, serverTime + SOON_MS)
  if ((await sumOf(linesIn(storage, collections), isLasting)).text !== (await sumOf(readArchive(file), isLasting)).text)
    throw foreign('content')
  return stored
}

/** The content of a store in one number: equal where the content is, whatever the storage. */
export const checksumOf = async (
  storage: StorageDriver,
  collections: readonly CollectionDefinition<never>[],
): Promise<ArchiveSummary> => {
  const { counts, text } = await sumOf(linesIn(storage, collections), () => true)
  return { counts, checksum: text }
}

async function* linesIn(
  storage: StorageDriver,
  collections: readonly CollectionDefinition<never>[],
): AsyncGenerator<ContentLine> {
  for await (const { lines } of readStore(storage, collections)) yield* lines
}

const sumOf = async (lines: AsyncIterable<ContentLine>, isCounted: (line: ContentLine) => boolean): Promise<ContentChecksum> => {
  const checksum = contentChecksum()
  for await (const line of lines) if (isCounted(line)) checksum.add(line)
  return checksum
}
