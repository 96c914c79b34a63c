import { fromCursor, toCursor } from '../driver/cursor.ts'
import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { LogEntry } from '../ports/logs.ts'
import type { LogFilter, LogLine } from '../protocol/logs.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { toLine } from './log-entry.ts'
import { fieldTerm, traceTerm, wordsOf } from './log-terms.ts'
import { leastNumberOf } from './severity.ts'

export interface LogSearchOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly clock: Clock
  /** How long lines are kept, in ms: where a search begins that names no time. */
  readonly keptMs: number
}

export interface LogSearch extends LogFilter {
  readonly limit: number
  readonly cursor?: string
}

/** `isComplete` false: the time was up before the page was full. `next` goes on there. */
export interface FoundLines {
  readonly items: readonly LogLine[]
  readonly next: string | null
  readonly isComplete: boolean
}

/** Of one search, in ms: who looks for what is rare is shown what there is, and goes on. The rest of 200 ms is for all that is around it. */
const BUDGET_MS = 150
/** Of one answer, in characters of stored lines, but for a first line that is longer by itself. */
const MAX_CHARACTERS = 1_048_576
/** The clock of whoever sends may be ahead. */
const AHEAD_MS = 600_000

/** What a line must have. */
const termsWanted = ({ text, fields = {}, traceId }: LogFilter): readonly string[] => [
  ...(text === undefined ? [] : wordsOf(text)),
  ...Object.entries(fields).map(([path, value]) => fieldTerm(path, value)),
  ...(traceId === undefined ? [] : [traceTerm(traceId)]),
]

/** Newest first, a page at a time, within a time. */
export const createLogSearch =
  ({ link, clock, keptMs }: LogSearchOptions): ((team: string, search: LogSearch) => Promise<FoundLines>) =>
  async (team, search) => {
    const { service, minSeverity, limit } = search
    const terms = termsWanted(search)
    if (search.text !== undefined && search.text.trim() !== '' && wordsOf(search.text).length === 0) {
      throw new SightlineError('INVALID_INPUT', 'There is no word in the text to look for.', {
        fields: [{ path: 'text', message: 'must hold a letter or a digit' }],
      })
    }
    const listing = `logs ${JSON.stringify([service, minSeverity, terms, search.from, search.to])}`
    const now = clock.now()
    // A search that goes on keeps its time: new lines come before where it began.
    const [from, to, place] = fromCursor<readonly [number, number, string]>(listing, search.cursor) ?? [
      search.from ?? now - keptMs,
      search.to ?? now + AHEAD_MS,
      null,
    ]
    const endsAt = clock.monotonic() + BUDGET_MS
    const items: LogEntry[] = []
    let characters = 0
    let after: string | null = place
    let wanted = Math.min(limit, 20)
    for (;;) {
      const budgetMs = Math.max(1, endsAt - clock.monotonic())
      const page = await link.run((driver) =>
        driver.logs.search(
          { team },
          {
            from,
            to,
            limit: wanted,
            budgetMs,
            ...(service === undefined ? {} : { service }),
            ...(minSeverity === undefined ? {} : { minSeverity: leastNumberOf(minSeverity) }),
            ...(terms.length === 0 ? {} : { terms }),
            ...(after === null ? {} : { cursor: after }),
          },
        ),
      )
      items.push(...page.items)
      for (const { body } of page.items) characters += body.length
      after = page.next
      const lines = (): readonly LogLine[] => items.map(toLine)
      if (after === null) return { items: lines(), next: null, isComplete: true }
      const next = toCursor(listing, [from, to, after])
      const average = items.length === 0 ? 0 : characters / items.length
      const fitting = average === 0 ? limit : Math.floor((MAX_CHARACTERS - characters) / average)
      wanted = Math.min(fitting, limit - items.length)
      if (wanted <= 0) return { items: lines(), next, isComplete: true }
      if (clock.monotonic() >= endsAt) return { items: lines(), next, isComplete: false }
    }
  }
