import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromCursor, toCursor, toPage } from '../../src/driver/cursor.ts'
import { SightlineError } from '../../src/errors.ts'

test('a cursor reads back as the position it was made of', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.integer()), { maxLength: 4 }),
      (listing, position) => {
        expect(fromCursor(listing, toCursor(listing, position))).toEqual(position)
      },
    ),
  )
  expect(fromCursor('heads', undefined)).toBe(null)
})

test('a cursor of another listing, a changed one and any other text are refused', () => {
  const cursor = toCursor('heads red', ['a', 'b', 1])
  const [position = '', sum = ''] = cursor.split('.')
  const forged = encodeURIComponent('["a","c",1]')
  for (const foreign of ['', '.', 'nonsense', `${position}`, `.${sum}`, `${forged}.${sum}`, `${position}.${sum}0`, '[]', '\0']) {
    expect(() => fromCursor('heads red', foreign), foreign).toThrow(SightlineError)
  }
  expect(() => fromCursor('heads blue', cursor)).toThrow('not one of this listing')
})

test('a page ends with a cursor only where more rows were found than it holds', () => {
  const cursorOf = (last: number): string => `after ${last}`
  expect(toPage([1, 2, 3], 3, cursorOf)).toEqual({ items: [1, 2, 3], next: null })
  expect(toPage([1, 2, 3], 2, cursorOf)).toEqual({ items: [1, 2], next: 'after 2' })
  expect(toPage([], 2, cursorOf)).toEqual({ items: [], next: null })
})
