/** DEL and C1 (U+009B begins an escape sequence as ESC does), separators of lines, marks of direction: what JSON leaves as it is. */
const HARMFUL = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * The same JSON, with nothing in it that a terminal would follow: parsed, it is what it was. For JSON that somebody may look at.
 *
 * @example
 * inertJson(JSON.stringify({ title: 'a\u009b2J' })) // '{"title":"a\\u009b2J"}'
 */
export const inertJson = (json: string): string =>
  // Such characters stand nowhere in JSON but in its texts, where they may be escaped.
  json.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
