// Controls (C0, DEL, C1); separators of lines and paragraphs; marks, overrides and isolates of direction; characters without width. Joiners stay
// (U+200C, U+200D): Persian and Hindi are written with them, and emoji of several.
const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\u2060-\u2064\ufeff]+/gu

/**
 * A text from outside as one line of at most `maxLength` characters: no line breaks (which would end a mail's header), no control characters,
 * nothing that turns the direction of what follows. Characters are UTF-16 units, as providers count them; none is cut in half.
 */
export const inertLine = (text: string, maxLength: number): string =>
  cutText(
    text
      .slice(0, maxLength * 4)
      .replace(HARMFUL, ' ')
      .trim(),
    maxLength,
  )

/** The text, or its beginning with `…` where it is longer than `maxLength` UTF-16 units. */
export const cutText = (text: string, maxLength: number): string => {
  if (text.length <= maxLength) return text.toWellFormed()
  return `${text
    .slice(0, Math.max(0, maxLength - 1))
    .replace(/[\ud800-\udbff]$/, '')
    .toWellFormed()}…`
}

/** As `inertLine`, escaped character by character; what no longer fits after escaping is cut. */
export const escapedLine = (text: string, maxLength: number, escapeOne: (character: string) => string): string => {
  let escaped = ''
  for (const character of inertLine(text, maxLength)) {
    const next = escapeOne(character)
    // Room is left for the mark that something is missing.
    if (escaped.length + next.length >= maxLength) return `${escaped}…`
    escaped += next
  }
  return escaped
}
