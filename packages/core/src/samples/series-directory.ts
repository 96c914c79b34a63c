import { tupleKey } from '../driver/names.ts'
import type { Clock } from '../ports/clock.ts'
import type { Series } from '../ports/samples.ts'
import { everyPage } from '../storage/every-page.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { seriesKey } from './recent-points.ts'

export interface SeriesDirectoryOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly clock: Pick<Clock, 'monotonic'>
  /** Series of a service that this process observed. */
  observed(of: Pick<Series, 'team' | 'service'>): readonly Series[]
}

/** Every series that storage has, read now and then: there are thousands, and new ones are rare. */
export interface SeriesDirectory {
  /** Of a service, in the order of their regions; what others observed for the first time may be missing for a minute. */
  of(team: string, service: string): Promise<readonly Series[]>
  /** All of them, read anew. */
  reload(): Promise<readonly Series[]>
}

const FRESH_MS = 60_000
/** An unknown service is looked for again after so long. */
const UNKNOWN_MS = 5_000
const PAGE = 1_000

export const createSeriesDirectory = ({ link, clock, observed }: SeriesDirectoryOptions): SeriesDirectory => {
  let all: readonly Series[] = []
  let byService: ReadonlyMap<string, readonly Series[]> = new Map()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<readonly Series[]> | null = null

  const readAll = async (): Promise<readonly Series[]> => {
    const found: Series[] = []
    for await (const items of everyPage(PAGE, (page) => link.run((driver) => driver.samples.series(page)))) found.push(...items)
    all = found
    byService = Map.groupBy(found, ({ team, service }) => tupleKey(team, service))
    readAt = clock.monotonic()
    return all
  }

  const reload = (): Promise<readonly Series[]> => {
    reading ??= readAll().finally(() => {
      reading = null
    })
    return reading
  }

  return {
    reload,
    of: async (team, service) => {
      const key = tupleKey(team, service)
      const age = clock.monotonic() - readAt
      if (age >= FRESH_MS || (age >= UNKNOWN_MS && !byService.has(key))) await reload()
      const found = new Map(
        [...(byService.get(key) ?? []), ...observed({ team, service })].map((each) => [seriesKey(each), each]),
      )
      return [...found.values()].sort((a, b) => (a.region < b.region ? -1 : 1))
    },
  }
}
