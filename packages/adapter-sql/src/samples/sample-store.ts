import { checkLimit, checkName, checkNumber } from '@sightline/core/driver'
import { type Bucket, compareBytes, type Point, type SampleStore, type Series, type Span } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { SqlDialect } from '../dialect.ts'
import { ownWrites } from '../own-writes.ts'
import { deleteOldRows } from '../partitions/delete-old-rows.ts'
import { dropOldestPartition } from '../partitions/drop-partitions.ts'
import type { StoredValues } from '../schema.ts'
import { prepareRows, runOnce, runRows, type Script } from '../statement.ts'
import type { StoreAccess } from '../store-access.ts'
import { toStoredText } from '../stored-text.ts'
import { appendKnown } from './append-known.ts'
import { deleteOldest } from './delete-oldest.ts'
import { listPoints } from './list-points.ts'
import { createValuesEncoder } from './sample-values.ts'
import {
  checkSeries,
  findSeriesById,
  holdSeries,
  listSeries,
  type SeriesMemory,
  type SeriesStatements,
  seriesKey,
  seriesMemory,
  seriesStatements,
} from './series.ts'

export const sqlSamples = (access: StoreAccess): SampleStore => {
  const { dialect, queue, read, readBehind, transact, generation } = access
  const statements = { ...sampleStatements(dialect), series: seriesStatements(dialect) }
  const memory = seriesMemory(ownWrites(dialect.changeCounter, generation))

  const points = queue.lane(function* (requests: readonly (readonly Point[])[]) {
    yield* appendPoints(
      { dialect, statements, memory },
      requests.length === 1 ? (requests[0] as readonly Point[]) : requests.flat(),
    )
    return requests.map(() => undefined)
  })

  const buckets = queue.lane(function* (requests: readonly (readonly Bucket[])[]) {
    yield* putBuckets(statements, requests.flat())
    return requests.map(() => undefined)
  })

  return {
    append: async (added) => {
      for (const point of added) checkPoint(point)
      if (added.length > 0) await points.submit(added, added.length)
    },

    points: async (span, page) => {
      checkLimit(page.limit)
      return readBehind(() => listPoints(dialect, statements.series, { span, page }))
    },

    buckets: async (span) => readBehind(() => listBuckets(dialect, statements.series, span)),

    putBuckets: async (put) => {
      for (const { series, resolutionMs, start } of put) {
        checkSeries(series)
        checkNumber('The resolution of a bucket', resolutionMs)
        checkNumber('The start of a bucket', start)
      }
      // Copied now: the caller may reuse the bytes while they wait for their turn.
      if (put.length > 0)
        await buckets.submit(
          put.map((each) => ({ ...each, stats: each.stats.slice() })),
          put.length,
        )
    },

    series: async (page) => {
      checkLimit(page.limit)
      return read(() => listSeries(dialect, page))
    },

    prune: async (request) => {
      checkLimit(request.limit)
      if (!dialect.isPartitioned) return transact(() => deleteOldest(dialect, request))
      return request.resolutionMs === 0 ? prunePoints(access, request) : transact(() => pruneBuckets(dialect, request))
    },
  }
}

interface NewSample {
  readonly series: number
  readonly at: number
  readonly data: StoredValues
}

interface NewBucket {
  readonly resolutionMs: number
  readonly series: number
  readonly start: number
  readonly stats: Uint8Array
}

const sampleStatements = ({ queries, rowsPerStatement }: SqlDialect) => ({
  insertSamples: prepareRows(rowsPerStatement, (samples: readonly NewSample[]) =>
    queries
      .insertInto('samples')
      .values(samples.map(({ series, at, data }) => ({ series, at, data })))
      .onConflict((conflict) => conflict.columns(['series', 'at']).doNothing()),
  ),

  putBuckets: prepareRows(rowsPerStatement, (buckets: readonly NewBucket[]) =>
    queries
      .insertInto('buckets')
      .values(buckets.map(({ resolutionMs, series, start, stats }) => ({ resolution_ms: resolutionMs, series, start, stats })))
      .onConflict((conflict) =>
        conflict.columns(['resolution_ms', 'series', 'start']).doUpdateSet((eb) => ({ stats: eb.ref('excluded.stats') })),
      ),
  ),
})

type SampleStatements = ReturnType<typeof sampleStatements> & { readonly series: SeriesStatements }

interface Appending {
  readonly dialect: SqlDialect
  readonly statements: SampleStatements
  readonly memory: SeriesMemory
}

function* appendPoints({ dialect, statements, memory }: Appending, points: readonly Point[]): Script<void> {
  const left = dialect.takesArrays ? yield* appendKnown(dialect, points) : points
  if (left.length === 0) return
  const known = yield* memory.recall()
  const unknown = new Map<string, Series>()
  const keys = left.map(({ series }) => {
    const key = seriesKey(series)
    if (!known.has(key)) unknown.set(key, series)
    return key
  })
  const ids = yield* holdSeries(statements.series, known, unknown)
  const encode = createValuesEncoder(dialect)
  // Of two points of one moment the first stays: the statement sees to that.
  const rows = left.map(({ at, values }, index) => ({
    series: ids.get(keys[index] as string) as number,
    at,
    data: encode(values),
  }))
  yield* runRows(statements.insertSamples, rows)
}

function* putBuckets(statements: SampleStatements, buckets: readonly Bucket[]): Script<void> {
  const series = new Map(buckets.map((bucket) => [seriesKey(bucket.series), bucket.series]))
  // Without a memory: what points of the same transaction have made must not be remembered before it is committed.
  const ids = yield* holdSeries(statements.series, new Map(), series)
  const rows = new Map<string, NewBucket>()
  for (const { series: of, resolutionMs, start, stats } of buckets) {
    const id = ids.get(seriesKey(of)) as number
    rows.set(`${resolutionMs}/${id}@${start}`, { resolutionMs, series: id, start, stats })
  }
  yield* runRows(statements.putBuckets, [...rows.values()])
}

function* listBuckets(
  { queries }: SqlDialect,
  statements: SeriesStatements,
  { series, from, to, resolutionMs }: Span & { readonly resolutionMs: number },
): Script<readonly Bucket[]> {
  const byId = yield* findSeriesById(statements, series)
  if (byId.size === 0) return []
  const rows = yield* runOnce(
    queries
      .selectFrom('buckets as b')
      .select(['b.series', 'b.start', 'b.stats'])
      .where('b.resolution_ms', '=', resolutionMs)
      .where('b.series', 'in', [...byId.keys()])
      .where('b.start', '>=', from)
      .where('b.start', '<', to)
      .orderBy('b.start'),
  )
  return inOrder(rows, byId).map((row) => ({
    series: byId.get(row.series) as Series,
    resolutionMs,
    start: row.start,
    stats: row.stats,
  }))
}

/** By start, then by series: the bytes need not go through the database's sorting. Of one series they are so already. */
const inOrder = <Row extends { readonly series: number; readonly start: number }>(
  rows: readonly Row[],
  byId: ReadonlyMap<number, Series>,
): readonly Row[] => {
  if (byId.size < 2) return rows
  const names = [...byId].map(([id, { team, service, region }]) => ({ id, name: [team, service, region].map(toStoredText) }))
  names.sort((a, b) => {
    const place = a.name.findIndex((part, index) => part !== b.name[index])
    return place === -1 ? 0 : compareBytes(a.name[place] as string, b.name[place] as string)
  })
  const ranks = new Map(names.map(({ id }, rank) => [id, rank]))
  return rows.toSorted((a, b) => a.start - b.start || (ranks.get(a.series) as number) - (ranks.get(b.series) as number))
}

interface PruneRequest {
  readonly resolutionMs: number
  readonly before: number
  readonly limit: number
}

/** Points go one by one, or a partition at a time, which counts as `limit`. */
const prunePoints = async (access: StoreAccess, { before, limit }: PruneRequest): Promise<number> => {
  if ((await dropOldestPartition({ access, table: 'samples', before })) !== null) return limit
  return access.transact(() => deleteOldRows(access.dialect, { table: 'samples', key: ['series', 'at'], before, limit }))
}

function* pruneBuckets({ queries }: SqlDialect, { resolutionMs, before, limit }: PruneRequest): Script<number> {
  const doomed = queries
    .selectFrom('buckets')
    .select(['series', 'start'])
    .where('resolution_ms', '=', resolutionMs)
    .where('start', '<', before)
    .orderBy('start')
    .limit(limit)
  const deleted = yield* runOnce(
    queries
      .deleteFrom('buckets')
      .where('resolution_ms', '=', resolutionMs)
      .where(({ refTuple }) => refTuple('series', 'start'), 'in', doomed.$asTuple('series', 'start'))
      .returning('series'),
  )
  return deleted.length
}

const checkPoint = ({ series, at, values }: Point): void => {
  checkSeries(series)
  checkNumber(`A point's time`, at)
  for (const name in values) {
    checkName('the name of a value', name)
    const value = values[name] as number
    if (!Number.isFinite(value)) {
      throw new SightlineError('INVALID_INPUT', `The value '${name}' must be a finite number, not ${value}.`)
    }
  }
}
