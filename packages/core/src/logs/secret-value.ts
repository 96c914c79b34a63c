import type { Extent } from './extents.ts'

/** By the code of a character; NaN beyond the text is none of them. */
export const isSpace = (code: number): boolean => code === 32 || code === 9
export const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96
const isSign = (code: number): boolean => code === 61 || code === 62
export const BACKSLASH = 92
const LINE_END = /[\r\n]/g
const VALUE_END = /[\s,;&"'`<>)\]}|]/g
/** As in `Authorization: Bearer …`: the credential is what follows. */
const SCHEME_ONLY = /^(?:bearer|basic|token|negotiate|ntlm|apikey|api-key)$/i
/** Of several parameters. */
const SCHEME_WITH_MORE = /^(?:digest|aws4-hmac-sha256|hawk|oauth|signature|mutual|scram-[\w-]+)$/i
/** Headers of several values: they end where the line does. */
const LONG_HEADER = /(?:^|[._])(?:set-)?cookies?2?$/i
/** A scheme may be anybody's own; what follows it is the credential. */
const CREDENTIALS = /authorization$/i
const SCHEME = /^[a-z][\w-]*$/i
const OPENINGS = '[{'
const BRACKETS = /[[\]{}]/g

/** So much white space stands around a sign at most; further on nothing is looked at. */
export const MOST_SPACE = 8

const indexOf = (pattern: RegExp, text: string, from: number): number => {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? text.length
}

/** Where the text in quotes ends. In a text within a text the quotes are escaped, as many times as the first of them. */
const quotedExtent = (text: string, from: number, { quote, escapes }: { quote: string; escapes: number }): Extent => {
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
    let before = 0
    while (at - 1 - before >= from && text.charCodeAt(at - 1 - before) === BACKSLASH) before++
    if (escapes === 0 ? before % 2 === 0 : before <= escapes) return { from, to: at - (escapes === 0 ? 0 : before) }
  }
  return { from, to: text.length }
}

/** A list or an object, up to where it is closed; where that is far off or never, so much of it. */
const LONGEST_INNER = 16_384
const innerExtent = (text: string, from: number): Extent => {
  const end = Math.min(text.length, from + LONGEST_INNER)
  let depth = 0
  for (let at = indexOf(BRACKETS, text, from); at < end; at = indexOf(BRACKETS, text, at + 1)) {
    depth += OPENINGS.includes(text.charAt(at)) ? 1 : -1
    if (depth === 0) return { from, to: at + 1 }
  }
  return { from, to: end }
}

const plainExtent = (text: string, from: number, name: string): Extent => {
  if (LONG_HEADER.test(name)) return { from, to: indexOf(LINE_END, text, from) }
  const to = indexOf(VALUE_END, text, from)
  const word = text.slice(from, Math.min(to, from + 40))
  if (SCHEME_WITH_MORE.test(word)) return { from, to: indexOf(LINE_END, text, from) }
  if (!SCHEME_ONLY.test(word) && !(CREDENTIALS.test(name) && SCHEME.test(word))) return { from, to }
  let next = to
  while (next - to < MOST_SPACE && isSpace(text.charCodeAt(next))) next++
  return next === to ? { from, to } : { from, to: indexOf(VALUE_END, text, next) }
}

/**
 * What a name stands for, after its sign (`:`, `=`) or the blank in its place: in quotes, a list or an object, a header's credentials, or a word.
 * Empty where there is nothing.
 */
export const valueAfter = (text: string, sign: number, name: string): Extent => {
  let from = sign + 1
  // `=>`, `==`, `:=`
  while (from - sign < 3 && isSign(text.charCodeAt(from))) from++
  for (let spaces = 0; spaces < MOST_SPACE && isSpace(text.charCodeAt(from)); spaces++) from++
  let escapes = 0
  while (escapes < MOST_SPACE && text.charCodeAt(from + escapes) === BACKSLASH) escapes++
  const quote = text.charAt(from + escapes)
  if (isQuote(quote.charCodeAt(0))) return quotedExtent(text, from + escapes + 1, { quote, escapes })
  if (quote !== '' && OPENINGS.includes(quote)) return innerExtent(text, from + escapes)
  return plainExtent(text, from, name)
}
