import type { Clock, LogEntry, LogStore } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { SqlDialect } from '../dialect.ts'
import { checkLimit, checkName, checkNumber, tupleKey } from '../names.ts'
import { shorten } from '../records/record-plan.ts'
import { runOnce, runRows, type Script } from '../statement.ts'
import type { StoreAccess } from '../store-access.ts'
import { toStoredText } from '../stored-text.ts'
import { type LineTerm, type LogStatements, logStatements } from './log-statements.ts'
import { searchLogs } from './search-logs.ts'

interface AppendRequest {
  readonly team: string
  readonly entries: readonly LogEntry[]
}

export const sqlLogs = (access: StoreAccess, clock: Pick<Clock, 'monotonic'>): LogStore => {
  const { dialect, queue, transact } = access
  const statements = logStatements(dialect)

  const lane = queue.lane(function* (requests: readonly AppendRequest[]) {
    yield* appendLines(statements, requests)
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
    prune: async (request) => {
      checkLimit(request.limit)
      return transact(() => pruneLines(dialect, statements, request))
    },
  }
}

function* appendLines(statements: LogStatements, requests: readonly AppendRequest[]): Script<void> {
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
  const inserted = yield* runRows(statements.insertLines, rows)
  const seqs = new Map(inserted.map(({ team, id, seq }) => [tupleKey(team, id), seq]))
  const terms = [...lines.values()].flatMap(({ team, entry }): readonly LineTerm[] => {
    const line = seqs.get(tupleKey(toStoredText(team), toStoredText(entry.id)))
    return line === undefined ? [] : lineTerms({ team: toStoredText(team), line, at: entry.at, terms: entry.terms })
  })
  yield* runRows(statements.insertTerms, terms)
}

interface TermsOfLine {
  readonly team: string
  readonly line: number
  readonly at: number
  readonly terms: readonly string[]
}

const lineTerms = ({ team, line, at, terms }: TermsOfLine): readonly LineTerm[] =>
  [...new Set(terms.map(shorten))].map((term) => ({ team, term, at, line }))

interface PruneRequest {
  readonly before: number
  readonly limit: number
}

function* pruneLines({ queries }: SqlDialect, statements: LogStatements, { before, limit }: PruneRequest): Script<number> {
  const doomed = queries.selectFrom('logs').select('seq').where('at', '<', before).orderBy('at').orderBy('seq').limit(limit)
  const deleted = yield* runOnce(queries.deleteFrom('logs').where('seq', 'in', doomed).returning(['seq', 'team', 'at', 'terms']))
  yield* runRows(
    statements.deleteTerms,
    deleted.flatMap(({ seq, team, at, terms }) =>
      lineTerms({ team, line: seq, at, terms: JSON.parse(terms) as readonly string[] }),
    ),
  )
  return deleted.length
}

const checkEntry = ({ id, service, at, severity }: LogEntry): void => {
  checkName('id', id)
  checkName('service', service)
  checkNumber(`A log line's time`, at)
  checkNumber(`A log line's severity`, severity)
}
