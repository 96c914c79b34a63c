import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes } from '../../src/ports/byte-order.ts'

test('orders as the UTF-8 bytes do', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')))
    }),
    { numRuns: 2_000 },
  )
})

test('puts what lies beyond the basic plane after all of it', () => {
  expect(['😀', '\ue000', '\uffff', 'a', '\u{10000}', ''].sort(compareBytes)).toEqual([
    '',
    'a',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '😀',
  ])
})
