/** Words of one message that can be searched for; those after them cannot. */
const MAX_WORDS = 100
const MAX_FIELD_TERMS = 50
/** Longer words are known by their beginning, in characters. */
const LONGEST_WORD = 64
const LONGEST_VALUE = 128
/** Of a message, in characters. */
const LOOKED_AT = 16_384

const WORD = /[\p{L}\p{N}\p{M}_]+/gu
/** Scripts without spaces between words: they are found by pairs of characters. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const ASCII = /^[\x20-\x7e]*$/

const fold = (text: string): string => (ASCII.test(text) ? text.toLowerCase() : text.normalize('NFKC').toLowerCase())

const addWord = (words: Set<string>, word: string): void => {
  if (!UNSPACED.test(word)) {
    words.add(word.length > LONGEST_WORD ? [...word.slice(0, LONGEST_WORD)].join('') : word)
    return
  }
  const characters = [...word]
  if (characters.length === 1) words.add(word)
  for (let index = 0; index + 1 < characters.length && words.size < MAX_WORDS; index++) {
    words.add(`${characters[index]}${characters[index + 1]}`)
  }
}

/**
 * The words of a text as they are searched for: in lower case, in one form of Unicode, each once, a hundred at most.
 *
 * @example
 * wordsOf('Payment FAILED: order-17') // ['payment', 'failed', 'order', '17']
 */
export const wordsOf = (text: string): readonly string[] => {
  const words = new Set<string>()
  for (const [word] of fold(text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text).matchAll(WORD)) {
    addWord(words, word.toWellFormed())
    if (words.size >= MAX_WORDS) break
  }
  return [...words]
}

/** A field and its value as one term. No word is like it: words hold no `=`. */
export const fieldTerm = (path: string, value: string): string =>
  `${fold(path).slice(0, LONGEST_VALUE)}=${fold(value).slice(0, LONGEST_VALUE)}`.toWellFormed()

export const traceTerm = (traceId: string): string => `trace==${traceId.toLowerCase()}`

const fingerprintTerm = (fingerprint: string): string => `kind==${fingerprint}`

const addFields = (terms: string[], value: unknown, path: string): void => {
  if (terms.length >= MAX_FIELD_TERMS) return
  if (typeof value === 'object' && value !== null) {
    const isList = Array.isArray(value)
    for (const [name, inner] of Object.entries(value)) {
      // A list's items go by the list's own name.
      addFields(terms, inner, isList ? path : path === '' ? name : `${path}.${name}`)
    }
    return
  }
  if (value === null || (typeof value === 'string' && value.length > LONGEST_VALUE)) return
  terms.push(fieldTerm(path, String(value)))
}

export interface TermSources {
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly traceId: string | null
  readonly fingerprint: string | null
}

/** Everything a line is found by: words, fields (short ones), trace, kind of error. */
export const termsOf = ({ message, fields, traceId, fingerprint }: TermSources): readonly string[] => {
  const terms: string[] = []
  addFields(terms, fields, '')
  if (traceId !== null) terms.push(traceTerm(traceId))
  if (fingerprint !== null) terms.push(fingerprintTerm(fingerprint))
  return [...new Set([...wordsOf(message), ...terms])]
}
