import type { LogInput } from '@sightline/core'

/** As OpenTelemetry's JSON encoding of an `AnyValue` has it: one of these. */
interface AnyValue {
  readonly stringValue?: unknown
  readonly boolValue?: unknown
  readonly intValue?: unknown
  readonly doubleValue?: unknown
  readonly bytesValue?: unknown
  readonly arrayValue?: { readonly values?: unknown }
  readonly kvlistValue?: { readonly values?: unknown }
}

const MAX_DEPTH = 8
const UNKNOWN_SERVICE = 'unknown_service'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const toInteger = (value: unknown): unknown => {
  const number = Number(value)
  // 64-bit integers come as text; what JavaScript cannot hold stays one.
  return Number.isSafeInteger(number) ? number : String(value)
}

const fromAnyValue = (value: unknown, depth = 0): unknown => {
  if (!isObject(value) || depth > MAX_DEPTH) return null
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = value as AnyValue
  if (stringValue !== undefined) return String(stringValue)
  if (boolValue !== undefined) return boolValue === true
  if (intValue !== undefined) return toInteger(intValue)
  if (doubleValue !== undefined) return Number(doubleValue)
  if (bytesValue !== undefined) return String(bytesValue)
  if (arrayValue !== undefined) return listOf(arrayValue.values).map((item) => fromAnyValue(item, depth + 1))
  return kvlistValue === undefined ? null : fromAttributes(kvlistValue.values, depth + 1)
}

const fromAttributes = (attributes: unknown, depth = 0): Record<string, unknown> => {
  const fields: Record<string, unknown> = {}
  for (const attribute of listOf(attributes)) {
    if (!isObject(attribute) || typeof attribute.key !== 'string' || attribute.key === '__proto__') continue
    fields[attribute.key] = fromAnyValue(attribute.value, depth)
  }
  return fields
}

/** ns since the Unix epoch, as text or number, in ms; undefined for none. */
const toMs = (nanoseconds: unknown): number | undefined => {
  if (typeof nanoseconds !== 'string' && typeof nanoseconds !== 'number') return undefined
  // A double holds these no finer than to 256 ns: whole microseconds first, or a ms would be lost now and then.
  const ms = Math.floor(Math.round(Number(nanoseconds) / 1e3) / 1e3)
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

const toServiceName = (given: unknown): string => {
  const name = typeof given === 'string' ? given.replace(/[^\w.-]/g, '_').slice(0, 100) : ''
  return name === '' ? UNKNOWN_SERVICE : name
}

const toText = (body: unknown): string => (typeof body === 'string' ? body : (JSON.stringify(body) ?? ''))

/** Number 0 is unspecified; then the text may say. */
const toSeverity = ({ severityNumber, severityText }: Record<string, unknown>): unknown => {
  if (typeof severityNumber === 'number' && severityNumber >= 1 && severityNumber <= 24) return severityNumber
  return typeof severityText === 'string' && severityText !== '' ? severityText : undefined
}

const LEVEL = /^(?:trace|debug|info|warn|warning|error|fatal|critical)\d?$/i
const HEX = /^[\da-f]{1,64}$/i

interface Origin {
  readonly service: string
  readonly resource: Readonly<Record<string, unknown>>
  readonly scope: unknown
}

const toEntry = (record: unknown, { service, resource, scope }: Origin): unknown => {
  if (!isObject(record)) return null
  const body = fromAnyValue(record.body)
  const at = toMs(record.timeUnixNano) ?? toMs(record.observedTimeUnixNano)
  const severity = toSeverity(record)
  const isKnown = typeof severity === 'number' || (typeof severity === 'string' && LEVEL.test(severity))
  const fields: Record<string, unknown> = fromAttributes(record.attributes)
  if (isObject(body)) fields.body = body
  if (typeof record.eventName === 'string' && record.eventName !== '') fields.eventName = record.eventName
  if (typeof record.spanId === 'string' && HEX.test(record.spanId)) fields.spanId = record.spanId
  if (typeof scope === 'string' && scope !== '') fields.scope = scope
  if (Object.keys(resource).length > 0) fields.resource = resource
  const entry: Omit<LogInput, 'severity'> & { severity?: unknown } = {
    service,
    message: isObject(body) && typeof body.message === 'string' ? body.message : toText(body),
    fields,
    ...(isKnown ? { severity: typeof severity === 'string' ? severity.replace(/\d$/, '') : severity } : {}),
    ...(at === undefined ? {} : { at }),
    ...(typeof record.traceId === 'string' && HEX.test(record.traceId) ? { traceId: record.traceId } : {}),
  }
  return entry
}

/**
 * The entries of an `ExportLogsServiceRequest` in OpenTelemetry's JSON encoding; null for what is none. A record that is no object is
 * null among them: whoever takes the entries refuses it.
 */
export const fromOtlp = (request: unknown): readonly unknown[] | null => {
  if (!isObject(request) || !Array.isArray(request.resourceLogs)) return null
  return request.resourceLogs.flatMap((resourceLogs: unknown) => {
    if (!isObject(resourceLogs)) return []
    const { 'service.name': name, ...resource } = fromAttributes(
      isObject(resourceLogs.resource) ? resourceLogs.resource.attributes : [],
    )
    return listOf(resourceLogs.scopeLogs).flatMap((scopeLogs) => {
      if (!isObject(scopeLogs)) return []
      const scope = isObject(scopeLogs.scope) ? scopeLogs.scope.name : null
      return listOf(scopeLogs.logRecords).map((record) => toEntry(record, { service: toServiceName(name), resource, scope }))
    })
  })
}
