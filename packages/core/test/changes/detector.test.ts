import { describe, expect, it } from 'vitest'
import { compileDetector, type DetectionRules } from '../../src/changes/detector.ts'
import { parseFieldPath } from '../../src/changes/field-path.ts'
import { SightlineError } from '../../src/errors.ts'

const faultsOf = (rules: DetectionRules) => {
  try {
    compileDetector(rules)
  } catch (thrown) {
    const error = SightlineError.from(thrown)
    return { code: error.code, paths: error.fields?.map(({ path }) => path) }
  }
  return null
}

describe('the fingerprint of a detector', () => {
  const rules: DetectionRules = { ignore: ['a', 'hosts[].up'], deadband: { load: 1, heap: { percent: 5 } } }

  it('is the same for the same rules, in whatever order and spelling', () => {
    const other: DetectionRules = { deadband: { heap: { percent: 5 }, load: 1 }, ignore: ['hosts.*.up', 'a', 'a'], maxDepth: 50 }
    expect(compileDetector(other).fingerprint).toBe(compileDetector(rules).fingerprint)
  })

  it('stays what it was: a store written yesterday is compared by it', () => {
    expect(compileDetector().fingerprint).toBe('69056ee58e83491a9904c7a67b8c273ee320503e')
    expect(compileDetector(rules).fingerprint).toBe('93ddc93728f984cca392f1bbc4a05cf44a61923d')
  })

  it('is another one for other rules', () => {
    const others: DetectionRules[] = [
      {},
      { ignore: ['a'] },
      { ignore: ['*'] },
      { ignore: ['\\*'] },
      { ignore: ['a.b'] },
      { ignore: ['a\\.b'] },
      { deadband: { a: 1 } },
      { deadband: { a: 2 } },
      { deadband: { a: { percent: 1 } } },
      { deadband: { b: 1 } },
    ]
    expect(new Set(others.map((one) => compileDetector(one).fingerprint)).size).toBe(others.length)
  })
})

describe('compileDetector', () => {
  it('lists every fault with its path', () => {
    expect(
      faultsOf({
        ignore: ['ok', '', 'a..b', '.a', 'a.', 'a\\', '**', 'a.**', '**.a.**.b', 'a[', 'a[0]', '[]a'],
        deadband: { 'x..y': 1, negative: -1, nan: Number.NaN, none: null as unknown as number, percent: { percent: -5 } },
        maxDepth: 0,
      }),
    ).toEqual({
      code: 'INVALID_CONFIG',
      paths: [
        ...Array.from({ length: 11 }, (_, i) => `ignore.${i + 1}`),
        ...['x..y', 'negative', 'nan', 'none', 'percent'].map((path) => `deadband.${path}`),
        'maxDepth',
      ],
    })
  })

  it.each([0, -1, 1.5, 1_001, Number.NaN])('refuses a depth of %s', (maxDepth) => {
    expect(faultsOf({ maxDepth })).toEqual({ code: 'INVALID_CONFIG', paths: ['maxDepth'] })
  })
})

describe('parseFieldPath', () => {
  const key = (name: string) => ({ key: name })

  it.each([
    ['generatedAt', [key('generatedAt')]],
    ['meta.generatedAt', [key('meta'), key('generatedAt')]],
    ['hosts.*.up', [key('hosts'), '*', key('up')]],
    ['hosts[].up', [key('hosts'), '*', key('up')]],
    ['hosts[][]', [key('hosts'), '*', '*']],
    ['[].up', ['*', key('up')]],
    ['**.name', ['**', key('name')]],
    ['a.**.b', [key('a'), '**', key('b')]],
    ['a\\.b.c', [key('a.b'), key('c')]],
    ['\\*.\\*\\*', [key('*'), key('**')]],
    ['a\\[\\]', [key('a[]')]],
    ['a\\\\b', [key('a\\b')]],
    ['a*', [key('a*')]],
    ['0.x', [key('0'), key('x')]],
  ])('%s', (path, steps) => {
    expect(parseFieldPath(path)).toEqual(steps)
  })
})
