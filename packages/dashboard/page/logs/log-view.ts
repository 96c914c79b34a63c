import type { LogFilter, LogSeverity } from '@sightline/core/protocol'
import { choiceParam, given, type Search, textParam, timeParam } from '../address/search-param.ts'

/** The least first. */
export const logSeverities = ['debug', 'info', 'warn', 'error', 'fatal'] as const satisfies readonly LogSeverity[]

export const logSpans = { '15m': 900_000, '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000 } as const

export type LogSpan = keyof typeof logSpans

export const spanNames = Object.keys(logSpans) as readonly LogSpan[]

/** What the address says about which lines to show. Without a view, the live tail. `from` and `to` (ms) go before `span`. */
export interface LogView {
  readonly view?: 'search' | 'errors'
  readonly service?: string
  readonly severity?: LogSeverity
  readonly q?: string
  /** `user.id=u1 zone=a` */
  readonly fields?: string
  readonly trace?: string
  readonly span?: LogSpan
  readonly from?: number
  readonly to?: number
}

/** Reads the address loosely: what does not fit is left out. */
export const parseLogView = (search: Search): LogView =>
  given({
    view: choiceParam(search.view, ['search', 'errors'] as const),
    service: textParam(search.service),
    severity: choiceParam(search.severity, logSeverities),
    q: textParam(search.q),
    fields: textParam(search.fields),
    trace: textParam(search.trace),
    span: choiceParam(search.span, spanNames),
    from: timeParam(search.from),
    to: timeParam(search.to),
  })

/** `user.id=u1 zone="eu west"` as fields by dotted path; what has no `=` is left out. */
export const parseFields = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/([^\s=]+)=(?:"([^"]*)"|(\S+))/g)].map(([, path = '', quoted, plain]) => [path, quoted ?? plain ?? '']),
  )

/** The opposite of `parseFields`. */
export const spellFields = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([path, value]) => (/[\s"]|^$/.test(value) ? `${path}="${value.replaceAll('"', '')}"` : `${path}=${value}`))
    .join(' ')

/** From when to when, ms: what the address says, else the last `span` before `now`. */
export const timesOf = ({ from, to, span = '1h' }: LogView, now: number): { readonly from: number; readonly to: number } =>
  from === undefined && to === undefined
    ? { from: now - logSpans[span], to: now }
    : { from: from ?? (to ?? now) - logSpans[span], to: to ?? now }

/** What is looked for, without its times. */
export const filterOf = ({ service, severity, q, fields = '', trace }: LogView): Omit<LogFilter, 'from' | 'to'> => {
  const byPath = parseFields(fields)
  return given({
    service,
    minSeverity: severity,
    text: q,
    fields: Object.keys(byPath).length === 0 ? undefined : byPath,
    traceId: trace,
  })
}

/** A stored filter as the address says it: a search. */
export const viewOfFilter = ({ service, minSeverity, text, fields, traceId }: LogFilter): LogView =>
  given({
    view: 'search' as const,
    service,
    severity: minSeverity,
    q: text,
    fields: fields === undefined ? undefined : spellFields(fields),
    trace: traceId,
  })
