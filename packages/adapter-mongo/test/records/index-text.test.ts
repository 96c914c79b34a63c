import { compareBytes } from '@sightline/core/ports'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { indexEnd, indexRange, toIndexText } from '../../src/records/index-text.ts'

const value = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
type Value = string | number | boolean | null

const kinds = ['object', 'boolean', 'number', 'string']
const compareValues = (a: Value, b: Value): number =>
  typeof a === 'string' && typeof b === 'string'
    ? compareBytes(a, b)
    : typeof a === typeof b
      ? Number(a) - Number(b) || 0
      : kinds.indexOf(typeof a) - kinds.indexOf(typeof b)

test('texts order as the values do: kinds, numbers by value, strings by bytes, one value after another', () => {
  fc.assert(
    fc.property(fc.tuple(value, value), fc.tuple(value, value), (a, b) => {
      const [first, second] = [toIndexText(a), toIndexText(b)]
      const expected = compareValues(a[0], b[0]) || compareValues(a[1], b[1])
      expect(Math.sign(first < second ? -1 : first > second ? 1 : 0)).toBe(Math.sign(expected) + 0)
    }),
    {
      numRuns: 3_000,
      examples: [
        [
          [0, 1],
          [-0, 1],
        ],
        [
          ['a', 'b'],
          ['a\0', ''],
        ],
        [
          [Number.NEGATIVE_INFINITY, 0],
          [-1e308, 0],
        ],
      ],
    },
  )
})

test('a range holds the present values from its beginning to its end, whatever follows', () => {
  const prefix = toIndexText(['open'])
  const { lowest, highest } = indexRange(prefix, { from: 2, to: 5 })
  const within = [null, false, 1.9, 2, 5, 5.1, 'a'].filter((each) => {
    const text = toIndexText(['open', each])
    return text >= lowest && text <= highest
  })
  expect(within).toEqual([2, 5])
  const all = indexRange(prefix, {})
  expect(toIndexText(['open', null]) < all.lowest).toBe(true)
  for (const each of [true, -1, '', '\u{10ffff}']) expect(toIndexText(['open', each]) <= all.highest).toBe(true)
  expect(toIndexText(['open', '\u{10ffff}', 'z']) < indexEnd(prefix)).toBe(true)
  expect(toIndexText(['opens']) > indexEnd(prefix) || toIndexText(['opens']) < prefix).toBe(true)
})

test('a long text is compared by its beginning', () => {
  expect(toIndexText(['x'.repeat(600)])).toBe(toIndexText(['x'.repeat(512)]))
})
