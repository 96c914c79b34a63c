import type { Json } from '@sightline/core'

// NDJSON, append-only: `["+", line]` adds a line, `["-", n]` removes the first n that are left.

/** A line that is added. */
export const toAddition = (json: Json): string => `["+",${isOneLine(json) ? json : JSON.stringify(JSON.parse(json))}]\n`

/** The removal of the first `count` lines. */
export const toRemoval = (count: number): string => `["-",${count}]\n`

/** What a spool's text holds: the lines that were added and not removed. What cannot be read, as what a crash cut off, is left out. */
export const fromSpoolText = (text: string): readonly Json[] => {
  const lines: Json[] = []
  for (const line of text.split('\n')) {
    const entry = parse(line)
    if (entry === null) continue
    // As it was given: characters beyond what numbers can hold survive.
    if (entry.sign === '+') lines.push(line.slice('["+",'.length, -1))
    else lines.splice(0, entry.count)
  }
  return lines
}

const parse = (line: string): { readonly sign: '+' } | { readonly sign: '-'; readonly count: number } | null => {
  try {
    const parsed: unknown = JSON.parse(line)
    if (!Array.isArray(parsed) || parsed.length !== 2) return null
    const [sign, value] = parsed as [unknown, unknown]
    if (sign === '+' && line.startsWith('["+",')) return { sign }
    return sign === '-' && typeof value === 'number' ? { sign, count: value } : null
  } catch {
    return null
  }
}

const isOneLine = (json: Json): boolean => !json.includes('\n') && !json.includes('\r')
