import { checkLimit, checkName, checkNumber, fromCursor, teamOf, toCursor, toPage } from '@sightline/core/driver'
import type { Clock, LogEntry, LogQuery, LogStore, Page, Scope } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { insertMissing, pieces } from '../bulk.ts'
import type { MongoCollections, StoreAccess } from '../store-access.ts'
import { toStoredText } from '../stored-json.ts'
import { fromLine, type LineDocument, toLine } from './line-document.ts'

/** Lines that are looked at between two looks at the clock. */
const linesPerLook = 500

export const mongoLogs = ({ collections }: StoreAccess, clock: Pick<Clock, 'monotonic'>): LogStore => ({
  append: async (scope, entries) => {
    const { lines } = collections()
    if (scope === 'system') throw new SightlineError('INVALID_INPUT', `A log line belongs to a team; 'system' is none.`)
    checkName('team', scope.team)
    entries.forEach(checkEntry)
    const documents = new Map<string, LineDocument>()
    for (const entry of entries) {
      const line = toLine(scope.team, entry)
      if (!documents.has(line._id)) documents.set(line._id, line)
    }
    for (const piece of pieces([...documents.values()])) await insertMissing(lines, piece)
  },

  search: async (scope, query) => {
    checkLimit(query.limit)
    return searchLines(collections(), clock, { scope, query })
  },

  teams: async ({ limit, cursor }) => {
    checkLimit(limit)
    const { lines } = collections()
    const teams: string[] = []
    // From one to the next by the index, however many lines each has.
    for (let [last] = fromCursor<[string]>('teams', cursor) ?? []; teams.length <= limit; last = teams.at(-1)) {
      const filter = last === undefined ? {} : { team: { $gt: last } }
      const next = await lines.findOne<Pick<LineDocument, 'team'>>(filter, { sort: { team: 1 }, projection: { team: 1 } })
      if (next === null) break
      teams.push(next.team)
    }
    return toPage(teams, limit, (team) => toCursor('teams', [team]))
  },

  prune: async ({ before, limit }) => {
    checkLimit(limit)
    const { lines } = collections()
    const doomed = await lines
      .find({ at: { $lt: before } })
      .project<{ readonly _id: string }>({ _id: 1 })
      .sort({ at: 1, _id: 1 })
      .limit(limit)
      .toArray()
    let deleted = 0
    for (const piece of pieces(doomed.map(({ _id }) => _id))) {
      deleted += (await lines.deleteMany({ _id: { $in: [...piece] } })).deletedCount
    }
    return deleted
  },
})

interface SearchRequest {
  readonly scope: Scope
  readonly query: LogQuery
}

/** Newest first. Goes back in time in bounded steps until the page is full, the span is through or the budget is spent. */
const searchLines = async (
  { lines }: Pick<MongoCollections, 'lines'>,
  clock: Pick<Clock, 'monotonic'>,
  { scope, query: { from, to, limit, cursor, budgetMs, service, minSeverity, terms: wanted = [] } }: SearchRequest,
): Promise<Page<LogEntry>> => {
  const team = teamOf(scope)
  const terms = [...new Set(wanted.map(toStoredText))]
  const listing = `logs ${JSON.stringify([team, from, to, service, minSeverity, terms])}`
  let after = fromCursor<[number, string]>(listing, cursor)
  const giveUpAt = clock.monotonic() + budgetMs
  // What an index leads by: a step ends after so many lines of it, whether they fit the rest or not.
  const leading = {
    ...(team === null ? {} : { team }),
    ...(terms[0] !== undefined ? { terms: terms[0] } : service === undefined ? {} : { service }),
  }
  const isFit = (line: LineDocument): boolean =>
    (service === undefined || line.service === service) &&
    (minSeverity === undefined || line.severity >= minSeverity) &&
    terms.every((term) => line.terms.includes(term))
  const isPlain = minSeverity === undefined && terms.length + (service === undefined ? 0 : 1) <= 1

  const found: LogEntry[] = []
  while (true) {
    const size = isPlain ? Math.min(linesPerLook, limit - found.length + 1) : linesPerLook
    const beyond = after === null ? {} : { $or: [{ at: { $lt: after[0] } }, { at: after[0], _id: { $lt: after[1] } }] }
    const looked = await lines
      .find({ ...leading, at: { $gte: from, $lt: to }, ...beyond })
      .sort({ at: -1, _id: -1 })
      .limit(size)
      .toArray()
    for (const line of looked) {
      if (found.length === limit) return { items: found, next: toCursor(listing, after ?? [line.at, line._id]) }
      after = [line.at, line._id]
      if (isFit(line)) found.push(fromLine(line))
    }
    if (looked.length < size) return { items: found, next: null }
    if (clock.monotonic() >= giveUpAt) return { items: found, next: toCursor(listing, after as [number, string]) }
  }
}

const checkEntry = ({ id, service, at, severity }: LogEntry): void => {
  checkName('id', id)
  checkName('service', service)
  checkNumber(`A log line's time`, at)
  checkNumber(`A log line's severity`, severity)
}
