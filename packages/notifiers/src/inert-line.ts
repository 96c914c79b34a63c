// Control characters; line and paragraph separators; marks, overrides and isolates of direction; zero-width characters and the byte order mark.
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu

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
  const whole = text.toWellFormed()
  if (whole.length <= maxLength) return whole
  return `${whole.slice(0, Math.max(0, maxLength - 1)).replace(/[\ud800-\udbff]$/, '')}…`
}
