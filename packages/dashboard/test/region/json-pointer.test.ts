import { expect, it } from 'vitest'
import { fromPointer, toDotted, toPointer, valueAt } from '../../page/region/json-pointer.ts'

const hostile = JSON.parse('{"a/b":{"~c":1},"":{"":2},"__proto__":{"x":3},"list":[{"y":4}]}')

it.each([
  [['a/b', '~c'], '/a~1b/~0c', 'a/b.~c', 1],
  [['', ''], '//', '(document)', 2],
  [['__proto__', 'x'], '/__proto__/x', '__proto__.x', 3],
  [['list', '0', 'y'], '/list/0/y', 'list[0].y', 4],
  [['constructor'], '/constructor', 'constructor', undefined],
])('%j', (keys, pointer, dotted, value) => {
  expect(toPointer(keys)).toBe(pointer)
  expect(fromPointer(pointer)).toEqual(keys)
  if (dotted !== '(document)') expect(toDotted(pointer)).toBe(dotted)
  expect(valueAt(hostile, pointer)).toBe(value)
})

it('names the document itself', () => {
  expect(toDotted('')).toBe('(document)')
  expect(valueAt(hostile, '')).toBe(hostile)
})
