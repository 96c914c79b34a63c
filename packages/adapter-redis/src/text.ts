/** Marks a text that Redis cannot hold as it is. No JSON text begins with it. */
const ESCAPED = '\u0001'

/** A name as part of a key. One to one: lone surrogates, which UTF-8 does not have, become escapes. */
export const toKeyPart = (name: string): string => JSON.stringify(name).slice(1, -1)

/** The name that `toKeyPart` wrote. */
export const fromKeyPart = (part: string): string => JSON.parse(`"${part}"`) as string

/** A text as it is stored: as it is, unless UTF-8 would change it. */
export const toStored = (text: string): string =>
  text.startsWith(ESCAPED) || !isWellFormed(text) ? `${ESCAPED}${JSON.stringify(text)}` : text

/** The text that `toStored` wrote. */
export const fromStored = (stored: string): string =>
  stored.startsWith(ESCAPED) ? (JSON.parse(stored.slice(ESCAPED.length)) as string) : stored

const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)
