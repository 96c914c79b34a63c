import { compareBytes } from '@sightline/core/ports'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromKeyText, keyRange, toKeyText } from '../src/key-text.ts'

const text = fc.string({ unit: 'binary' })
const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

test('keys order as their parts do, each by its UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 2, maxLength: 2 }), ([a, b]) => {
      const [first, second] = [a, b] as [[string, string], [string, string]]
      const expected = compareBytes(first[0], second[0]) || compareBytes(first[1], second[1])
      expect(Math.sign(compareTexts(toKeyText(...first), toKeyText(...second)))).toBe(Math.sign(expected))
    }),
    { numRuns: 2_000 },
  )
})

test('keys are printable ASCII, and plain names stay readable', () => {
  fc.assert(fc.property(text, (name) => void expect(toKeyText(name)).toMatch(/^[!-~]*$/)))
  expect(toKeyText('default', 'orders', 'eu-west')).toBe('default orders eu-west')
  expect(toKeyText('a b', '~', '\0')).toBe('a!20b ~7e !00')
})

test('a range holds the keys of its first part and no others', () => {
  fc.assert(
    fc.property(text, text, text, (first, other, second) => {
      const { from, to } = keyRange(first)
      const key = toKeyText(other, second)
      expect(key >= from && key < to).toBe(other === first)
    }),
    {
      numRuns: 2_000,
      examples: [
        ['a', 'a\0', ''],
        ['a', 'a ', ''],
        ['', '\0', ''],
      ],
    },
  )
})

test('a key tells what it was made of', () => {
  const wellFormed = fc.string({ unit: 'binary' }).filter((name) => name.isWellFormed())
  fc.assert(
    fc.property(fc.array(wellFormed, { minLength: 1 }), (parts) => void expect(fromKeyText(toKeyText(...parts))).toEqual(parts)),
    { examples: [[['\ufeff']], [['']], [['', '!', '~']]] },
  )
})
