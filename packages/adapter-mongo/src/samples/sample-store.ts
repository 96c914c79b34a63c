import { checkLimit, checkName, checkNumber, fromCursor, toCursor, toPage } from '@sightline/core/driver'
import type { Bucket, Page, PageRequest, Point, SampleStore, Series, Span } from '@sightline/core/ports'
import type { AnyBulkWriteOperation } from 'mongodb'
import { insertMissing, pieces } from '../bulk.ts'
import { duplicatesOf } from '../mongo-error.ts'
import type { MongoCollections, StoreAccess } from '../store-access.ts'
import { mergePoints, type PlacedPoint } from './merge-points.ts'
import { pruneCalls } from './prune-calls.ts'
import { type BucketDocument, bucketId, type CallDocument, mostSpanMs, seriesText, toCall, toSeries } from './sample-documents.ts'

export const mongoSamples = ({ collections, now }: StoreAccess): SampleStore => {
  const nextId = callIds(now)
  return sampleStore(collections, nextId, knownSeries(collections))
}

/** Beyond so many they are forgotten, which costs one write when they come again. */
const mostKnown = 100_000

/** Makes sure that series are listed, which costs nothing for those that this process has seen. */
const knownSeries = (collections: StoreAccess['collections']): ((series: readonly Series[]) => Promise<void>) => {
  const known = new Set<string>()
  return async (series) => {
    const fresh = [...new Set(series.map(seriesText))].filter((text) => !known.has(text))
    for (const piece of pieces(fresh)) {
      await insertMissing(
        collections().series,
        piece.map((_id) => ({ _id })),
      )
    }
    if (known.size + fresh.length > mostKnown) known.clear()
    for (const text of fresh) known.add(text)
  }
}

/** Ids that grow, also where the clock stands or steps back; those of two processes differ. */
const callIds = (now: () => number): (() => string) => {
  const own = crypto.randomUUID().slice(0, 13)
  let last = 0
  return () => {
    last = Math.max(last + 1, Math.floor(now()) * 1_000)
    return `${last.toString(36).padStart(11, '0')}-${own}`
  }
}

const sampleStore = (
  collections: StoreAccess['collections'],
  nextId: () => string,
  enlist: (series: readonly Series[]) => Promise<void>,
): SampleStore => ({
  append: async (points) => {
    points.forEach(checkPoint)
    const { calls } = collections()
    await enlist(points.map(({ series }) => series))
    if (points.length > 0) await insertMissing(calls, [toCall(points, nextId())])
  },

  points: async (span, page) => {
    checkLimit(page.limit)
    return listPoints(collections(), span, page)
  },

  series: async ({ limit, cursor }) => {
    checkLimit(limit)
    const after = fromCursor<[string]>('series', cursor)
    const found = await collections()
      .series.find(after === null ? {} : { _id: { $gt: after[0] } })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .toArray()
    const { items, next } = toPage(found, limit, ({ _id }) => toCursor('series', [_id]))
    return { items: items.map(({ _id }) => toSeries(_id)), next }
  },

  buckets: async ({ series, from, to, resolutionMs }) => {
    const { buckets } = collections()
    const known = new Map(series.map((each) => [seriesText(each), each]))
    const found: Bucket[] = []
    for (const piece of pieces([...known.keys()])) {
      const documents = await buckets
        .find({ series: { $in: [...piece] }, resolutionMs, start: { $gte: from, $lt: to } })
        .toArray()
      for (const { series: text, start, stats } of documents) {
        found.push({ series: known.get(text) as Series, resolutionMs, start, stats: Uint8Array.from(stats) })
      }
    }
    return found.sort((a, b) => a.start - b.start)
  },

  putBuckets: async (buckets) => {
    for (const { series, resolutionMs, start } of buckets) {
      checkSeries(series)
      checkNumber(`A bucket's resolution`, resolutionMs)
      checkNumber(`A bucket's start`, start)
    }
    const { buckets: stored } = collections()
    await enlist(buckets.map(({ series }) => series))
    // Of two of one place the last stays.
    const operations = [...new Map(buckets.map((bucket) => [bucketId(bucket), toOperation(bucket)])).values()]
    for (const piece of pieces(operations)) await putAll(stored, piece)
  },

  prune: async (request) => {
    checkLimit(request.limit)
    return request.resolutionMs === 0 ? pruneCalls(collections(), request) : pruneBuckets(collections(), request)
  },
})

const toOperation = (bucket: Bucket): AnyBulkWriteOperation<BucketDocument> => {
  const { series, resolutionMs, start, stats } = bucket
  const replacement = { series: seriesText(series), resolutionMs, start, stats: stats.slice() }
  return { replaceOne: { filter: { _id: bucketId(bucket) }, replacement, upsert: true } }
}

const putAll = async (
  stored: MongoCollections['buckets'],
  operations: readonly AnyBulkWriteOperation<BucketDocument>[],
): Promise<void> => {
  let open = operations
  for (let tries = 0; open.length > 0; tries++) {
    try {
      await stored.bulkWrite(open, { ordered: false })
      return
    } catch (thrown) {
      // Two made one bucket at once: now it is there to be replaced.
      const refused = duplicatesOf(thrown)
      if (refused === null || tries === 3) throw thrown
      open = open.filter((_, place) => refused.has(place))
    }
  }
}

const listPoints = async (
  { calls }: Pick<MongoCollections, 'calls'>,
  { series, from, to }: Span,
  { limit, cursor }: PageRequest,
): Promise<Page<Point>> => {
  const known = new Map(series.map((each) => [seriesText(each), each]))
  const texts = [...known.keys()].sort()
  const listing = `points ${from} ${to} ${texts.join('  ')}`
  const after = fromCursor<[number, string]>(listing, cursor)
  const start = after === null ? from : after[0]
  const isNext = ({ at, series: text }: PlacedPoint): boolean =>
    after === null || at > after[0] || (at === after[0] && text > after[1])
  const found: PlacedPoint[] = []
  if (texts.length > 0) {
    const wanted = { series: new Set(texts), from: start, to }
    for await (const point of mergePoints(callsOf(calls, { texts, from: start, to }), wanted)) {
      if (isNext(point)) found.push(point)
      if (found.length > limit) break
    }
  }
  const { items, next } = toPage(found, limit, (last) => toCursor(listing, [last.at, last.series]))
  return {
    items: items.map(({ series: text, at, values }) => ({ series: known.get(text) as Series, at, values })),
    next,
  }
}

interface CallQuery {
  readonly texts: readonly string[]
  readonly from: number
  readonly to: number
}

/** By `from`. The wide ones are few (what was brought in from elsewhere) and are looked for over all time. */
async function* callsOf(calls: MongoCollections['calls'], { texts, from, to }: CallQuery): AsyncGenerator<CallDocument> {
  const ofSeries = { series: { $in: [...texts] } }
  const wide = await calls
    .find({ ...ofSeries, wide: true, from: { $lt: to }, to: { $gte: from } })
    .sort({ from: 1 })
    .toArray()
  const narrow = calls
    .find({ ...ofSeries, wide: false, from: { $gte: from - mostSpanMs, $lt: to }, to: { $gte: from } })
    .sort({ from: 1 })
  let place = 0
  for await (const call of narrow) {
    for (; place < wide.length && (wide[place] as CallDocument).from <= call.from; place++) yield wide[place] as CallDocument
    yield call
  }
  yield* wide.slice(place)
}

interface PruneRequest {
  readonly resolutionMs: number
  readonly before: number
  readonly limit: number
}

const pruneBuckets = async (
  { buckets }: Pick<MongoCollections, 'buckets'>,
  { resolutionMs, before, limit }: PruneRequest,
): Promise<number> => {
  const doomed = await buckets
    .find({ resolutionMs, start: { $lt: before } })
    .project<{ readonly _id: string }>({ _id: 1 })
    .sort({ start: 1 })
    .limit(limit)
    .toArray()
  let deleted = 0
  for (const piece of pieces(doomed.map(({ _id }) => _id))) {
    deleted += (await buckets.deleteMany({ _id: { $in: [...piece] } })).deletedCount
  }
  return deleted
}

const checkSeries = ({ team, service, region }: Series): void => {
  checkName('team', team)
  checkName('service', service)
  checkName('region', region)
}

const checkPoint = ({ series, at, values }: Point): void => {
  checkSeries(series)
  checkNumber(`A point's time`, at)
  for (const [name, value] of Object.entries(values)) {
    checkName('the name of a value', name)
    checkNumber(`The value '${name}'`, value)
  }
}
