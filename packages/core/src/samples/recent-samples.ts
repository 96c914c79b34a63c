import type { Sample } from '../domain/sample.ts'
import type { Point, Series } from '../ports/samples.ts'
import { everyPage } from '../storage/every-page.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { toSample } from './admit-sample.ts'
import { seriesKey } from './recent-points.ts'

export interface RecentSamplesOptions {
  readonly link: Pick<StorageLink, 'run'>
  series(): Promise<readonly Series[]>
  unsaved(from: number, to: number): readonly Point[]
}

const PAGE = 500
/** What one query may ask about. */
const SERIES_IN_QUERY = 30_000

/** Everybody's samples of a span, in the order of their time. */
export const createRecentSamples = ({ link, series, unsaved }: RecentSamplesOptions) =>
  async function* recent({ from, to }: { readonly from: number; readonly to: number }): AsyncGenerator<Sample, void, undefined> {
    // Before storage is asked: what is stored meanwhile must not be missing from both.
    const waiting = unsaved(from, to).toSorted((a, b) => a.at - b.at)
    const waitingKeys = new Set(waiting.map(pointKey))
    const known = (await series()).slice(0, SERIES_IN_QUERY)
    let next = 0
    for await (const points of everyPage(PAGE, (page) =>
      link.run((driver) => driver.samples.points({ series: known, from, to }, page)),
    )) {
      for (const point of points) {
        for (let held = waiting[next]; held !== undefined && held.at < point.at; held = waiting[++next]) yield toSample(held)
        if (!waitingKeys.has(pointKey(point))) yield toSample(point)
      }
    }
    for (const point of waiting.slice(next)) yield toSample(point)
  }

const pointKey = (point: Point): string => `${point.at} ${seriesKey(point.series)}`
