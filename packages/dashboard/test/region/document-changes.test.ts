import { expect, it } from 'vitest'
import { findChanges } from '../../page/region/document-changes.ts'

it('names every field that differs, in the order of the newer document', () => {
  const before = { a: 1, gone: true, deep: { x: [1, 2], y: null }, same: { z: 0 } }
  const after = { deep: { x: [1, 3, 4], y: {} }, a: 1, same: { z: 0 }, fresh: [] }
  expect(findChanges(before, after)).toEqual([
    { pointer: '/deep/x/1', kind: 'replaced', before: 2, after: 3 },
    { pointer: '/deep/x/2', kind: 'added', before: undefined, after: 4 },
    { pointer: '/deep/y', kind: 'replaced', before: null, after: {} },
    { pointer: '/fresh', kind: 'added', before: undefined, after: [] },
    { pointer: '/gone', kind: 'removed', before: true, after: undefined },
  ])
})

it('compares documents that are no objects', () => {
  expect(findChanges(1, 2)).toEqual([{ pointer: '', kind: 'replaced', before: 1, after: 2 }])
  expect(findChanges([], {})).toHaveLength(1)
  expect(findChanges(null, null)).toEqual([])
})

it('stops at its limit', () => {
  const many = (value: number) => Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, value]))
  expect(findChanges(many(1), many(2), { limit: 10 })).toHaveLength(10)
})

it('leaves out what is ignored, and goes on to its limit with the rest', () => {
  const isIgnored = (pointer: string) => pointer.startsWith('/uptime') || pointer === '/at'
  const before = { at: 1, uptime: { host: 1, process: 1 }, open: 3, gone: 1 }
  const after = { at: 2, uptime: { host: 2, process: 2 }, open: 4, fresh: 1 }
  const found = findChanges(before, after, { limit: 3, isIgnored })
  expect(found.map(({ pointer, kind }) => [pointer, kind])).toEqual([
    ['/open', 'replaced'],
    ['/fresh', 'added'],
    ['/gone', 'removed'],
  ])
  expect(findChanges({ at: 1 }, { at: 2 }, { isIgnored })).toEqual([])
})
