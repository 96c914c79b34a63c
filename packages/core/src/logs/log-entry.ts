import type { LogEntry } from '../ports/logs.ts'
import { isRecord } from '../protocol/is-record.ts'
import type { LogLine } from '../protocol/logs.ts'
import { fingerprintOf } from './fingerprint.ts'
import { termsOf } from './log-terms.ts'
import { CUT, toSafeFields, toSafeText } from './redact-fields.ts'
import { fromSeverityNumber, toSeverity, toSeverityNumber } from './severity.ts'

/** Of a message, in characters; what is longer is cut, with a mark. */
const MAX_MESSAGE = 65_536
const MAX_FIELDS = 100
const MAX_DEPTH = 6
/** Of one text among the fields, in characters. */
const MAX_FIELD_TEXT = 32_768
/** Of a line as it is stored, in characters. */
const MAX_BODY = 262_144
/** Clocks of others may be fast by so much, in ms; a line from further ahead gets the time it came in. */
const MAX_AHEAD_MS = 300_000

const SERVICE = /^[\w.-]{1,100}$/
const TRACE = /^[\w-]{1,64}$/
const ID = /^[\x21-\x7e]{1,200}$/

export interface EntryOptions {
  /** ms since the Unix epoch. */
  readonly now: number
  /** What is older is kept no longer, ms since the Unix epoch. */
  readonly oldest: number
  readonly redact: readonly RegExp[]
  /** An id for a line that brought none, in the order of the times it is asked for. */
  nextId(at: number): string
}

/** A line ready to be stored, or why it is none. */
export type ReadEntry =
  | { readonly ok: true; readonly entry: LogEntry; readonly line: LogLine; readonly hasOwnId: boolean; readonly bytes: number }
  | { readonly ok: false; readonly reason: string }

const refuse = (reason: string): ReadEntry => ({ ok: false, reason })

const timeOf = (given: unknown, now: number): number | null => {
  if (given === undefined || given === null || given === 0) return now
  const at = typeof given === 'string' ? Date.parse(given) : given
  if (typeof at !== 'number' || !Number.isFinite(at)) return null
  return at > now + MAX_AHEAD_MS ? now : Math.trunc(at)
}

const optional = (given: unknown, pattern: RegExp): string | null | 'wrong' => {
  if (given === undefined || given === null || given === '') return null
  return typeof given === 'string' && pattern.test(given) ? given : 'wrong'
}

/** Fields are given up before the message is. */
const toBody = (line: Pick<LogLine, 'message' | 'fields' | 'traceId' | 'fingerprint'>): string => {
  const { message, fields, traceId, fingerprint } = line
  const body = JSON.stringify({ message, fields, traceId, fingerprint })
  return body.length <= MAX_BODY ? body : JSON.stringify({ message, fields: { [CUT]: true }, traceId, fingerprint })
}

/**
 * A line as it was sent, checked, without secrets, within the limits, and with all it is searched by. `at` is ms since the Unix epoch or an
 * ISO 8601 text; without one, or from further than five minutes ahead, it is now.
 */
export const readEntry = (input: unknown, { now, oldest, redact, nextId }: EntryOptions): ReadEntry => {
  if (!isRecord(input)) return refuse('it is no object')
  const { service, message } = input
  if (typeof service !== 'string' || !SERVICE.test(service)) {
    return refuse('service must be 1 to 100 letters, digits, dots, dashes or underscores')
  }
  if (typeof message !== 'string') return refuse('message must be a text')
  const severity = input.severity == null ? 'info' : toSeverity(input.severity)
  if (severity === null) return refuse('severity must be debug, info, warn, error or fatal')
  const at = timeOf(input.at, now)
  if (at === null) return refuse('at must be a time')
  if (at < oldest) return refuse('it is older than lines are kept')
  if (input.fields != null && !isRecord(input.fields)) return refuse('fields must be an object')
  const id = optional(input.id, ID)
  if (id === 'wrong') return refuse('id must be 1 to 200 visible ASCII characters')
  const traceId = optional(input.traceId, TRACE)
  if (traceId === 'wrong') return refuse('traceId must be 1 to 64 letters, digits, dashes or underscores')

  const safeMessage = toSafeText(message, { length: MAX_MESSAGE, redact })
  const fields = toSafeFields(input.fields ?? {}, {
    maxFields: MAX_FIELDS,
    maxDepth: MAX_DEPTH,
    maxTextLength: MAX_FIELD_TEXT,
    redact,
  })
  const isError = severity === 'error' || severity === 'fatal'
  const fingerprint = isError ? fingerprintOf({ service, message: safeMessage, fields }) : null
  const body = toBody({ message: safeMessage, fields, traceId, fingerprint })
  const own = { id: id ?? nextId(at), at, service }
  const terms = termsOf({ message: safeMessage, fields, traceId, fingerprint })
  return {
    ok: true,
    entry: { ...own, severity: toSeverityNumber(severity), terms, body },
    line: { ...own, severity, message: safeMessage, fields, traceId, fingerprint },
    hasOwnId: id !== null,
    // The body twice, as text and as objects; terms; the rest. Roughly what it takes of memory while it waits.
    bytes: body.length * 4 + terms.length * 60 + 600,
  }
}

/** A stored line as a reader sees it. */
export const toLine = ({ id, at, service, severity, body }: LogEntry): LogLine => {
  const { message, fields, traceId, fingerprint } = JSON.parse(body) as Pick<
    LogLine,
    'message' | 'fields' | 'traceId' | 'fingerprint'
  >
  return { id, at, service, severity: fromSeverityNumber(severity), message, fields, traceId, fingerprint }
}
