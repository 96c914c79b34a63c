import type { Listing, Op, Topic } from './shapes.ts'

/** How bad a line is, the least first. */
export type LogSeverity = 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** One line as a reader sees it. */
export interface LogLine {
  readonly id: string
  /** ms since the Unix epoch. */
  readonly at: number
  readonly service: string
  readonly severity: LogSeverity
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly traceId: string | null
  /** Lines of one kind of error share it. */
  readonly fingerprint: string | null
}

/** One line as it is sent in. */
export interface LogInput {
  readonly at?: number
  readonly service: string
  readonly severity?: LogSeverity
  readonly message: string
  readonly fields?: Readonly<Record<string, unknown>>
  readonly traceId?: string
  /** Given by the sender, so that a repeat is stored once. */
  readonly id?: string
}

/** What is looked for. `text`: words that all occur; `fields`: by dotted path. `from` inclusive, `to` exclusive, ms. */
export interface LogFilter {
  readonly service?: string
  readonly minSeverity?: LogSeverity
  readonly from?: number
  readonly to?: number
  readonly text?: string
  readonly fields?: Readonly<Record<string, string>>
  readonly traceId?: string
}

/** Errors of one kind. */
export interface ErrorGroup {
  readonly fingerprint: string
  readonly service: string
  readonly severity: LogSeverity
  /** The newest message of it. */
  readonly message: string
  readonly count: number
  readonly firstSeen: number
  readonly lastSeen: number
}

/** The operations of the groups `logs` and `logFilters`: what each takes and gives. */
export type LogOperations = {
  'logs.search': Op<'query', LogFilter & { limit?: number; cursor?: string }, Listing<LogLine> & { readonly isComplete: boolean }>
  /** Each is judged by itself. All that are lines, or with `TOO_MANY_REQUESTS` none: up to 1,000 at once. */
  'logs.ingest': Op<
    'mutation',
    { entries: readonly LogInput[] },
    {
      accepted: number
      rejected: number
      /** Of the first ten that are no lines: their place, and what is wrong. */
      errors: readonly { readonly index: number; readonly message: string }[]
    }
  >
  /** Lines per severity over time, at most 500 steps. */
  'logs.volume': Op<
    'query',
    { service?: string; from: number; to: number },
    { readonly stepMs: number; readonly start: number; readonly counts: Readonly<Record<LogSeverity, readonly number[]>> }
  >
  'logs.errors': Op<
    'query',
    { service?: string; from?: number; to?: number; limit?: number; cursor?: string },
    Listing<ErrorGroup>
  >
  'logs.services': Op<'query', Record<never, never>, { services: readonly string[] }>
  'logFilters.list': Op<'query', Record<never, never>, Listing<{ readonly name: string; readonly filter: LogFilter }>>
  'logFilters.save': Op<'mutation', { name: string; filter: LogFilter }, { readonly name: string; readonly filter: LogFilter }>
  'logFilters.delete': Op<'mutation', { name: string }, { deleted: boolean }>
}

/** What can be followed of logs. */
export type LogTopics = {
  /** A live tail: what comes in from now on, and the newest page. */
  logs: Topic<{ service?: string; minSeverity?: LogSeverity }, readonly LogLine[]>
}
