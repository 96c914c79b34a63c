import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLine, isVisible, toTextLine } from '../src/text-line.ts'

const DIRECTION = ['\u061c', '\u200e', '\u200f', ...'\u202a\u202b\u202c\u202d\u202e', ...'\u2066\u2067\u2068\u2069']

test.each([
  ['English', 'Checkout & payments <eu> (blue) =1+1 @here'],
  ['Hebrew', 'שירות התשלומים 2.0'],
  ['Arabic', 'خدمة الدفع (EU)'],
  ['Persian, with a joiner that parts letters', 'می\u200cخواهم'],
  ['Hindi, with a joiner', 'क्\u200dष'],
  ['emoji of several', '👩\u200d💻 on call'],
  ['a flag of a part of a country', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
  ['an emoji alone', '❤️'],
  ['accents put beside letters', 'cafe\u0301'],
  ['one letter', 'x'],
])('%s is a line', (_, text) => {
  expect(isLine(text, 200)).toBe(true)
  expect(toTextLine(text, 200)).toBe(text)
})

test.each([
  ['nothing', ''],
  ['blanks', ' \u00a0\u3000'],
  ['characters without width', '\u200b\u2060\ufeff'],
  ['joiners alone', '\u200c\u200d'],
  ['fillers', '\u3164\u115f\uffa0'],
  ['a blank of Braille', '\u2800'],
  ['soft hyphens and variation selectors', '\u00ad\ufe0f'],
  ['tags of no flag', '\u{e0041}\u{e0042}'],
  ['controls', '\u0007\u001b'],
  ['marks of direction', DIRECTION.join('')],
])('%s: nothing is to be seen, and it is no line', (_, text) => {
  expect(isVisible(text)).toBe(false)
  expect(isLine(text, 200)).toBe(false)
  expect(toTextLine(text, 200)).toBe('')
})

test.each<[string, string]>([
  ...DIRECTION.map((mark): [string, string] => [`U+${mark.charCodeAt(0).toString(16)}`, `invoice${mark}fdp.exe`]),
  ['an escape', 'a\u001b[2Jb'],
  ['an escape of one character', 'a\u009b2Jb'],
  ['the end of a line', 'a\r\nb'],
  ['NUL', 'a\u0000b'],
  ['a separator of lines', 'a\u2028b'],
  ['half a character', 'a\ud83d b'],
])('with %s it is no line, and can be made one', (_, text) => {
  expect(isLine(text, 200)).toBe(false)
  const line = toTextLine(text, 200)
  expect(isLine(line, 200)).toBe(true)
  expect(line.startsWith(text[0] ?? '')).toBe(true)
})

test('whatever it is, what is made of it is a line or empty; and a line stays as it is but for the blanks around it', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom(...DIRECTION, '\u200b', '\u200d', '\ud800', '\udc00', '\u001b', '\n', ' ', 'a', 'ש', '👩'),
  )
  const text = fc.array(unit, { maxLength: 30 }).map((units) => units.join(''))
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 40 }), (given, longest) => {
      const line = toTextLine(given, longest)
      expect(line === '' || isLine(line, longest)).toBe(true)
      if (isLine(given, longest)) expect(line).toBe(given.trim())
      expect(line === '').toBe(!isVisible(given.toWellFormed()))
    }),
    { numRuns: 1_000 },
  )
})

test('ten megabytes are judged and cut in no time to speak of', () => {
  const startedAt = performance.now()
  for (const unit of ['\u202e', '\u200b', 'a\n', ' ']) {
    const text = unit.repeat(10_000_000 / unit.length)
    expect(isLine(text, 200)).toBe(false)
    expect(toTextLine(text, 200).length).toBeLessThanOrEqual(200)
  }
  expect(performance.now() - startedAt).toBeLessThan(20_000)
})
