import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { difference, isSameJson } from '../../src/changes/json-difference.ts'
import { applyPatch } from '../../src/protocol/apply-patch.ts'
import type { PatchOperation } from '../../src/protocol/frame.ts'
import { fromPairs, jsonValue, randomFrom, referenceForm } from './support/json-text.ts'

// As it arrives: through JSON text.
const sent = (patch: readonly PatchOperation[]): readonly PatchOperation[] => JSON.parse(JSON.stringify(patch))

const turns = (before: unknown, after: unknown): void => {
  const original = structuredClone(referenceForm(before))
  const result = applyPatch(before, sent(difference(before, after)))
  expect(referenceForm(result)).toBe(referenceForm(after))
  expect(referenceForm(before)).toBe(original)
}

// A value with some of its parts changed, dropped, doubled or moved: nearer to real life than two values that share nothing.
const mutate = (value: unknown, random: () => number): unknown => {
  if (random() < 0.1) return [null, 1, 'x', [], {}, { __proto__: null }][Math.floor(random() * 6)]
  if (Array.isArray(value)) {
    const items = value.flatMap((item) => {
      const choice = random()
      if (choice < 0.1) return []
      if (choice < 0.2) return [item, mutate(item, random)]
      return [mutate(item, random)]
    })
    return random() < 0.2 ? [...items, 'added'] : items
  }
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(() => random() > 0.1)
  return fromPairs([
    ...fields.map(([key, field]) => [key, mutate(field, random)] as const),
    ...(random() < 0.2 ? ([['new/~key', 1]] as const) : []),
  ])
}

describe('difference', () => {
  it('turns any value into any other, through applyPatch', () => {
    fc.assert(fc.property(jsonValue(), jsonValue(), turns), { numRuns: 400 })
  })

  it('turns any value into a changed one', () => {
    fc.assert(
      fc.property(jsonValue(), fc.integer(), (value, seed) => turns(value, mutate(value, randomFrom(seed)))),
      { numRuns: 600 },
    )
  })

  it('is empty exactly where nothing differs', () => {
    fc.assert(
      fc.property(jsonValue(), jsonValue(), (a, b) => {
        expect(difference(a, structuredClone(a))).toEqual([])
        expect(difference(a, b).length === 0).toBe(referenceForm(a) === referenceForm(b))
        expect(isSameJson(a, b)).toBe(referenceForm(a) === referenceForm(b))
      }),
    )
    expect(difference({ a: 0, b: 1 }, { b: 1, a: -0 })).toEqual([])
  })

  it.each<[string, unknown, unknown, readonly PatchOperation[]]>([
    ['a field changed', { a: 1, b: { c: 2 } }, { a: 1, b: { c: 3 } }, [{ op: 'replace', path: '/b/c', value: 3 }]],
    ['a field added', { a: 1 }, { a: 1, b: null }, [{ op: 'add', path: '/b', value: null }]],
    ['a field removed', { a: 1, b: 2 }, { a: 1 }, [{ op: 'remove', path: '/b' }]],
    [
      'keys that need escapes',
      { 'a/b~c': 1, '': 2 },
      { 'a/b~c': 3, '': 4 },
      [
        { op: 'replace', path: '/a~1b~0c', value: 3 },
        { op: 'replace', path: '/', value: 4 },
      ],
    ],
    ['the whole document', [1], { a: 1 }, [{ op: 'replace', path: '', value: { a: 1 } }]],
    ['an item put in', [1, 2, 3], [1, 9, 2, 3], [{ op: 'add', path: '/1', value: 9 }]],
    ['an item appended', [1], [1, 2], [{ op: 'add', path: '/1', value: 2 }]],
    ['an item taken out', [1, 2, 3], [1, 3], [{ op: 'remove', path: '/1' }]],
    [
      'items taken out, from the back',
      [1, 2, 3, 4],
      [4],
      [
        { op: 'remove', path: '/2' },
        { op: 'remove', path: '/1' },
        { op: 'remove', path: '/0' },
      ],
    ],
    ['a field of an item', [{ a: 1 }, { a: 2 }], [{ a: 1 }, { a: 3 }], [{ op: 'replace', path: '/1/a', value: 3 }]],
  ])('writes %s as RFC 6902 says', (_, before, after, patch) => {
    expect(difference(before, after)).toEqual(patch)
  })

  it('keeps __proto__ a field', () => {
    const before = JSON.parse('{"__proto__":{"polluted":1}}')
    const after = JSON.parse('{"__proto__":{"polluted":2},"constructor":{"prototype":{"x":1}}}')
    turns(before, after)
    turns({}, before)
    turns(before, {})
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})
