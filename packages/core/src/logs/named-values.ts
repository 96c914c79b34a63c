import type { Extent } from './extents.ts'
import { entryValue, isEntryName } from './named-entries.ts'
import { isSecretName } from './secret-name.ts'
import { BACKSLASH, isQuote, isSpace, MOST_SPACE, valueAfter } from './secret-value.ts'

/** As `[\w.-]`, by the code of a character. */
const isName = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 48 && code <= 57) ||
  code === 95 ||
  code === 46 ||
  code === 45
/** Of a form: `user[password]=…`, `headers["cookie"]=…`; `password[]=…`, `password[0]=…`. */
const CLOSING = 93
const LIST_PLACE = /\[\d{0,6}$/

/** A name is no longer. */
const LONGEST_NAME = 100

/** The name that ends before `end`, quotes and white space left out; empty where there is none. */
const nameBefore = (text: string, end: number): string => {
  let at = end
  for (let spaces = 0; spaces < MOST_SPACE && isSpace(text.charCodeAt(at - 1)); spaces++) at--
  if (text.charCodeAt(at - 1) === CLOSING) {
    at--
    const place = LIST_PLACE.exec(text.slice(Math.max(0, at - 7), at))
    if (place !== null) at -= place[0].length
    if (text.charCodeAt(at - 1) === CLOSING) at--
  }
  if (isQuote(text.charCodeAt(at - 1))) at--
  for (let escapes = 0; escapes < MOST_SPACE && text.charCodeAt(at - 1) === BACKSLASH; escapes++) at--
  const last = at
  while (last - at < LONGEST_NAME && isName(text.charCodeAt(at - 1))) at--
  return text.slice(at, last)
}

const SIGN = /[:=]/g

/**
 * What stands behind the names of secrets: `name=value`, `name: value`, `"name": "value"`, also within a text in quotes; and the values of
 * entries that are named so (`{"name":"authorization","value":"…"}`).
 */
export const findNamedValues = (text: string): readonly Extent[] => {
  const extents: Extent[] = []
  const signs = new RegExp(SIGN)
  for (let found = signs.exec(text); found !== null; found = signs.exec(text)) {
    const name = nameBefore(text, found.index)
    if (name === '') continue
    const value = isSecretName(name)
      ? valueAfter(text, found.index, name)
      : isEntryName(name)
        ? entryValue(text, found.index)
        : null
    if (value === null || value.from >= value.to) continue
    extents.push(value)
    if (value.to > signs.lastIndex) signs.lastIndex = value.to
  }
  return extents
}
