import { REDACTED, redactText } from './redact-text.ts'
import { isSecretOf } from './secret-lists.ts'
import { isSecretName } from './secret-name.ts'

export interface FieldLimits {
  /** Names in all, at every depth. */
  readonly maxFields: number
  readonly maxDepth: number
  /** Of one text, in characters. */
  readonly maxTextLength: number
}

/** What stands where more was sent than is kept. */
export const CUT = '…[cut]'

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}${CUT}`

/** A secret that the cut would divide is recognised as long as so much of it is looked at, in characters. */
const BEYOND_CUT = 8_192

/** A text without its secrets, no longer than `length` and the mark that it was cut. */
export const toSafeText = (text: string, { length, redact }: { length: number; redact: readonly RegExp[] }): string =>
  cut(redactText(text.length > length + BEYOND_CUT ? text.slice(0, length + BEYOND_CUT) : text, redact).toWellFormed(), length)

/** `{ name: 'authorization', value: … }`, as lists of headers have it. */
const isNamedSecret = (record: Readonly<Record<string, unknown>>): boolean => {
  const name = record.name ?? record.key ?? record.header
  return typeof name === 'string' && isSecretName(name)
}

/**
 * Fields as JSON has them, without secrets and no larger than the limits. Takes whatever an object may hold: what JSON does not know
 * becomes a text, what refers to itself is cut.
 */
export const toSafeFields = (
  fields: Readonly<Record<string, unknown>>,
  { maxFields, maxDepth, maxTextLength, redact }: FieldLimits & { readonly redact: readonly RegExp[] },
): Record<string, unknown> => {
  let left = maxFields
  const safeText = (text: string): string => toSafeText(text, { length: maxTextLength, redact })

  const safeNumber = (value: number): number | string | null => {
    if (!Number.isFinite(value)) return String(value)
    // A card's number need not be a text.
    return value > 1e12 && redactText(String(value), redact) !== String(value) ? REDACTED : value
  }

  const safeRecord = (record: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> => {
    const safe: Record<string, unknown> = {}
    const isPair = isNamedSecret(record)
    for (const name of Object.keys(record)) {
      if (left <= 0) {
        safe[CUT] = true
        break
      }
      left--
      const known = name === '__proto__' ? '_proto_' : toSafeText(name, { length: 200, redact })
      const isSecret = isSecretName(name) || (isPair && name.toLowerCase() === 'value')
      safe[known] = isSecret && record[name] != null ? REDACTED : safeValue(record[name], depth)
    }
    return safe
  }

  const safeList = (list: readonly unknown[], depth: number): unknown[] => {
    const safe: unknown[] = []
    let before: unknown = null
    for (const item of list) {
      if (left-- <= 0) return [...safe, CUT]
      const isSecret = typeof item === 'string' && typeof before === 'string' && isSecretOf(before, item)
      safe.push(isSecret ? REDACTED : safeValue(item, depth))
      before = isSecret ? null : item
    }
    return safe
  }

  const safeObject = (value: object, depth: number): unknown => {
    if (depth >= maxDepth) return CUT
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
    if (value instanceof Error) {
      const { name, message, stack, cause } = value
      return safeRecord({ ...value, name, message, stack, ...(cause === undefined ? {} : { cause }) }, depth + 1)
    }
    if (Array.isArray(value)) return safeList(value, depth + 1)
    if (value instanceof Map) return safeRecord(Object.fromEntries(value), depth + 1)
    if (value instanceof Set) return safeList([...value], depth + 1)
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
    return safeRecord(value as Record<string, unknown>, depth + 1)
  }

  const safeValue = (value: unknown, depth: number): unknown => {
    switch (typeof value) {
      case 'string':
        return safeText(value)
      case 'number':
        return safeNumber(value)
      case 'boolean':
        return value
      case 'object':
        return value === null ? null : safeObject(value, depth)
      case 'undefined':
        return null
      default:
        return safeText(String(value))
    }
  }

  return safeRecord(fields, 0)
}
