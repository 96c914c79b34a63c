import type { MongoCollections } from '../store-access.ts'
import { mergePoints } from './merge-points.ts'
import { type CallDocument, pointsOf, remaining } from './sample-documents.ts'

interface PruneRequest {
  readonly before: number
  readonly limit: number
}

/** Deletes the oldest points, and the calls that have none left. Points of one series and time count as one. */
export const pruneCalls = async (
  { calls }: Pick<MongoCollections, 'calls'>,
  { before, limit }: PruneRequest,
): Promise<number> => {
  const read = new Map<string, CallDocument>()
  const candidates = async function* (): AsyncGenerator<CallDocument> {
    for await (const call of calls.find({ from: { $lt: before } }).sort({ from: 1 })) {
      read.set(call._id, call)
      yield call
    }
  }
  const doomed = new Set<string>()
  for await (const { at, series } of mergePoints(candidates(), { series: null, from: Number.NEGATIVE_INFINITY, to: before })) {
    doomed.add(`${at} ${series}`)
    if (doomed.size === limit) break
  }
  for (const call of read.values()) {
    const points = pointsOf(call)
    const kept = points.filter(([place, at]) => !doomed.has(`${at} ${call.series[place]}`))
    if (kept.length === points.length) continue
    // As it was read: another process may be pruning too.
    const same = { _id: call._id, points: call.points }
    if (kept.length === 0) await calls.deleteOne(same)
    else await calls.replaceOne(same, remaining(call, kept))
  }
  return doomed.size
}
