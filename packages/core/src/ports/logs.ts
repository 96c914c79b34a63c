import type { Json, Page, PageRequest, Scope } from './identity.ts'

/** One line of a log. `severity` as in OpenTelemetry (1–24); `terms` are what full-text search matches, lower case. */
export interface LogEntry {
  readonly id: string
  readonly at: number
  readonly service: string
  readonly severity: number
  readonly terms: readonly string[]
  readonly body: Json
}

/** `from` inclusive, `to` exclusive, ms. Every given condition must hold; `terms` all of them. */
export interface LogQuery extends PageRequest {
  readonly from: number
  readonly to: number
  readonly service?: string
  readonly minSeverity?: number
  readonly terms?: readonly string[]
  readonly budgetMs: number
}

/** Log lines. */
export interface LogStore {
  /** An id that is there already is left alone. `'system'` is refused with `INVALID_INPUT`: a line belongs to a team. */
  append(scope: Scope, entries: readonly LogEntry[]): Promise<void>
  /** Newest first. Stops at `budgetMs` with what it has and a `next`. */
  search(scope: Scope, query: LogQuery): Promise<Page<LogEntry>>
  /** Every team that has lines, each once, in a fixed order. */
  teams(page: PageRequest): Promise<Page<string>>
  /** Deletes at most `limit` lines older than `before`, oldest first; returns how many. */
  prune(request: { readonly before: number; readonly limit: number }): Promise<number>
}
