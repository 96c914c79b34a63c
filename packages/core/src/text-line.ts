/** Marks that turn the direction of a text (https://www.unicode.org/reports/tr9/): what follows one of them is shown as nobody wrote it. */
const DIRECTION = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069'

/** Controls (an escape moves a terminal's cursor), ends of lines and paragraphs, marks of direction: none of them belongs into one line. */
const FOREIGN = new RegExp(`[\\p{Cc}\\p{Zl}\\p{Zp}${DIRECTION}]+`, 'gu')
const FOREIGN_OR_BROKEN = new RegExp(`[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Surrogate}${DIRECTION}]`, 'u')

/** What takes ink: no white space, no control, nothing without width, neither the blank of Braille. */
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/u

/**
 * Is there anything to see in it? Not where it is empty, or all white space, controls and characters without width.
 *
 * @example
 * isVisible('\u200b\u2060') // false
 */
export const isVisible = (text: string): boolean => VISIBLE.test(text)

/**
 * Is it one line that can be shown as it is, of at most `longest` UTF-16 units? The one rule for titles, tags and names of every kind that come
 * from outside: something is to be seen, and there are no controls, no ends of lines, no marks of direction, no half characters. Any language,
 * whichever way it is written, and characters put together by joiners (emoji, Persian, Hindi) are lines.
 *
 * @example
 * isLine('שירות התשלומים 👩‍💻', 200) // true
 * isLine('invoice\u202efdp.exe', 200) // false
 */
export const isLine = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.length <= longest && isVisible(value) && !FOREIGN_OR_BROKEN.test(value)

/** What is wrong with what is no such line. */
export const lineFault = (longest: number): string =>
  `must be a text of 1 to ${longest} characters in one line that shows something, without control characters and marks of direction`

/** So much more of a text than it may have is looked at, for what is to be seen of it. */
const LOOKED_BEYOND = 1_000

/**
 * A text from outside as such a line, for what cannot be refused: what a rule or a check says. What does not belong there becomes a space, what
 * is too long is cut. Empty where nothing of it can be seen.
 *
 * @example
 * toTextLine('down\r\nBcc: x', 300) // 'down Bcc: x'
 */
export const toTextLine = (text: string, longest: number): string => {
  const looked = text.slice(0, longest * 4 + LOOKED_BEYOND)
  const line = looked.toWellFormed().replace(FOREIGN, ' ').trim()
  if (!isVisible(line)) return ''
  return line.length <= longest ? line : `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
