import { expect, it } from 'vitest'
import { toReadable } from '../../page/region/readable-patch.ts'

it('reads each operation against what the ones ahead of it left', () => {
  const document = { open: 1, list: ['a', 'b', 'c'], 'a/b': true }
  expect(
    toReadable(document, [
      { op: 'replace', path: '/open', value: 2 },
      { op: 'remove', path: '/list/0' },
      { op: 'remove', path: '/list/0' },
      { op: 'add', path: '/list/0', value: 'z' },
      { op: 'add', path: '/list/-', value: 'end' },
      { op: 'add', path: '/fresh', value: { x: 1 } },
      { op: 'add', path: '/a~1b', value: false },
    ]),
  ).toEqual([
    { pointer: '/open', kind: 'replaced', before: 1, after: 2 },
    { pointer: '/list/0', kind: 'removed', before: 'a', after: undefined },
    { pointer: '/list/0', kind: 'removed', before: 'b', after: undefined },
    { pointer: '/list/0', kind: 'added', before: undefined, after: 'z' },
    { pointer: '/list/-', kind: 'added', before: undefined, after: 'end' },
    { pointer: '/fresh', kind: 'added', before: undefined, after: { x: 1 } },
    { pointer: '/a~1b', kind: 'replaced', before: true, after: false },
  ])
  expect(document).toEqual({ open: 1, list: ['a', 'b', 'c'], 'a/b': true })
})

it('reads a whole document replaced', () => {
  expect(toReadable({ a: 1 }, [{ op: 'replace', path: '', value: 5 }])).toEqual([
    { pointer: '', kind: 'replaced', before: { a: 1 }, after: 5 },
  ])
})
