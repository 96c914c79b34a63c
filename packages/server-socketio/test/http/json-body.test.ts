import { expect, test } from 'vitest'
import { findPrototypeKey } from '../../src/http/json-body.ts'

test.each([
  ['{"a":1}', null],
  ['[1,"__proto__",{"a":"__proto__"}]', null],
  ['{"__proto__":1}', '__proto__'],
  ['{"a":[{"b":{"__proto__":null}}]}', 'a.0.b.__proto__'],
  ['5', null],
  ['null', null],
])('%s', (text, path) => {
  expect(findPrototypeKey(JSON.parse(text))).toBe(path)
})

test('a million levels are walked without recursion, and named by a path of bounded length', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(1_000_000)}{"__proto__":1}${'}'.repeat(1_000_000)}`) as unknown
  expect(findPrototypeKey(deep)?.length).toBeLessThan(300)
})
