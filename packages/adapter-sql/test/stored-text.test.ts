import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromStoredText, toStoredText, toStoredTexts } from '../src/stored-text.ts'

/** Any UTF-16 units: also NUL, the markers themselves and lone surrogates. */
const anyText = fc
  .array(fc.oneof(fc.nat({ max: 0xffff }), fc.constantFrom(0, 1, 2, 3, 0x30, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000)))
  .map((units) => String.fromCharCode(...units))

/** The order of code points, lone surrogates at their own place among them: that of UTF-8 bytes where there are any. */
const compareCodePoints = (a: string, b: string): number => {
  const [as, bs] = [Array.from(a), Array.from(b)]
  for (let index = 0; index < Math.min(as.length, bs.length); index++) {
    const difference = (as[index]?.codePointAt(0) ?? 0) - (bs[index]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return as.length - bs.length
}

test('any text reads back as it was', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(fromStoredText(toStoredText(text))).toBe(text)
    }),
    { numRuns: 2_000 },
  )
})

test('what is stored has no NUL and a UTF-8 form', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const stored = toStoredText(text)
      expect(stored.includes('\0')).toBe(false)
      expect(Buffer.from(stored).toString()).toBe(stored)
    }),
    { numRuns: 2_000 },
  )
})

test('the order by bytes is that of the code points', () => {
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      const stored = Buffer.compare(Buffer.from(toStoredText(a)), Buffer.from(toStoredText(b)))
      expect(Math.sign(stored)).toBe(Math.sign(compareCodePoints(a, b)))
    }),
    { numRuns: 5_000 },
  )
})

test('ordinary text stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      if (!/[\0\u0001\ud7ff]/.test(text)) expect(toStoredText(text)).toBe(text)
    }),
  )
  expect(toStoredText('{"a":"é 日 😀\\u0000"}')).toBe('{"a":"é 日 😀\\u0000"}')
})

test('SQLite returns it, compares it whole and orders it by bytes', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('create table texts (text text primary key) without rowid')
  const texts = [
    '',
    '\0',
    '\0\0',
    '\u0001',
    'a',
    'a\0',
    'a\0b',
    'a\u0001',
    'ab',
    '\ud7ff',
    '\ud800',
    '\udfff',
    '\ue000',
    '\uffff',
    '😀',
  ]
  const insert = database.prepare('insert into texts values (?)')
  for (const text of texts.toReversed()) insert.run(toStoredText(text))
  const rows = database.prepare('select text from texts order by text').all()
  expect(rows.map(({ text }) => fromStoredText(String(text)))).toEqual(texts)
  database.close()
})

test('several texts are each as one alone is', () => {
  const odd = fc.array(fc.oneof(anyText, fc.constantFrom('\0', '\u0001', '\ud7ff', '\ud800', '\\', '"')), { maxLength: 8 })
  fc.assert(
    fc.property(odd, (texts) => {
      expect(toStoredTexts(texts)).toBe(JSON.stringify(texts.map(toStoredText)))
    }),
  )
})
