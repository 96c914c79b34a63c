import { checkLimit, checkName, checkNumber, fromCursor, toCursor, tupleKey } from '@sightline/core/driver'
import { type Clock, compareBytes, type LogEntry, type LogStore, type Page, type PageRequest } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { type Selectable, sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { dropOldestPartition } from '../partitions/drop-partitions.ts'
import { findPartitions } from '../partitions/make-partitions.ts'
import { partitionStart, rowTables } from '../partitions/partition-plan.ts'
import { shorten } from '../records/record-plan.ts'
import type { Schema } from '../schema.ts'
import { runOnce, runRows, type Script } from '../statement.ts'
import type { StoreAccess } from '../store-access.ts'
import { fromStoredText, toStoredText } from '../stored-text.ts'
import { appendTerms, type TermsOfLine } from './append-terms.ts'
import { addToIndex, removeFromIndex } from './log-index.ts'
import { findPlaces, PLACES_PER_MINUTE, placeOf } from './log-places.ts'
import { type LineTerm, type LogStatements, logStatements, type NewLine } from './log-statements.ts'
import { tokensOf } from './log-tokens.ts'
import { searchLogs } from './search-logs.ts'

interface AppendRequest {
  readonly team: string
  readonly entries: readonly LogEntry[]
}

/** About ten milliseconds of the event loop. */
const linesPerTransaction = 250

export const sqlLogs = (access: StoreAccess, clock: Pick<Clock, 'monotonic'>): LogStore => {
  const { dialect, queue } = access
  const statements = logStatements(dialect)

  const lane = queue.lane(function* (requests: readonly AppendRequest[]) {
    yield* appendLines(dialect, statements, requests)
    return requests.map(() => undefined)
  })

  return {
    append: async (scope, entries) => {
      if (scope === 'system') throw new SightlineError('INVALID_INPUT', `A log line belongs to a team; 'system' is none.`)
      checkName('team', scope.team)
      entries.forEach(checkEntry)
      // A line stands by itself: where a transaction holds up everything else in the process, many lines are several, and whatever else
      // is to be written comes in between.
      const atOnce = dialect.isPartitioned ? entries.length : linesPerTransaction
      for (let from = 0; from < entries.length; from += atOnce) {
        const part = entries.slice(from, from + atOnce)
        await lane.submit({ team: scope.team, entries: part }, part.length)
      }
    },
    search: async (scope, query) => {
      checkLimit(query.limit)
      return searchLogs({ access, statements, clock, scope, query })
    },
    teams: async (page) => {
      checkLimit(page.limit)
      return access.read(() => listTeams(dialect, page))
    },
    prune: async (request) => {
      checkLimit(request.limit)
      return pruneLines(access, statements, request)
    },
  }
}

function* appendLines(dialect: SqlDialect, statements: LogStatements, requests: readonly AppendRequest[]): Script<void> {
  const rows: NewLine[] = []
  const names = new Set<string>()
  const terms: (readonly string[])[] = []
  for (const { team, entries } of requests) {
    for (const entry of entries) {
      const [row, name] = [toRow(team, entry), tupleKey(team, entry.id)]
      if (names.has(name)) continue
      names.add(name)
      rows.push(row)
      terms.push(entry.terms.map(shorten))
    }
  }
  yield* dialect.isPartitioned ? insertLines(dialect, statements, rows, terms) : placeLines(dialect, statements, rows, terms)
}

const toRow = (team: string, { id, at, service, severity, terms, body }: LogEntry): NewLine => ({
  team: toStoredText(team),
  id: toStoredText(id),
  at,
  service: toStoredText(service),
  severity,
  terms: JSON.stringify(terms),
  body: toStoredText(body),
})

type Line = Selectable<Schema['logs']>

/** Those whose ids were not there go into the index as well. */
function* placeLines(
  dialect: SqlDialect,
  statements: LogStatements,
  rows: readonly NewLine[],
  terms: readonly (readonly string[])[],
): Script<void> {
  const places = yield* findPlaces(
    dialect,
    rows.map(({ at }) => at),
  )
  const placed = rows.map((row, index) => ({ ...row, seq: places[index] as number }))
  const inserted = new Set((yield* runRows(statements.insertPlacedLines, placed)).map(({ seq }) => seq))
  const entries = placed.flatMap((line, index) =>
    inserted.has(line.seq) ? [{ seq: line.seq, tokens: tokensOf({ ...line, terms: terms[index] as readonly string[] }) }] : [],
  )
  yield* addToIndex(
    dialect,
    entries.sort((a, b) => a.seq - b.seq),
  )
}

/** Where lines are kept in partitions of time: those whose ids were not there, and their terms. */
function* insertLines(
  dialect: SqlDialect,
  statements: LogStatements,
  rows: readonly NewLine[],
  terms: readonly (readonly string[])[],
): Script<void> {
  // In one order for everybody, so that two processes do not wait for each other.
  const inOrder = rows.toSorted((a, b) => compareBytes(a.team, b.team) || compareBytes(a.id, b.id))
  const fresh = new Set((yield* runRows(statements.insertIds, inOrder)).map(({ team, id }) => tupleKey(team, id)))
  const lines = yield* runRows(
    statements.insertLines,
    rows.filter(({ team, id }) => fresh.has(tupleKey(team, id))),
  )
  const seqs = new Map(lines.map(({ team, id, seq }) => [tupleKey(team, id), seq]))
  yield* appendTerms(
    dialect,
    rows.flatMap(({ team, id, at }, index): readonly TermsOfLine[] => {
      const line = seqs.get(tupleKey(team, id))
      return line === undefined ? [] : [{ team, line, at, terms: [...new Set(terms[index] as readonly string[])] }]
    }),
  )
}

const lineTerms = ({ team, line, at, terms }: TermsOfLine): readonly LineTerm[] =>
  [...new Set(terms)].map((term) => ({ team, term, at, line }))

/** A look into the index for each team, however many lines it has. */
function* listTeams({ queries }: SqlDialect, { limit, cursor }: PageRequest): Script<Page<string>> {
  const teams: string[] = []
  let [after] = fromCursor<[string]>('teams of logs', cursor) ?? [null]
  for (;;) {
    let query = queries.selectFrom('logs').select('team').orderBy('team').limit(1)
    if (after !== null) query = query.where('team', '>', after)
    const [row] = yield* runOnce(query)
    if (row === undefined) return { items: teams, next: null }
    if (teams.length === limit) return { items: teams, next: toCursor('teams of logs', [after as string]) }
    after = row.team
    teams.push(fromStoredText(after))
  }
}

interface PruneRequest {
  readonly before: number
  readonly limit: number
}

/** Lines go one by one, or a partition at a time, which counts as `limit`. */
const pruneLines = async (access: StoreAccess, statements: LogStatements, { before, limit }: PruneRequest): Promise<number> => {
  const { dialect, transact } = access
  if (!dialect.isPartitioned) return transact(() => deletePlaced(dialect, { before, limit }))
  // Terms last: whoever finds a term and no line has found nothing.
  const lines = await dropOldestPartition({ access, table: 'logs', before })
  const terms = await dropOldestPartition({ access, table: 'log_terms', before })
  if (lines !== null || terms !== null) return limit
  const deleted = await transact(() => deleteLines(dialect, statements, { before, limit }))
  if (deleted === limit) return deleted
  // What is older than the span that `before` falls into has no line left, unless a partition could not be dropped.
  const [oldest] = await access.read(() => findPartitions(dialect, 'logs'))
  const gone = Math.min(partitionStart('logs', before), oldest?.from ?? Number.POSITIVE_INFINITY)
  return deleted + (await transact(() => deleteIds(dialect, { before: gone, limit: limit - deleted })))
}

function* deleteIds({ queries }: SqlDialect, { before, limit }: PruneRequest): Script<number> {
  const doomed = queries.selectFrom('log_ids').select(['team', 'id']).where('at', '<', before).orderBy('at').limit(limit)
  const deleted = yield* runOnce(
    queries
      .deleteFrom('log_ids')
      .where(({ refTuple }) => refTuple('team', 'id'), 'in', doomed.$asTuple('team', 'id'))
      .returning('at'),
  )
  return deleted.length
}

/** The oldest are the first by their places; what overflowed its ms stands a little later. */
function* deletePlaced(dialect: SqlDialect, { before, limit }: PruneRequest): Script<number> {
  const p = dialect.tablePrefix
  const deleted = (yield {
    sql: `delete from ${p}logs where seq in (select seq from ${p}logs where seq < ? and at < ? order by seq limit ?) returning seq`,
    values: [placeOf(before) + PLACES_PER_MINUTE, before, limit],
    reusable: true,
  }) as readonly Pick<Line, 'seq'>[]
  yield* removeFromIndex(
    dialect,
    deleted.map(({ seq }) => seq),
  )
  return deleted.length
}

function* deleteLines(dialect: SqlDialect, statements: LogStatements, { before, limit }: PruneRequest): Script<number> {
  let count = 0
  for (const name of rowTables(dialect, 'logs')) {
    const table = sql.table(name)
    const deleted = yield* runOnce<Pick<Line, 'seq' | 'team' | 'id' | 'at' | 'terms'>>({
      compile: () =>
        sql<Pick<Line, 'seq' | 'team' | 'id' | 'at' | 'terms'>>`delete from ${table} where (at, seq) in
          (select at, seq from ${table} where at < ${before} order by at, seq limit ${limit - count})
          returning seq, team, id, at, terms`.compile(dialect.queries),
    })
    yield* runRows(
      statements.deleteTerms,
      deleted.flatMap(({ seq, team, at, terms }) =>
        lineTerms({ team, line: seq, at, terms: (JSON.parse(terms) as readonly string[]).map(shorten) }),
      ),
    )
    yield* runRows(statements.deleteIds, deleted)
    count += deleted.length
    if (count === limit) break
  }
  return count
}

const checkEntry = ({ id, service, at, severity }: LogEntry): void => {
  checkName('id', id)
  checkName('service', service)
  checkNumber(`A log line's time`, at)
  checkNumber(`A log line's severity`, severity)
}
