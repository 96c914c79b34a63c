import type { LogSeverity } from '../protocol/logs.ts'

/** From the least to the worst. */
export const SEVERITIES: readonly LogSeverity[] = ['debug', 'info', 'warn', 'error', 'fatal']

/** The lowest number of each in OpenTelemetry's log data model; below 5 stands trace, which is shown as debug. */
const NUMBERS: Readonly<Record<LogSeverity, number>> = { debug: 5, info: 9, warn: 13, error: 17, fatal: 21 }

export const toSeverityNumber = (severity: LogSeverity): number => NUMBERS[severity]

/** The lowest number that counts as at least this. */
export const leastNumberOf = (severity: LogSeverity): number => (severity === 'debug' ? 0 : NUMBERS[severity])

export const fromSeverityNumber = (number: number): LogSeverity =>
  SEVERITIES.findLast((severity) => number >= NUMBERS[severity]) ?? 'debug'

const ALIASES: Readonly<Record<string, LogSeverity>> = {
  trace: 'debug',
  verbose: 'debug',
  notice: 'info',
  information: 'info',
  log: 'info',
  warning: 'warn',
  err: 'error',
  severe: 'error',
  critical: 'fatal',
  crit: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  panic: 'fatal',
}

/** What a sender calls it, in any case, or as a number of OpenTelemetry (1–24); null for what is none. */
export const toSeverity = (given: unknown): LogSeverity | null => {
  if (typeof given === 'number') return given >= 1 && given <= 24 ? fromSeverityNumber(given) : null
  if (typeof given !== 'string' || given.length > 20) return null
  const name = given.toLowerCase()
  return SEVERITIES.find((severity) => severity === name) ?? (Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? null) : null)
}
