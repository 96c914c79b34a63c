import type { LogInput } from '@sightline/core/protocol'

/** Of one entry, in characters: what is longer the server would cut. */
const LONGEST = 200_000
const LONGEST_MESSAGE = 65_536

/** What JSON does not know: an error becomes its parts, a big integer a text. */
const toJson = (_name: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  return { ...value, name, message, stack, ...(cause === undefined ? {} : { cause }) }
}

/** An entry as it is sent; without its fields where these are no JSON, or too much. */
export const toLogText = (entry: LogInput): string => {
  const message = String(entry.message).slice(0, LONGEST_MESSAGE)
  try {
    const text = JSON.stringify({ ...entry, message }, toJson)
    if (text.length <= LONGEST) return text
  } catch {
    // It refers to itself, say.
  }
  const { fields: _, ...rest } = entry
  return JSON.stringify({ ...rest, message, fields: { cut: true } })
}
