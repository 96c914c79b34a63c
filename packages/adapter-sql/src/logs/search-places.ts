import type { Clock } from '@sightline/core/ports'
import type { SqlDialect } from '../dialect.ts'
import { shorten } from '../records/record-plan.ts'
import type { Script } from '../statement.ts'
import type { StoreAccess } from '../store-access.ts'
import { PLACES_PER_MINUTE, placeOf } from './log-places.ts'
import { toMatch } from './log-tokens.ts'

/** A line as it is stored. */
export interface FoundLine {
  readonly seq: number
  readonly at: number
  readonly id: string
  readonly service: string
  readonly severity: number
  readonly terms: string
  readonly body: string
}

interface PlaceSearch {
  readonly from: number
  readonly to: number
  /** null for all. */
  readonly team: string | null
  readonly service: string | null
  readonly minSeverity: number | null
  /** Shortened. */
  readonly terms: readonly string[]
  /** Lines before this place are looked for; null for all. */
  readonly after: number | null
  readonly limit: number
  /** On the monotonic clock. */
  readonly giveUpAt: number
}

interface SearchOptions {
  readonly access: Pick<StoreAccess, 'dialect' | 'readBehind'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly query: PlaceSearch
}

/** What one query may take, in ms: within it nothing else runs in the process. A span that took longer is followed by a shorter one. */
const LONG_MS = 40
const SHORT_MS = 20
/** The first span, as a share of the time there are lines of. */
const FIRST_SHARE = 1 / 16

/**
 * SQLite: goes back in time span by span, each as long as the last ones let hope it is quickly read, until the page is full, the time is through or
 * the budget is spent. `next` is the place before which it goes on.
 */
export const searchPlaces = async ({
  access,
  clock,
  query,
}: SearchOptions): Promise<{ readonly lines: readonly FoundLine[]; readonly next: number | null }> => {
  const { dialect, readBehind: read } = access
  const { limit, giveUpAt, team } = query
  const match = team === null ? null : toMatch({ ...query, team })
  /** The index of one team is none of all of them: their lines are looked at. */
  const fits = ({ terms }: FoundLine): boolean => match !== null || query.terms.length === 0 || includesAll(terms, query.terms)
  const lines: FoundLine[] = []
  const [oldest, newest] = await read(() => findEnds(dialect, query))
  let high = query.after === null ? newest : Math.min(newest, query.after - 1)
  let span = Math.max(PLACES_PER_MINUTE, Math.ceil((newest - oldest) * FIRST_SHARE))
  while (high >= oldest) {
    const low = Math.max(oldest, high - span + 1)
    const startedAt = clock.monotonic()
    const wanted = limit - lines.length + 1
    const found = await read(() => look(dialect, { ...query, match, low, high, wanted }))
    const tookMs = clock.monotonic() - startedAt
    for (const line of found) {
      if (!fits(line)) continue
      if (lines.length === limit) return { lines, next: lines.at(-1)?.seq ?? null }
      lines.push(line)
    }
    // More may be in the span where some of as many as were wanted do not fit.
    high = found.length < wanted ? low - 1 : (found.at(-1) as FoundLine).seq - 1
    // Another look would take about as long.
    if (high >= oldest && clock.monotonic() + Math.min(tookMs, LONG_MS) >= giveUpAt) return { lines, next: high + 1 }
    if (tookMs > LONG_MS) span = Math.max(PLACES_PER_MINUTE / 60, Math.ceil(span / 4))
    else span *= tookMs < SHORT_MS ? 4 : 2
  }
  return { lines, next: null }
}

const includesAll = (stored: string, wanted: readonly string[]): boolean => {
  const terms = new Set((JSON.parse(stored) as readonly string[]).map(shorten))
  return wanted.every((term) => terms.has(term))
}

/** The places between which lines of the time can be; none where the first is after the second. */
function* findEnds({ tablePrefix: p }: SqlDialect, { from, to }: PlaceSearch): Script<readonly [oldest: number, newest: number]> {
  const [row] = (yield {
    // Each by itself is a look at one end of the table; both in one query would read all of it.
    sql: `select (select min(seq) from ${p}logs) as first, (select max(seq) from ${p}logs) as last`,
    values: [],
    reusable: true,
  }) as readonly { readonly first: number | null; readonly last: number | null }[]
  if (row?.first == null || row.last == null) return [1, 0]
  // What overflowed its ms stands a little later.
  return [Math.max(row.first, placeOf(from)), Math.min(row.last, placeOf(to) + PLACES_PER_MINUTE)]
}

interface Look extends PlaceSearch {
  readonly match: string | null
  readonly low: number
  readonly high: number
  readonly wanted: number
}

function* look({ tablePrefix: p }: SqlDialect, query: Look): Script<readonly FoundLine[]> {
  const { match, from, to, team, service, minSeverity, low, high, wanted } = query
  const columns = 'l.seq, l.at, l.id, l.service, l.severity, l.terms, l.body'
  const fitting = 'l.at >= ? and l.at < ? and l.severity >= ?'
  const values = [from, to, minSeverity ?? -Number.MAX_VALUE]
  if (match !== null) {
    return (yield {
      // Numbers come as reals, which the index takes for no limits at all: hence the casts.
      sql: `select ${columns} from ${p}log_index i cross join ${p}logs l on l.seq = i.rowid
        where i.${p}log_index match ? and i.rowid between cast(? as integer) and cast(? as integer) and ${fitting}
        order by i.rowid desc limit ?`,
      values: [match, low, high, ...values, wanted],
      reusable: true,
    }) as readonly FoundLine[]
  }
  const ofTeam = team === null ? '' : 'l.team = ? and '
  const ofService = service === null ? '' : 'l.service = ? and '
  return (yield {
    sql: `select ${columns} from ${p}logs l where ${ofTeam}${ofService}l.seq between ? and ? and ${fitting} order by l.seq desc limit ?`,
    values: [...[team, service].filter((each) => each !== null), low, high, ...values, wanted],
    reusable: true,
  }) as readonly FoundLine[]
}
