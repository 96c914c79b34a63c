/** How a JSON text is stored: readable for other tools where the engine holds it, and as text where that alone would change it. */
export interface StoredJson {
  /** The document itself; absent where the engine cannot hold it. */
  readonly data?: unknown
  /** The very characters; absent where `data` says the same. */
  readonly text?: string
}

/** MongoDB allows 100 levels in a document; some are taken by what `data` is in. */
const maxDepth = 80
/** A document may have 16 MiB, and one that needs its text is in it twice. */
const maxReadableChars = 4_000_000

export const toStoredJson = (text: string): StoredJson => {
  const data = text.length > maxReadableChars ? unreadable : parse(text)
  if (data === unreadable || !isHoldable(data, maxDepth)) return { text: toStoredText(text) }
  return JSON.stringify(data) === text ? { data } : { data, text: toStoredText(text) }
}

export const fromStoredJson = ({ data, text }: StoredJson): string =>
  text === undefined ? (JSON.stringify(data) ?? 'null') : fromStoredText(text)

/** BSON has no form for a lone surrogate: such a text is written as the JSON string it is, behind a character that none begins with. */
export const toStoredText = (text: string): string =>
  text.isWellFormed() && !text.startsWith(marker) ? text : marker + JSON.stringify(text)

export const fromStoredText = (stored: string): string =>
  stored.startsWith(marker) ? (JSON.parse(stored.slice(marker.length)) as string) : stored

const marker = '\u0001'
const unreadable = Symbol('unreadable')

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return unreadable
  }
}

/** Keys that begin with $, hold a dot or a NUL, or are empty mean something to one version of the server or another. */
const isHoldable = (value: unknown, depth: number): boolean => {
  if (typeof value === 'string') return value.isWellFormed()
  // JSON's own -0, and what JSON.parse makes of 1e400, come back as something else.
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  if (Array.isArray(value)) return value.every((item) => isHoldable(item, depth - 1))
  for (const key of Object.keys(value)) {
    if (key === '' || key === '__proto__' || key.startsWith('$') || key.includes('.') || key.includes('\0')) return false
    if (!key.isWellFormed() || !isHoldable((value as Readonly<Record<string, unknown>>)[key], depth - 1)) return false
  }
  return true
}
