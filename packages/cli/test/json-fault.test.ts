import { expect, it } from 'vitest'
import { findJsonFault } from '../src/json-fault.ts'

it.each([
  '{}',
  '[]',
  ' {"a": [1, -0.5e+10, true, false, null, "x\\n\\u00e9"], "b": {"a": {}}} ',
  '0',
  '"\\ud800"',
  '[{"a":1},{"a":2}]',
  '"\u007f\u2028"',
])('%s has none', (text) => {
  JSON.parse(text)
  expect(findJsonFault(text)).toBeNull()
})

it.each([
  ['', 1, 1, 'not JSON: expected a value'],
  ['{', 1, 2, 'not JSON: expected a key or }'],
  ['{"a"', 1, 5, 'not JSON: expected :'],
  ['{"a":', 1, 6, 'not JSON: expected a value'],
  ['{"a":1', 1, 7, 'not JSON: expected , or }'],
  ['{"a":1,}', 1, 8, 'not JSON: expected a key'],
  ['[1 2]', 1, 4, 'not JSON: expected , or ]'],
  ['[1,]', 1, 4, 'not JSON: expected a value'],
  ['[', 1, 2, 'not JSON: expected a value or ]'],
  ['[}', 1, 2, 'not JSON: expected a value or ]'],
  ['{} {}', 1, 4, 'not JSON: expected the end'],
  ['{\n  // none\n}', 2, 3, 'not JSON: expected a key or }'],
  ['{\n  "a": 01\n}', 2, 8, 'not JSON: expected a value'],
  ["{'a': 1}", 1, 2, 'not JSON: expected a key or }'],
  ['"a\nb"', 1, 1, 'not JSON: expected a value'],
  ['[NaN]', 1, 2, 'not JSON: expected a value or ]'],
  ['{"a":1,"b":{"c":1,"\\u0063":2}}', 1, 19, 'names a key that this object has already'],
])('%j', (text, line, column, message) => {
  if (message.startsWith('not JSON')) expect(() => JSON.parse(text)).toThrow(SyntaxError)
  expect(findJsonFault(text)).toEqual({ line, column, message })
})
