import { expect, it } from 'vitest'
import { closestName } from '../src/closest-name.ts'

it.each([
  ['intervalMS', 'intervalMs'],
  ['intervalSeconds', null],
  ['timoutMs', 'timeoutMs'],
  ['tiemoutMs', 'timeoutMs'],
  ['regoins', 'regions'],
  ['zzz', null],
  ['', null],
  ['x'.repeat(100_000), null],
])('%s → %s', (word, name) => {
  expect(closestName(word, ['regions', 'intervalMs', 'timeoutMs'])).toBe(name)
})
