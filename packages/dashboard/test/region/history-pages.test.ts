import type { MetricsSnapshot } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { addEntries, mostEntries, nextAsOf, toEntries } from '../../page/region/history-pages.ts'

const entry = (revision: number, epoch = 'e'): MetricsSnapshot => ({
  api: 'a',
  region: 'b',
  epoch,
  revision,
  hash: '',
  data: revision,
  createdAt: 0,
  updatedAt: revision,
})
const pages = [
  { items: [entry(5), entry(4)], next: 'more' },
  { items: [entry(3)], next: null },
]
const revisions = (all: ReturnType<typeof addEntries>) => all.map(({ items }) => items.map(({ revision }) => revision))

it('puts newer entries ahead, and passes over known ones', () => {
  expect(revisions(addEntries(pages, [entry(6)]))).toEqual([[6, 5, 4], [3]])
  expect(revisions(addEntries(pages, [entry(8), entry(7), entry(6), entry(5), entry(4)]))).toEqual([[8, 7, 6, 5, 4], [3]])
  expect(revisions(addEntries(pages, [entry(5), entry(4)]))).toEqual([[5, 4], [3]])
  expect(addEntries(pages, [entry(6)])[0]?.next).toBe('more')
})

it('fills an empty history, and has no page to put anything into without one', () => {
  expect(revisions(addEntries([{ items: [], next: null }], [entry(2), entry(1)]))).toEqual([[2, 1]])
  expect(addEntries([], [entry(1)])).toEqual([])
})

it('makes one list of pages that overlap in one entry', () => {
  const all = toEntries([
    { items: [entry(5), entry(4)], next: 'x' },
    { items: [entry(4), entry(3)], next: 'x' },
    { items: [entry(3), entry(1, 'older')], next: null },
  ])
  expect(all.map(({ epoch, revision }) => `${epoch}${revision}`)).toEqual(['e5', 'e4', 'e3', 'older1'])
  expect(toEntries([])).toEqual([])
})

it('goes on at the last entry, and stops at the end', () => {
  expect(nextAsOf({ items: [entry(5), entry(4)], next: 'x' })).toBe(4)
  expect(nextAsOf({ items: [entry(5)], next: null })).toBeUndefined()
})

it(`keeps the newest ${mostEntries} entries, and knows that there are older ones`, () => {
  const many = Array.from({ length: mostEntries }, (_, i) => entry(mostEntries - i))
  const [page, ...others] = addEntries([{ items: many, next: null }, ...pages], [entry(mostEntries + 1)])
  expect(page?.items).toHaveLength(mostEntries)
  expect(page?.items[0]?.revision).toBe(mostEntries + 1)
  expect(page?.next).not.toBeNull()
  expect(others).toEqual([])
})
