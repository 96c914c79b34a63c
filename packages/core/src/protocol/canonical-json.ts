// The `u` flag makes this match lone surrogates only.
const needsEscape = /["\\\p{Control}\p{Surrogate}]/u

const quote = (text: string): string => (needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`)

/** An object's keys in the order of their UTF-16 code units, as RFC 8785 (JSON Canonicalization Scheme) orders them. */
export const sortedKeys = (object: object): string[] => {
  const keys = Object.keys(object)
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] as string) > (keys[i] as string)) return keys.sort()
  return keys
}

const render = (value: unknown, room: number): string | undefined => {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (room === 0) throw new RangeError('Nested too deeply.')
  const object = value as Readonly<Record<string, unknown>>
  if (typeof object.toJSON === 'function') return render(object.toJSON(''), room - 1)
  let text = ''
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) text += (i === 0 ? '' : ',') + (render(value[i], room - 1) ?? 'null')
    return `[${text}]`
  }
  for (const key of sortedKeys(object)) {
    const field = render(object[key], room - 1)
    if (field !== undefined) text += `${text === '' ? '' : ','}${quote(key)}:${field}`
  }
  return `{${text}}`
}

/**
 * The canonical text of a JSON value: keys sorted by UTF-16 code units, no white space, numbers and strings as `JSON.stringify` spells
 * them (the rules of RFC 8785). What `JSON.stringify` leaves out or turns into something else, this does too, so that the sender's value
 * and the receiver's parsed copy have one text.
 *
 * @param maxDepth how many arrays and objects may lie in one another, default 1,000; a `RangeError` beyond.
 * @example canonicalJson({ b: 1.0, a: [true, null] }) // '{"a":[true,null],"b":1}'
 */
export const canonicalJson = (value: unknown, maxDepth = 1_000): string => render(value, maxDepth) ?? 'null'
