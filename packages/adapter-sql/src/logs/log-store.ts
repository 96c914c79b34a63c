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
import { addToIndex, findPlaces, type IndexedLine, removeFromIndex } from './log-index.ts'
import { type LineTerm, type LogStatements, logStatements, type NewLine } from './log-statements.ts'
import { searchLogs } from './search-logs.ts'

interface AppendRequest {
  readonly team: string
  readonly entries: readonly LogEntry[]
}

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
      if (entries.length > 0) await lane.submit({ team: scope.team, entries }, entries.length)
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
  const lines = new Map<string, { readonly team: string; readonly entry: LogEntry }>()
  for (const { team, entries } of requests) {
    for (const entry of entries) {
      const name = tupleKey(team, entry.id)
      if (!lines.has(name)) lines.set(name, { team, entry })
    }
  }
  const rows = [...lines.values()].map(({ team, entry }) => ({
    team: toStoredText(team),
    id: toStoredText(entry.id),
    at: entry.at,
    service: toStoredText(entry.service),
    severity: entry.severity,
    terms: JSON.stringify(entry.terms),
    body: toStoredText(entry.body),
  }))
  const inserted = yield* insertLines(dialect, statements, rows)
  const seqs = new Map(inserted.map(({ team, id, seq }) => [tupleKey(team, id), seq]))
  if (!dialect.isPartitioned) {
    yield* addToIndex(
      dialect,
      [...lines.values()]
        .flatMap(({ team, entry }): readonly IndexedLine[] => {
          const [storedTeam, seq] = [toStoredText(team), seqs.get(tupleKey(toStoredText(team), toStoredText(entry.id)))]
          const { severity } = entry
          const terms = entry.terms.map(shorten)
          return seq === undefined ? [] : [{ seq, team: storedTeam, service: toStoredText(entry.service), severity, terms }]
        })
        .sort((a, b) => a.seq - b.seq),
    )
    return
  }
  const terms = [...lines.values()].flatMap(({ team, entry }): readonly LineTerm[] => {
    const line = seqs.get(tupleKey(toStoredText(team), toStoredText(entry.id)))
    return line === undefined ? [] : lineTerms({ team: toStoredText(team), line, at: entry.at, terms: entry.terms })
  })
  yield* runRows(statements.insertTerms, terms)
}

type Inserted = Pick<Line, 'seq' | 'team' | 'id'>
type Line = Selectable<Schema['logs']>

/** Answers with those whose ids were not there. */
function* insertLines(dialect: SqlDialect, statements: LogStatements, rows: readonly NewLine[]): Script<readonly Inserted[]> {
  if (!dialect.isPartitioned) {
    const places = yield* findPlaces(
      dialect,
      rows.map(({ at }) => at),
    )
    const placed = rows.map((row, index) => ({ ...row, seq: places[index] as number }))
    return yield* runRows(statements.insertPlacedLines, placed)
  }
  // In one order for everybody, so that two processes do not wait for each other.
  const inOrder = rows.toSorted((a, b) => compareBytes(a.team, b.team) || compareBytes(a.id, b.id))
  const ids = yield* runRows(statements.insertIds, inOrder)
  const fresh = new Set(ids.map(({ team, id }) => tupleKey(team, id)))
  return yield* runRows(
    statements.insertLines,
    rows.filter(({ team, id }) => fresh.has(tupleKey(team, id))),
  )
}

interface TermsOfLine {
  readonly team: string
  readonly line: number
  readonly at: number
  readonly terms: readonly string[]
}

const lineTerms = ({ team, line, at, terms }: TermsOfLine): readonly LineTerm[] =>
  [...new Set(terms.map(shorten))].map((term) => ({ team, term, at, line }))

/** A look into the index for each team, however many lines it has. */
function* listTeams({ queries }: SqlDialect, { limit, cursor }: PageRequest): Script<Page<string>> {
  const teams: string[] = []
  let [after] = fromCursor<[string]>('teams of logs', cursor) ?? [null]
  for (;;) {
    let query = queries.selectFrom('logs').select('team').orderBy('team').orderBy('at').orderBy('seq').limit(1)
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
  // Terms last: whoever finds a term and no line has found nothing.
  const lines = await dropOldestPartition({ access, table: 'logs', before })
  const terms = await dropOldestPartition({ access, table: 'log_terms', before })
  if (lines !== null || terms !== null) return limit
  const deleted = await transact(() => deleteLines(dialect, statements, { before, limit }))
  if (deleted === limit || !dialect.isPartitioned) return deleted
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
    if (!dialect.isPartitioned) {
      yield* removeFromIndex(
        dialect,
        deleted.map(({ seq }) => seq),
      )
      return deleted.length
    }
    yield* runRows(
      statements.deleteTerms,
      deleted.flatMap(({ seq, team, at, terms }) =>
        lineTerms({ team, line: seq, at, terms: JSON.parse(terms) as readonly string[] }),
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
