import type { Extent } from './extents.ts'
import { isSecretName } from './secret-name.ts'
import { valueAfter } from './secret-value.ts'

/** Of an entry: `{ name, value }` as lists of headers have it (HAR), `{ key, value }` as attributes do (OTLP), `<header name value>`. */
const ENTRY_NAME = /(?:^|\.)(?:name|key|header)$/i
const VALUE = /(?<![\w.-])value\\{0,8}["'`]?[ \t\r\n]{0,8}[:=]/gi
const BRACKETS = /[[\]{}<>]/g
const OPENINGS = '[{<'

/** Between the name and the value of one entry, in characters; of a value that stands before its name also its own. */
const REACH = 500
const REACH_BACK = 2_000
const LONGEST_NAME = 200
/** Lists and objects in each other between the name and the value. */
const DEEPEST = 4

export const isEntryName = (name: string): boolean => ENTRY_NAME.test(name)

/** The part of a text that belongs to the entry it begins in. */
const untilClosed = (part: string): string => {
  let depth = 0
  for (const { 0: bracket, index } of part.matchAll(BRACKETS)) {
    depth += OPENINGS.includes(bracket) ? 1 : -1
    if (depth < 0 || depth > DEEPEST) return part.slice(0, index)
  }
  return part
}

/** The sign of a `value` in the part of a text, the first or the last of them; -1 where there is none. */
const valueSign = (part: string, which: 0 | -1): number => {
  const found = [...part.matchAll(VALUE)].at(which)
  return found === undefined ? -1 : found.index + found[0].length - 1
}

/** The value of an entry whose name stands after `sign`, where that is a secret's: after the name, or else before it. */
export const entryValue = (text: string, sign: number): Extent | null => {
  const near = text.slice(sign, sign + LONGEST_NAME)
  const named = valueAfter(near, 0, '')
  if (named.from >= named.to || !isSecretName(near.slice(named.from, named.to))) return null
  const from = sign + named.to + 1
  const after = untilClosed(text.slice(from, from + REACH))
  const next = valueSign(after, 0)
  if (next !== -1) return valueAfter(text, from + next, '')
  const begin = Math.max(0, sign - REACH_BACK)
  const before = text.slice(begin, sign)
  const last = valueSign(before, -1)
  if (last === -1) return null
  const { from: start, to } = valueAfter(before, last, '')
  // With the end of another entry between them it is that one's.
  return /[{}<>]/.test(before.slice(to)) ? null : { from: begin + start, to: begin + to }
}
