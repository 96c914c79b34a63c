import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutText, escapedLine, inertLine } from '../src/inert-line.ts'
import { retryAfterMs } from '../src/retry-after.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 60 })
const anyLength = fc.integer({ min: 1, max: 40 })

test('a line is one line, well-formed, of the length at most, and turns nothing', () => {
  fc.assert(
    fc.property(anyText, anyLength, (text, maxLength) => {
      const line = inertLine(text, maxLength)
      expect(line.length).toBeLessThanOrEqual(maxLength)
      expect(line.isWellFormed()).toBe(true)
      expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/u)
    }),
  )
})

test.each(['שירות התשלומים', 'خدمة الدفع', 'می\u200cخواهم', 'क्\u200dष', '👩\u200d💻 on call', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'])(
  '%s stays as it is',
  (text) => expect(inertLine(text, 200)).toBe(text),
)

test('what turns the direction of a text, moves a cursor or has no width does not', () => {
  const marks = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2060\ufeff\u001b\u009b\u2028'
  for (const mark of marks) expect(inertLine(`invoice${mark}fdp.exe`, 200)).toBe('invoice fdp.exe')
})

test('escaping keeps to the length, and never ends within what stands for one character', () => {
  const entities = (character: string): string => (character === '&' ? '&amp;' : character === '<' ? '&lt;' : character)
  const markup = fc.string({ unit: fc.constantFrom('&', '<', 'a', 'é', '😀', '\n'), maxLength: 60 })
  fc.assert(
    fc.property(markup, anyLength, (text, maxLength) => {
      const escaped = escapedLine(text, maxLength, entities)
      expect(escaped.length).toBeLessThanOrEqual(maxLength)
      expect(escaped.isWellFormed()).toBe(true)
      expect(escaped.replaceAll(/&(amp|lt);/g, '')).not.toMatch(/[&<]/)
    }),
  )
})

test('a text that fits stays as it is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,40}$/), (text) => {
      expect(inertLine(text, 40)).toBe(text)
      expect(cutText(text, 40)).toBe(text)
      expect(escapedLine(text, 41, (character) => character)).toBe(text)
    }),
  )
})

test.each([
  ['seconds', { 'retry-after': '7' }, '', 7_000],
  ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, '', 9_000],
  ['a date that is over', { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, '', 0],
  ["Discord's fractions", { 'retry-after': '1' }, '{"message":"slow","retry_after":0.345}', 345],
  ['nonsense', { 'retry-after': 'soon' }, '{"retry_after":"never"}', null],
  ['broken JSON', {}, '{"retry_after":', null],
  ['nothing', {}, '', null],
])('a wait is read from %s', (_, headers, body, expected) => {
  expect(retryAfterMs(new Headers(headers), body, Date.UTC(2026, 0, 1))).toBe(expected)
})
