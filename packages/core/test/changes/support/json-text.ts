import fc from 'fast-check'

/** Any UTF-16 code units, lone surrogates and control characters among them. */
export const anyText = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.nat(0xffff), { maxLength }).map((units) => String.fromCharCode(...units))

/** Any JSON value, with the keys that trip implementations up. */
export const jsonValue = (): fc.Arbitrary<unknown> => {
  // JSON.parse of V8 13.6 compares a key's text before its escapes are resolved with keys it expects from objects parsed before:
  // where one of those holds a backslash, `"\u0062"` can come out as it. No reference then.
  const key = fc
    .oneof(
      { weight: 3, arbitrary: fc.string({ maxLength: 6 }) },
      fc.constantFrom(
        '',
        '__proto__',
        'constructor',
        'toJSON',
        'hasOwnProperty',
        'length',
        '0',
        '1',
        '10',
        '9',
        '-1',
        'a/b',
        'a~b',
        '~1',
        '*',
        '**',
        'a.b',
      ),
      anyText(4),
    )
    .filter((text) => !text.includes('\\'))
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(null, true, false, 0, -0, 1, 1e21, 1e-7, 5e-324, 0.1, '', '\u2028', '😀', '\ud800', '\u0000'),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ maxLength: 8 }),
    anyText(6),
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 5 },
      leaf,
      fc.array(tie('value'), { maxLength: 5 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map(fromPairs),
    ),
  }))
  return value
}

/** An object with these fields as its own, `__proto__` too. */
export const fromPairs = (pairs: readonly (readonly [string, unknown])[]): Record<string, unknown> => {
  const object: Record<string, unknown> = {}
  for (const [key, value] of pairs) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  }
  return object
}

/** The obvious way to write canonical JSON: what the fast one is held against. */
export const referenceForm = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(referenceForm).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${referenceForm(field)}`).join(',')}}`
}

const spellString = (text: string, random: () => number): string => {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
  const spelled = units.map((unit) => {
    const char = String.fromCharCode(unit)
    const isSurrogate = unit >= 0xd800 && unit <= 0xdfff
    if (isSurrogate || unit < 0x20 || random() < 0.15) return `\\u${unit.toString(16).padStart(4, '0')}`
    if (char === '/' && random() < 0.5) return '\\/'
    return char === '"' || char === '\\' ? `\\${char}` : char
  })
  return `"${spelled.join('')}"`
}

// Only spellings of the same decimal value.
const spellNumber = (value: number, random: () => number): string => {
  const text = JSON.stringify(value)
  const plain = /^-?\d+$/.test(text)
  const choice = Math.floor(random() * 5)
  if (choice === 0 && plain) return `${text}.000`
  if (choice === 1 && plain) return `${text}e0`
  if (choice === 2 && /^-?\d+\.\d+$/.test(text)) return `${text}00`
  if (choice === 3 && plain && text.endsWith('0') && text !== '0') return `${text.slice(0, -1)}E+01`
  if (choice === 4 && text === '0') return '-0'
  return text
}

/** The same JSON value as another text: keys in another order, white space, other spellings of strings and numbers. */
export const respell = (value: unknown, random: () => number): string => {
  const gap = (): string => (random() < 0.3 ? [' ', '\n', '\t', '\r\n  '][Math.floor(random() * 4)]! : '')
  const spell = (node: unknown): string => {
    if (typeof node === 'string') return spellString(node, random)
    if (typeof node === 'number') return spellNumber(node, random)
    if (Array.isArray(node)) return `[${gap()}${node.map((item) => spell(item) + gap()).join(`,${gap()}`)}]`
    if (typeof node !== 'object' || node === null) return JSON.stringify(node)
    const fields = Object.entries(node).map(
      ([key, field]) => `${spellString(key, random)}${gap()}:${gap()}${spell(field)}${gap()}`,
    )
    for (let i = fields.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      ;[fields[i], fields[j]] = [fields[j]!, fields[i]!]
    }
    return `{${gap()}${fields.join(`,${gap()}`)}}`
  }
  return `${gap()}${spell(value)}${gap()}`
}

/** Numbers from 0 to below 1, the same for the same seed. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed | 1
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
    state = Math.imul(state ^ (state >>> 12), 0x297a2d39)
    state ^= state >>> 15
    return (state >>> 0) / 2 ** 32
  }
}
