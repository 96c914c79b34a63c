import { fromCursor, toCursor, toPage } from '../driver/cursor.ts'
import { checkLimit, checkName, checkNumber, isWithin, tupleKey } from '../driver/names.ts'
import { SightlineError } from '../errors.ts'
import { compareBytes } from '../ports/byte-order.ts'
import type { Clock } from '../ports/clock.ts'
import type { LogEntry, LogQuery, LogStore } from '../ports/logs.ts'
import { SortedArray } from './sorted-array.ts'

interface Line {
  readonly team: string
  readonly entry: LogEntry
}

type Place = { readonly team: string; readonly entry: Pick<LogEntry, 'at' | 'id'> }

type LinePosition = readonly [at: number, id: string, team: string]

/** The lines of the log store. */
export interface LogLines {
  readonly ids: Set<string>
  /** Oldest first. */
  readonly ordered: SortedArray<Place>
}

export const memoryLogLines = (): LogLines => ({
  ids: new Set(),
  ordered: new SortedArray(
    (a, b) => a.entry.at - b.entry.at || compareBytes(a.entry.id, b.entry.id) || compareBytes(a.team, b.team),
  ),
})

/** How many lines are looked at between two looks at the clock. */
const linesPerLook = 256

interface LogsOptions {
  readonly lines: LogLines
  readonly clock: Pick<Clock, 'monotonic'>
  /** Throws unless the driver is connected. */
  checkConnected(): void
}

export const memoryLogs = ({ lines, clock, checkConnected }: LogsOptions): LogStore => ({
  append: async (scope, entries) => {
    checkConnected()
    if (scope === 'system') throw new SightlineError('INVALID_INPUT', `A log line belongs to a team; 'system' is none.`)
    checkName('team', scope.team)
    entries.forEach(checkEntry)
    for (const entry of entries) {
      const key = lineKey(scope.team, entry.id)
      if (lines.ids.has(key)) continue
      lines.ids.add(key)
      const line: Line = { team: scope.team, entry: Object.freeze({ ...entry, terms: Object.freeze([...entry.terms]) }) }
      lines.ordered.put(line)
    }
  },

  search: async (scope, query) => {
    checkConnected()
    checkLimit(query.limit)
    const after = fromCursor<LinePosition>('logs', query.cursor)
    const items = lines.ordered.items as readonly Line[]
    const giveUpAt = clock.monotonic() + query.budgetMs
    const found: LogEntry[] = []
    let index = lines.ordered.lowerBound(after === null ? { team: '', entry: { at: query.to, id: '' } } : placeOf(after)) - 1
    for (let looked = 0; index >= 0; index--, looked++) {
      const line = items[index] as Line
      if (line.entry.at < query.from) return { items: found, next: null }
      const isSpent = looked > 0 && looked % linesPerLook === 0 && clock.monotonic() >= giveUpAt
      // The cursor names the last line looked at, so that a search out of time goes on where it stopped, found or not.
      if (isSpent || found.length === query.limit) return { items: found, next: cursorOf(items[index + 1] as Line) }
      if (isWithin(scope, line.team) && matches(line.entry, query)) found.push(line.entry)
    }
    return { items: found, next: null }
  },

  teams: async ({ limit, cursor }) => {
    checkConnected()
    checkLimit(limit)
    const after = fromCursor<readonly [team: string]>('teams', cursor)
    const teams = new Set((lines.ordered.items as readonly Line[]).map(({ team }) => team))
    const found = [...teams].filter((team) => after === null || compareBytes(team, after[0]) > 0).sort(compareBytes)
    return toPage(found, limit, (team) => toCursor('teams', [team]))
  },

  prune: async ({ before, limit }) => {
    checkConnected()
    checkLimit(limit)
    const end = lines.ordered.lowerBound({ team: '', entry: { at: before, id: '' } })
    const doomed = lines.ordered.items.slice(0, Math.min(end, limit))
    for (const line of doomed) {
      lines.ids.delete(lineKey(line.team, line.entry.id))
      lines.ordered.delete(line)
    }
    return doomed.length
  },
})

const lineKey = (team: string, id: string): string => tupleKey(team, id)

const cursorOf = ({ team, entry }: Line): string => toCursor('logs', [entry.at, entry.id, team])

const placeOf = ([at, id, team]: LinePosition): Place => ({ team, entry: { at, id } })

const matches = (entry: LogEntry, { service, minSeverity, terms = [] }: LogQuery): boolean =>
  (service === undefined || entry.service === service) &&
  (minSeverity === undefined || entry.severity >= minSeverity) &&
  terms.every((term) => entry.terms.includes(term))

const checkEntry = (entry: LogEntry): void => {
  checkName('id', entry.id)
  checkName('service', entry.service)
  checkNumber("A log line's time", entry.at)
}
