import { describe, expect, it } from 'vitest'
import { spellValue, toRows, turn, unfolded } from '../../page/region/document-rows.ts'

const document = { a: 1, b: { c: { d: { e: { f: 2 } } } }, empty: {}, list: Array.from({ length: 50 }, (_, i) => i) }
const pointers = (unfolding = unfolded) => toRows(document, unfolding).map(({ pointer }) => pointer)

describe('toRows', () => {
  it('opens the first levels and what is small', () => {
    expect(pointers()).toEqual(['/a', '/b', '/b/c', '/b/c/d', '/empty', '/list'])
  })

  it('opens and closes by hand', () => {
    expect(pointers(turn(unfolded, '/b', false))).toEqual(['/a', '/b', '/empty', '/list'])
    expect(pointers(turn(unfolded, '/b/c/d', true))).toContain('/b/c/d/e')
    expect(pointers(turn(unfolded, '/list', true))).toHaveLength(56)
    expect(pointers(turn(turn(unfolded, '/b', false), '/b', true))).toEqual(pointers())
  })

  it('tells level, place and size', () => {
    expect(toRows(document, unfolded)[1]).toMatchObject({ key: 'b', level: 1, isOpen: true, size: 1, position: 2, siblings: 4 })
    expect(toRows(document, unfolded)[4]).toMatchObject({ key: 'empty', isOpen: null })
  })

  it('shows a document that is a plain value', () => {
    expect(toRows('x', unfolded)).toEqual([
      { pointer: '', key: '', level: 1, value: 'x', isOpen: null, size: 0, position: 1, siblings: 1 },
    ])
  })
})

it.each([
  [1, '1'],
  ['a"b', '"a\\"b"'],
  [null, 'null'],
  [{}, '{}'],
  [[], '[]'],
  [{ a: 1, b: 2 }, '{2}'],
  [[1, 2, 3], '[3]'],
  [undefined, '—'],
])('spells %j as %s', (value, text) => {
  expect(spellValue(value)).toBe(text)
})
