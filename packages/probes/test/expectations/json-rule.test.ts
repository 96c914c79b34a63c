import { describe, expect, it } from 'vitest'
import { type JsonRule, judgeJson } from '../../src/expectations/json-rule.ts'

const document = {
  status: 'ok',
  depth: 12,
  isReady: true,
  nothing: null,
  'a/b': { 'c~d': 1 },
  items: [{ name: 'first' }, 7],
}

describe('a JSON rule', () => {
  it.each<readonly [JsonRule]>([
    [{ path: '/status' }],
    [{ path: '/status', equals: 'ok' }],
    [{ path: '/depth', above: 11, below: 13 }],
    [{ path: '/depth', equals: 12 }],
    [{ path: '/isReady', equals: true }],
    [{ path: '/nothing', equals: null }],
    [{ path: '/a~1b/c~0d', equals: 1 }],
    [{ path: '/items/0/name', equals: 'first' }],
    [{ path: '/items/1', above: 6.9 }],
    [{ path: '' }],
    [{ path: '/missing', exists: false }],
    [{ path: '/items/2', exists: false }],
  ])('%j is kept', (rule) => {
    expect(judgeJson(document, rule)).toBeNull()
  })

  it.each<readonly [JsonRule, string]>([
    [{ path: '/missing' }, 'has no /missing'],
    [{ path: '/items/length' }, 'has no /items/length'],
    [{ path: '/items/00' }, 'has no /items/00'],
    [{ path: '/constructor' }, 'has no /constructor'],
    [{ path: '/__proto__/toString' }, 'has no /__proto__/toString'],
    [{ path: '/status/length' }, 'has no /status/length'],
    [{ path: '/status', exists: false }, 'has /status, which must not be there'],
    [{ path: '/status', equals: 'up' }, 'has another text at /status, which must be the text expected'],
    [{ path: '/depth', equals: '12' }, 'has 12 at /depth, which must be the text expected'],
    [{ path: '/depth', above: 12 }, 'has 12 at /depth, which must be above 12'],
    [{ path: '/depth', below: 12 }, 'has 12 at /depth, which must be below 12'],
    [{ path: '/status', below: 5 }, 'has another text at /status, which must be below 5'],
    [{ path: '/items', above: 1 }, 'has an array at /items, which must be above 1'],
    [{ path: '/a~1b', equals: 1 }, 'has an object at /a~1b, which must be 1'],
    [{ path: '/nothing', equals: false }, 'has null at /nothing, which must be false'],
    [{ path: '', equals: 3 }, 'has an object at the whole document, which must be 3'],
  ])('%j is broken', (rule, fault) => {
    expect(judgeJson(document, rule)).toBe(fault)
  })
})
