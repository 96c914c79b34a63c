import { type CallDocument, pointsOf, type StoredPoint } from './sample-documents.ts'

/** A point and the call it is in. */
export interface PlacedPoint {
  readonly at: number
  readonly series: string
  readonly values: StoredPoint[2]
  readonly call: CallDocument
}

interface Wanted {
  /** null for every series. */
  readonly series: ReadonlySet<string> | null
  readonly from: number
  readonly to: number
}

/**
 * The points of the calls by time, then by series; of one series and time that of the first call by id alone. The calls come in the order of
 * their `from`, so that what is before the next one's can be handed over without waiting for the end.
 */
export async function* mergePoints(calls: AsyncIterable<CallDocument>, wanted: Wanted): AsyncGenerator<PlacedPoint> {
  let held: PlacedPoint[] = []
  for await (const call of calls) {
    if (held.length > 0 && call.from > (held[0] as PlacedPoint).at) {
      const end = held.findIndex(({ at }) => at >= call.from)
      const ready = end === -1 ? held : held.slice(0, end)
      held = end === -1 ? [] : held.slice(end)
      yield* firsts(ready)
    }
    for (const [place, at, values] of pointsOf(call)) {
      const series = call.series[place] as string
      if (at < wanted.from || at >= wanted.to || (wanted.series !== null && !wanted.series.has(series))) continue
      held.push({ at, series, values, call })
    }
    // So that the next call's time can be compared with the earliest that is held.
    held.sort(comparePoints)
  }
  yield* firsts(held)
}

function* firsts(points: readonly PlacedPoint[]): Generator<PlacedPoint> {
  for (const [index, point] of points.entries()) {
    const before = points[index - 1]
    if (before === undefined || before.at !== point.at || before.series !== point.series) yield point
  }
}

const comparePoints = (a: PlacedPoint, b: PlacedPoint): number =>
  a.at - b.at || compareTexts(a.series, b.series) || compareTexts(a.call._id, b.call._id)

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
