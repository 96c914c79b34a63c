import { everyPage } from '@sightline/core/driver'
import type { CollectionDefinition, PageRequest, SnapshotKey, StorageDriver, Version } from '@sightline/core/ports'
import { fromSnapshotId } from '@sightline/core/ports'
import { type ContentLine, toSnapshotLine } from './archive-line.ts'
import { DOCUMENTS, entriesOf, LINES } from './store-pages.ts'

/** A part of a store's content, and where to go on after it. */
export interface ContentPart {
  readonly lines: AsyncIterable<ContentLine>
  /** What it is of, for who watches. */
  readonly label: string
  readonly next: string | null
}

type Section = (storage: StorageDriver, request: PageRequest) => Promise<ContentPart | null>

const RESOLUTIONS_MS = [60_000, 3_600_000, 86_400_000]

/** The revisions of each epoch that the history holds, the oldest epoch first. */
const findEpochs = async (
  storage: StorageDriver,
  key: SnapshotKey,
): Promise<readonly { epoch: string; from: number; to: number }[]> => {
  const epochs = new Map<string, { epoch: string; from: number; to: number }>()
  for await (const entries of everyPage(DOCUMENTS, (request) => storage.snapshots.history(key, request))) {
    for (const { version } of entries) {
      const { epoch, revision } = version
      const known = epochs.get(epoch)
      if (known === undefined) epochs.set(epoch, { epoch, from: revision, to: revision })
      else known.from = Math.min(known.from, revision)
    }
  }
  return [...epochs.values()].reverse()
}

async function* historyOf(storage: StorageDriver, key: SnapshotKey, isRemoved: boolean): AsyncGenerator<ContentLine> {
  for (const { epoch, from, to } of await findEpochs(storage, key)) {
    for (let first = from; first <= to; first += DOCUMENTS) {
      const versions: Version[] = []
      for (let revision = first; revision < first + DOCUMENTS && revision <= to; revision++) versions.push({ epoch, revision })
      for (const entry of await storage.snapshots.revisions(key, versions)) if (entry !== null) yield toSnapshotLine(entry)
    }
  }
  if (isRemoved) yield { kind: 'removed', key }
}

const snapshots: Section = async (storage, request) => {
  const { items, next } = await storage.snapshots.heads('system', { ...request, limit: 1 })
  const [head] = items
  if (head === undefined) return next === null ? null : { lines: none(), label: 'documents', next }
  const key = fromSnapshotId(head.team, head.id)
  return { lines: historyOf(storage, key, head.deleted === true), label: `${key.api} in ${key.region}`, next }
}

async function* none(): AsyncGenerator<ContentLine> {}

async function* every(lines: readonly ContentLine[]): AsyncGenerator<ContentLine> {
  yield* lines
}

const records =
  (definition: CollectionDefinition<never>): Section =>
  async (storage, request) => {
    const collection = storage.collection(definition)
    const { items, next } = await collection.heads('system', request)
    const byTeam = Map.groupBy(items, ({ team }) => team)
    const lines: ContentLine[] = []
    for (const [team, heads] of byTeam) {
      const found = await collection.load(
        { team },
        heads.map(({ id }) => id),
      )
      for (const record of found) {
        if (record === null) continue
        const { id, at, value } = record
        lines.push({ kind: 'record', store: definition.name, team, id, at, value })
      }
    }
    return { lines: every(lines), label: definition.name, next }
  }

const points: Section = async (storage, request) => {
  const { items, next } = await storage.samples.series({ ...request, limit: 1 })
  const [series] = items
  if (series === undefined) return next === null ? null : { lines: none(), label: 'samples', next }
  const span = { series: [series], from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER }
  const all = async function* (): AsyncGenerator<ContentLine> {
    for await (const point of entriesOf((asked) => storage.samples.points(span, asked), LINES)) yield { kind: 'point', ...point }
    for (const resolutionMs of RESOLUTIONS_MS) {
      for (const bucket of await storage.samples.buckets({ ...span, resolutionMs }))
        yield { kind: 'bucket', ...bucket, stats: Buffer.from(bucket.stats).toString('base64') }
    }
  }
  return { lines: all(), label: `samples of ${series.service} in ${series.region}`, next }
}

const logs: Section = async (storage, request) => {
  const { items, next } = await storage.logs.teams({ ...request, limit: 1 })
  const [team] = items
  if (team === undefined) return next === null ? null : { lines: none(), label: 'logs', next }
  const query = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER, budgetMs: 10_000 }
  const all = async function* (): AsyncGenerator<ContentLine> {
    for await (const entry of entriesOf((asked) => storage.logs.search({ team }, { ...query, ...asked }), LINES))
      yield { kind: 'log', team, entry }
  }
  return { lines: all(), label: `logs of ${team}`, next }
}

/** Where a reading stands: so many sections are done, and this is the cursor within the next. */
export interface ReadingPosition {
  readonly section: number
  readonly cursor: string | null
}

export interface ReadPart extends Omit<ContentPart, 'next'> {
  /** After this part; null at the end of everything. */
  readonly after: ReadingPosition | null
}

/** Leases belong to running processes. */
const isContent = ({ name }: { readonly name: string }): boolean => name !== 'core.leases'

/** Everything in a store, a target, a page of records, a series or a team at a time. Each part's lines are read before the next is asked for. */
export async function* readStore(
  storage: StorageDriver,
  collections: readonly CollectionDefinition<never>[],
  from: ReadingPosition = { section: 0, cursor: null },
): AsyncGenerator<ReadPart> {
  const sections: readonly Section[] = [snapshots, ...collections.filter(isContent).map(records), points, logs]
  let { cursor } = from
  for (let section = from.section; section < sections.length; section++) {
    const read = sections[section] as Section
    do {
      const part = await read(storage, { limit: LINES, ...(cursor === null ? {} : { cursor }) })
      if (part === null) break
      cursor = part.next
      const isOver = cursor === null && section === sections.length - 1
      yield {
        label: part.label,
        lines: part.lines,
        after: isOver ? null : cursor === null ? { section: section + 1, cursor } : { section, cursor },
      }
    } while (cursor !== null)
    cursor = null
  }
}
