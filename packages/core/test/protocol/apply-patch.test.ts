import { describe, expect, it } from 'vitest'
import { applyPatch } from '../../src/protocol/apply-patch.ts'
import type { PatchOperation } from '../../src/protocol/frame.ts'

describe('applyPatch', () => {
  const document = { a: { x: 1 }, list: [{ n: 1 }, { n: 2 }, { n: 3 }], other: { deep: [1, 2] } }

  it.each<[string, PatchOperation[], unknown]>([
    ['replaces a field', [{ op: 'replace', path: '/a/x', value: 2 }], { ...document, a: { x: 2 } }],
    ['adds a field', [{ op: 'add', path: '/a/y', value: null }], { ...document, a: { x: 1, y: null } }],
    ['adds over a field', [{ op: 'add', path: '/a', value: 1 }], { ...document, a: 1 }],
    ['removes a field', [{ op: 'remove', path: '/a' }], { list: document.list, other: document.other }],
    ['inserts an item', [{ op: 'add', path: '/other/deep/1', value: 9 }], { ...document, other: { deep: [1, 9, 2] } }],
    ['appends an item', [{ op: 'add', path: '/other/deep/-', value: 9 }], { ...document, other: { deep: [1, 2, 9] } }],
    ['adds at the end', [{ op: 'add', path: '/other/deep/2', value: 9 }], { ...document, other: { deep: [1, 2, 9] } }],
    ['removes an item', [{ op: 'remove', path: '/list/0' }], { ...document, list: [{ n: 2 }, { n: 3 }] }],
    ['replaces the document', [{ op: 'replace', path: '', value: [1] }], [1]],
    [
      'goes on with what it has put in',
      [
        { op: 'add', path: '/new', value: {} },
        { op: 'add', path: '/new/x', value: 1 },
      ],
      { ...document, new: { x: 1 } },
    ],
    [
      'goes on after replacing the document',
      [
        { op: 'add', path: '', value: {} },
        { op: 'add', path: '/x', value: 1 },
      ],
      { x: 1 },
    ],
  ])('%s', (_, patch, after) => {
    const before = structuredClone(document)
    expect(applyPatch(document, patch)).toEqual(after)
    expect(document).toEqual(before)
  })

  it('shares what it does not touch', () => {
    const after = applyPatch(document, [
      { op: 'replace', path: '/list/1/n', value: 5 },
      { op: 'replace', path: '/list/2/n', value: 6 },
    ]) as typeof document
    expect(after).not.toBe(document)
    expect(after.a).toBe(document.a)
    expect(after.other).toBe(document.other)
    expect(after.list).not.toBe(document.list)
    expect(after.list[0]).toBe(document.list[0])
    expect(after.list[1]).not.toBe(document.list[1])
    expect(applyPatch(document, [])).toBe(document)
  })

  it('does not change the patch either', () => {
    const patch: PatchOperation[] = [
      { op: 'add', path: '/new', value: { items: [] } },
      { op: 'add', path: '/new/items/-', value: 1 },
    ]
    const before = structuredClone(patch)
    applyPatch(document, patch)
    expect(patch).toEqual(before)
  })

  it.each<[string, PatchOperation]>([
    ['a field to replace', { op: 'replace', path: '/b', value: 1 }],
    ['a field to remove', { op: 'remove', path: '/b' }],
    ['a parent', { op: 'add', path: '/b/c', value: 1 }],
    ['a parent that holds anything', { op: 'add', path: '/a/x/y', value: 1 }],
    ['an inherited field', { op: 'replace', path: '/toString', value: 1 }],
    ['the prototype of an object', { op: 'add', path: '/__proto__/polluted', value: 1 }],
    ['the constructor of an object', { op: 'replace', path: '/constructor/name', value: 1 }],
    ['the length of an array', { op: 'replace', path: '/list/length', value: 1 }],
    ['an item to replace', { op: 'replace', path: '/list/3', value: 1 }],
    ['an item to remove', { op: 'remove', path: '/list/3' }],
    ['a place to insert', { op: 'add', path: '/list/4', value: 1 }],
    ['an item behind the end', { op: 'replace', path: '/list/-', value: 1 }],
    ['an index with zeros', { op: 'replace', path: '/list/01', value: 1 }],
    ['an index below zero', { op: 'replace', path: '/list/-1', value: 1 }],
    ['an index at all', { op: 'add', path: '/list/x', value: 1 }],
    ['a document to remove', { op: 'remove', path: '' }],
    ['a pointer', { op: 'replace', path: 'a', value: 1 }],
  ])('refuses where there is not %s', (_, operation) => {
    const before = structuredClone(document)
    const patch: PatchOperation[] = [{ op: 'replace', path: '/a/x', value: 9 }, operation]
    expect(() => applyPatch(document, patch)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
    expect(document).toEqual(before)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('sets a field named __proto__ as a field', () => {
    const after = applyPatch({}, [
      { op: 'add', path: '/__proto__', value: { x: 1 } },
      { op: 'replace', path: '/__proto__/x', value: 2 },
    ]) as object
    expect(JSON.stringify(after)).toBe('{"__proto__":{"x":2}}')
    expect(Object.getPrototypeOf(after)).toBe(Object.prototype)
    expect(JSON.stringify(applyPatch(after, [{ op: 'remove', path: '/__proto__' }]))).toBe('{}')
  })

  it('takes thousands of operations on one large array without copying it each time', () => {
    const large = Array.from({ length: 20_000 }, (_, n) => ({ n }))
    const patch = large.map((_, i): PatchOperation => ({ op: 'replace', path: `/${i}/n`, value: -i }))
    const after = applyPatch(large, patch) as typeof large
    expect(after.every(({ n }, i) => n === -i)).toBe(true)
    expect(large[5]).toEqual({ n: 5 })
  })
})
