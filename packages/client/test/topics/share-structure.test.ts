import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shareStructure } from '../../src/topics/share-structure.ts'

test('keeps what is the same, at every depth', () => {
  const before = { a: { b: [1, { c: 2 }] }, d: [3] }
  const after = shareStructure(before, { a: { b: [1, { c: 2 }] }, d: [4] })
  expect(after).toEqual({ a: { b: [1, { c: 2 }] }, d: [4] })
  expect(after.a).toBe(before.a)
  expect(shareStructure(before, structuredClone(before))).toBe(before)
})

test.each([
  ['an array that grew', [1], [1, 2]],
  ['an array that shrank', [1, 2], [1]],
  ['a field that went', { a: 1, b: undefined }, { a: 1 }],
  ['a field that came', { a: 1 }, { a: 1, b: undefined }],
  ['an object that became an array', { 0: 1 }, [1]],
  ['null', { a: 1 }, null],
])('tells apart: %s', (_, before, after) => {
  expect(shareStructure(before, after)).toStrictEqual(after)
  expect(shareStructure(before, after)).not.toBe(before)
})

test('a field named __proto__ stays a field', () => {
  const after = shareStructure(JSON.parse('{"a":1}'), JSON.parse('{"__proto__":{"x":1},"a":2}'))
  expect(Object.keys(after as object)).toEqual(['__proto__', 'a'])
  expect(Object.getPrototypeOf(after)).toBe(Object.prototype)
})

test('what is not JSON is left as it is', () => {
  const day = new Date(5)
  expect(shareStructure(new Date(4), day)).toBe(day)
  const map = new Map([['a', 1]])
  expect(shareStructure(new Map(), map)).toBe(map)
})

test('always equals the new value, and changes neither', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
      const [copyBefore, copyAfter] = structuredClone([before, after])
      expect(shareStructure(before, after)).toEqual(after)
      expect([before, after]).toEqual([copyBefore, copyAfter])
    }),
  )
})
