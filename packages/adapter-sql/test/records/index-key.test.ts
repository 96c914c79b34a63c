import type { IndexValue } from '@sightline/core/driver'
import { compareBytes } from '@sightline/core/ports'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { indexEnd, indexRange, toIndexKey } from '../../src/records/index-key.ts'

const value: fc.Arbitrary<IndexValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 1, -1, Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('', '\0', '\0a', '\u0001', 'a', 'a\0', 'ab', '\ue000', '😀'),
)

const kinds = ['object', 'boolean', 'number', 'string']

const compareValues = (a: IndexValue, b: IndexValue): number => {
  if (typeof a === 'string' && typeof b === 'string') return Math.sign(compareBytes(a, b))
  return typeof a === typeof b ? Math.sign(Number(a) - Number(b)) : Math.sign(kinds.indexOf(typeof a) - kinds.indexOf(typeof b))
}

const compareTuples = (a: readonly IndexValue[], b: readonly IndexValue[]): number => {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compareValues(a[index] as IndexValue, b[index] as IndexValue)
    if (order !== 0) return order
  }
  return Math.sign(a.length - b.length)
}

test('keys compare as the values do, one after another', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), fc.array(value, { maxLength: 3 }), (a, b) => {
      expect(Buffer.compare(toIndexKey(a), toIndexKey(b))).toBe(compareTuples(a, b))
    }),
    { numRuns: 5_000 },
  )
})

test('a range holds the present values from one to the other, inclusive', () => {
  const edge = fc.oneof(fc.integer(), fc.string({ maxLength: 4 }))
  fc.assert(
    fc.property(
      value,
      value,
      fc.option(edge, { nil: undefined }),
      fc.option(edge, { nil: undefined }),
      (first, next, from, to) => {
        const { lowest, highest } = indexRange(toIndexKey([first]), { from, to })
        const key = toIndexKey([first, next])
        const isWithin = Buffer.compare(key, lowest) >= 0 && Buffer.compare(key, highest) <= 0
        const isExpected =
          next !== null &&
          (from === undefined || compareValues(next, from) >= 0) &&
          (to === undefined || compareValues(next, to) <= 0)
        expect(isWithin).toBe(isExpected)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('whatever follows a prefix lies between it and its end, and nothing else', () => {
  fc.assert(
    fc.property(value, value, value, (first, next, other) => {
      const prefix = toIndexKey([first])
      const key = toIndexKey([other, next])
      const isWithin = Buffer.compare(key, prefix) >= 0 && Buffer.compare(key, indexEnd(prefix)) <= 0
      expect(isWithin).toBe(compareValues(first, other) === 0)
    }),
  )
})

test('a long text takes a bounded place and keeps its order against others', () => {
  const long = 'x'.repeat(100_000)
  expect(toIndexKey([long]).length).toBeLessThan(600)
  expect(Buffer.compare(toIndexKey([long]), toIndexKey(['x'.repeat(100)]))).toBe(1)
  expect(Buffer.compare(toIndexKey([long]), toIndexKey(['y']))).toBe(-1)
})
