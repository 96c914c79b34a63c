import { expect, it } from 'vitest'
import { parseRegionView, parseRevision, spellRevision } from '../../page/region/region-view.ts'

it('reads what fits of an address and leaves out the rest', () => {
  const view = { field: '/a/b', range: '1h', view: 'table', from: 'e~1', to: 'x~y~22', patch: 'raw' }
  expect(parseRegionView(view)).toEqual(view)
  expect(parseRegionView({ field: 'a', range: 'constructor', view: 'x', from: 'e', to: 'e~0', patch: true, other: 1 })).toEqual(
    {},
  )
})

it.each([
  ['9b2e~12', { epoch: '9b2e', revision: 12 }],
  ['a~b~3', { epoch: 'a~b', revision: 3 }],
  ['~3', null],
  ['e~', null],
  ['e~1.5', null],
  ['e~-1', null],
  [7, null],
  [undefined, null],
])('a revision %j', (text, revision) => {
  expect(parseRevision(text)).toEqual(revision)
  if (revision !== null) expect(spellRevision(revision)).toBe(text)
})
