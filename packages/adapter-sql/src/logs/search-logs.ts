import { fromCursor, teamOf, toCursor } from '@sightline/core/driver'
import type { Clock, LogEntry, LogQuery, Page, Scope } from '@sightline/core/ports'
import type { SqlDialect } from '../dialect.ts'
import { shorten } from '../records/record-plan.ts'
import { runOnce, runRows, type Script } from '../statement.ts'
import type { StoreAccess } from '../store-access.ts'
import { fromStoredText, toStoredText } from '../stored-text.ts'
import { timeOfPlace } from './log-places.ts'
import type { LogStatements } from './log-statements.ts'
import { searchPlaces } from './search-places.ts'

/** Lines that one query looks at, so that a search can look at the clock in between. */
const linesPerLook = 500
/** Beyond this many lines a term is common: which of two common ones is the rarer makes no difference. */
const commonTerm = 10_000

interface SearchOptions {
  readonly access: Pick<StoreAccess, 'dialect' | 'readBehind'>
  readonly statements: LogStatements
  readonly clock: Pick<Clock, 'monotonic'>
  readonly scope: Scope
  readonly query: LogQuery
}

type Position = readonly [at: number, seq: number]

/** Newest first. Goes back in time in bounded steps until the page is full, the span is through or the budget is spent. */
export const searchLogs = async ({ access, statements, clock, scope, query }: SearchOptions): Promise<Page<LogEntry>> => {
  const { dialect, readBehind: read } = access
  const { from, to, limit, cursor, budgetMs } = query
  const team = teamOf(scope)
  const stored: StoredQuery = {
    from,
    to,
    team: team === null ? null : toStoredText(team),
    service: query.service === undefined ? null : toStoredText(query.service),
    minSeverity: query.minSeverity ?? null,
    terms: [...new Set((query.terms ?? []).map(shorten))],
  }
  const listing = `logs ${JSON.stringify(stored)}`
  const giveUpAt = clock.monotonic() + budgetMs
  if (!dialect.isPartitioned) {
    const after = fromCursor<Position>(listing, cursor)?.[1] ?? null
    const { lines, next } = await searchPlaces({ access, clock, query: { ...stored, after, limit, giveUpAt } })
    return { items: lines.map(toEntry), next: next === null ? null : toCursor(listing, [timeOfPlace(next), next]) }
  }
  const leading = await read(() => findRarestTerm(statements, stored))
  const found: LogEntry[] = []
  for (let after = fromCursor<Position>(listing, cursor); ; ) {
    const size = isPlain(stored) ? Math.min(linesPerLook, limit - found.length + 1) : linesPerLook
    const lines = await read(() => look(dialect, { ...stored, leading, after, size }))
    for (const line of lines) {
      if (found.length === limit) return { items: found, next: toCursor(listing, after as Position) }
      after = [line.at, line.seq]
      if (isFit(line)) found.push(toEntry(line))
    }
    if (lines.length < size) return { items: found, next: null }
    if (clock.monotonic() >= giveUpAt) return { items: found, next: toCursor(listing, after as Position) }
  }
}

interface StoredQuery {
  readonly from: number
  readonly to: number
  readonly team: string | null
  readonly service: string | null
  readonly minSeverity: number | null
  readonly terms: readonly string[]
}

/** The term to go by: the one that the fewest lines have. Across all teams the time alone leads, null. */
function* findRarestTerm(statements: LogStatements, { team, terms, from, to }: StoredQuery): Script<string | null> {
  if (team === null || terms.length === 0) return null
  let rarest: { readonly term: string; readonly lines: number } | null = null
  for (const term of terms.length === 1 ? [] : terms) {
    const [row] = yield* runRows(statements.countTerm, [{ team, term, from, to, upTo: commonTerm }])
    const lines = row?.lines ?? 0
    if (rarest === null || lines < rarest.lines) rarest = { term, lines }
  }
  return rarest?.term ?? terms[0] ?? null
}

/** Does every line that the leading condition finds fit? */
const isPlain = ({ team, service, minSeverity, terms }: StoredQuery): boolean =>
  minSeverity === null &&
  (team === null ? service === null && terms.length === 0 : terms.length + (service === null ? 0 : 1) <= 1)

interface Look extends StoredQuery {
  readonly leading: string | null
  readonly after: Position | null
  readonly size: number
}

/** A line that was looked at; all but its place is null where it does not fit. */
interface Line {
  readonly seq: number
  readonly at: number
  readonly id: string | null
  readonly service: string | null
  readonly severity: number | null
  readonly terms: string | null
  readonly body: string | null
}

type FittingLine = { readonly [Field in keyof Line]: NonNullable<Line[Field]> }

function* look(dialect: SqlDialect, query: Look): Script<readonly Line[]> {
  const { service, minSeverity, terms, leading, size } = query
  const candidates = leadingQuery(dialect, query).orderBy('c.at', 'desc').orderBy('seq', 'desc').limit(size)
  return yield* runOnce(
    dialect.queries
      .selectFrom(candidates.as('c'))
      .leftJoin('logs as l', (join) => {
        let fitting = join.onRef('l.seq', '=', 'c.seq').onRef('l.at', '=', 'c.at')
        if (service !== null) fitting = fitting.on('l.service', '=', service)
        if (minSeverity !== null) fitting = fitting.on('l.severity', '>=', minSeverity)
        for (const term of terms) {
          if (term === leading) continue
          fitting = fitting.on(({ exists, selectFrom }) =>
            exists(
              selectFrom('log_terms as t')
                .select('t.line')
                .whereRef('t.team', '=', 'l.team')
                .where('t.term', '=', term)
                .whereRef('t.at', '=', 'l.at')
                .whereRef('t.line', '=', 'l.seq'),
            ),
          )
        }
        return fitting
      })
      .select(['c.seq', 'c.at', 'l.id', 'l.service', 'l.severity', 'l.terms', 'l.body'])
      .orderBy('c.at', 'desc')
      .orderBy('c.seq', 'desc'),
  )
}

/** The places of the lines of the time that fit the first condition, the one with an index. */
const leadingQuery = ({ queries }: SqlDialect, { from, to, team, service, leading, after }: Look) => {
  if (team !== null && leading !== null) {
    const ofTerm = queries
      .selectFrom('log_terms as c')
      .select(['c.line as seq', 'c.at'])
      .where('c.team', '=', team)
      .where('c.term', '=', leading)
      .where('c.at', '>=', from)
      .where('c.at', '<', to)
    return after === null
      ? ofTerm
      : ofTerm.where(({ eb, refTuple, tuple }) => eb(refTuple('c.at', 'c.line'), '<', tuple(...after)))
  }
  let lines = queries.selectFrom('logs as c').select(['c.seq', 'c.at']).where('c.at', '>=', from).where('c.at', '<', to)
  if (team !== null) lines = lines.where('c.team', '=', team)
  if (team !== null && service !== null) lines = lines.where('c.service', '=', service)
  return after === null ? lines : lines.where(({ eb, refTuple, tuple }) => eb(refTuple('c.at', 'c.seq'), '<', tuple(...after)))
}

const isFit = (line: Line): line is FittingLine => line.id !== null

const toEntry = ({ id, at, service, severity, terms, body }: FittingLine): LogEntry => ({
  id: fromStoredText(id),
  at,
  service: fromStoredText(service),
  severity,
  terms: JSON.parse(terms) as readonly string[],
  body: fromStoredText(body),
})
