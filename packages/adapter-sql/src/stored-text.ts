/**
 * PostgreSQL refuses NUL in text, and UTF-8 has no form for a lone surrogate. Both are written with a marker that ordinary text does not
 * hold: U+0001 for NUL, and U+D7FF, the unassigned code point before the surrogates, for those. Any text reads back as it was, ordinary text
 * stays as it is, and the order by bytes is kept: an encoded character sorts where its own code point would.
 */
const escapable = /[\ud800-\udbff][\udc00-\udfff]|[\0\u0001\ud7ff\ud800-\udfff]/g
const escaped = /\u0001[\u0001\u0002]|\ud7ff(?:\u0002|\u0003[0-9a-f]{4})/g
const wide = /[\ud7ff-\udfff]/

/** The text as the engine is given it. */
export const toStoredText = (text: string): string =>
  text.includes('\0') || text.includes('\u0001') || wide.test(text) ? text.replace(escapable, encodeCharacter) : text

/** Several, as a JSON array of what `toStoredText` makes of each. */
export const toStoredTexts = (texts: readonly string[]): string => {
  const json = JSON.stringify(texts)
  // JSON escapes whatever else would be written with a marker.
  return json.includes('\\') || json.includes('\ud7ff') ? JSON.stringify(texts.map(toStoredText)) : json
}

/** The text as it was given to `toStoredText`. */
export const fromStoredText = (stored: string): string =>
  stored.includes('\u0001') || stored.includes('\ud7ff') ? stored.replace(escaped, decodeCharacter) : stored

const encodeCharacter = (found: string): string => {
  if (found.length === 2) return found
  if (found === '\0') return '\u0001\u0001'
  if (found === '\u0001') return '\u0001\u0002'
  if (found === '\ud7ff') return '\ud7ff\u0002'
  return `\ud7ff\u0003${found.charCodeAt(0).toString(16)}`
}

const decodeCharacter = (found: string): string => {
  if (found === '\u0001\u0001') return '\0'
  if (found === '\u0001\u0002') return '\u0001'
  if (found === '\ud7ff\u0002') return '\ud7ff'
  return String.fromCharCode(Number.parseInt(found.slice(2), 16))
}
