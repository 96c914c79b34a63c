import type { LogSeverity } from '@sightline/core/protocol'
import type { AgentLogInput } from './agent.ts'

/** pino's levels: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal; those between belong to the one below. */
const severityOf = (level: unknown): LogSeverity => {
  if (typeof level === 'string') return /^(?:debug|info|warn|error|fatal)$/.test(level) ? (level as LogSeverity) : 'info'
  if (typeof level !== 'number') return 'info'
  if (level >= 60) return 'fatal'
  if (level >= 50) return 'error'
  if (level >= 40) return 'warn'
  return level >= 30 ? 'info' : 'debug'
}

const timeOf = (time: unknown): number | undefined => {
  const at = typeof time === 'string' ? Date.parse(time) : time
  return typeof at === 'number' && Number.isFinite(at) ? at : undefined
}

const TRACE_NAMES = ['trace_id', 'traceId', 'traceID', 'correlationId'] as const
const TRACE = /^[\w-]{1,64}$/

/** A line of pino as an entry; null for what is none of its lines. */
export const fromPinoLine = (text: string): AgentLogInput | null => {
  let line: unknown
  try {
    line = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line)) return null
  const { level, time, msg, message, ...fields } = line as Record<string, unknown>
  const said = msg ?? message
  const traceId = TRACE_NAMES.map((name) => fields[name]).find((id) => typeof id === 'string' && TRACE.test(id))
  const { err } = fields as { readonly err?: { readonly message?: unknown } }
  const at = timeOf(time)
  return {
    severity: severityOf(level),
    message: typeof said === 'string' ? said : typeof err?.message === 'string' ? err.message : '',
    fields,
    ...(at === undefined ? {} : { at }),
    ...(typeof traceId === 'string' ? { traceId } : {}),
  }
}
