import { entriesOf, isContainer, type Pointer, toPointer } from './json-pointer.ts'

const mostFields = 500

/** The places of a document's numbers, in its order, at most 500: what a chart can show. */
export const listNumericFields = (document: unknown): readonly Pointer[] => {
  const fields: Pointer[] = []
  const walk = (value: unknown, keys: readonly string[]): void => {
    if (fields.length >= mostFields) return
    if (typeof value === 'number') fields.push(toPointer(keys))
    else if (isContainer(value)) for (const [key, child] of entriesOf(value)) walk(child, [...keys, key])
  }
  walk(document, [])
  return fields
}

// What says the most about a server at a glance, where a provider names it so.
const telling = [/cpu/i, /latency|duration|response/i, /load/i, /memory|heap|rss/i, /error|fail/i, /count|total|requests/i]
const dull = /pid|port|version|uptime|id$|at$/i

/** The field a chart begins with: the most telling by its name, else the first. */
export const chooseField = (fields: readonly Pointer[]): Pointer | null => {
  const candidates = fields.filter((field) => !dull.test(field))
  for (const name of telling) {
    const field = candidates.find((candidate) => name.test(candidate))
    if (field !== undefined) return field
  }
  return candidates[0] ?? fields[0] ?? null
}
