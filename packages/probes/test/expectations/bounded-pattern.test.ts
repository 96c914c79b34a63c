import { describe, expect, it } from 'vitest'
import { maxMatchedChars, patternFault, patternTest } from '../../src/expectations/bounded-pattern.ts'

describe('a pattern', () => {
  it.each([
    'ready',
    '^220 [^\\r\\n]*ESMTP',
    'a+b*c',
    '(?:up|ok)',
    '(a+)?',
    '(?:ab){3}',
    '[(+)]+',
    '\\(a+\\)+',
    '(?<name>a+)b',
    '\\p{L}+',
    'x{2,}y',
    '(a+){1}',
    '(a|b)+',
  ])('%s is taken', (source) => {
    expect(patternFault(source)).toBeNull()
  })

  it.each([
    ['(a+)+', 'must not repeat what has a repetition in it'],
    ['(a*)*$', 'must not repeat what has a repetition in it'],
    ['(?:x(?:a{2,})?)*', 'must not repeat what has a repetition in it'],
    ['((a+)b){5}', 'must not repeat what has a repetition in it'],
    ['(?<n>.*)+', 'must not repeat what has a repetition in it'],
    ['(?=.*a)*', 'must be a regular expression as JavaScript has it, with the flag u'],
    ['(a)\\1', 'must not refer back to a group'],
    ['(?<n>a)\\k<n>', 'must not refer back to a group'],
    ['(', 'must be a regular expression as JavaScript has it, with the flag u'],
    ['a'.repeat(1_001), 'must be at most 1000 characters long'],
  ])('%s is refused', (source, message) => {
    expect(patternFault(source)).toBe(message)
  })

  it.each([
    ['^ok$', 'ok', 'matches'],
    ['^ok$', 'not ok', 'differs'],
    ['o.*k', 'o--k', 'matches'],
    ['o.*k', 'o--', 'differs'],
    ['ü+', 'aüü', 'matches'],
  ])('%s on %s: %s', (source, text, verdict) => {
    expect(patternTest(source)(text)).toBe(verdict)
  })

  it('looks no further than its limit', () => {
    const test = patternTest('needle')
    const hay = 'x'.repeat(maxMatchedChars)
    expect(test(`${hay.slice(6)}needle${hay}`)).toBe('matches')
    expect(test(`${hay}needle`)).toBe('differs')
  })

  it('that takes too long is stopped, and works again afterwards', () => {
    // No nesting, and still of the fourth power: minutes without a watchdog.
    const test = patternTest('a*a*a*a*b$')
    const startedAt = performance.now()
    expect(test('a'.repeat(maxMatchedChars))).toBe('too slow')
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(test('aab')).toBe('matches')
  })
})
