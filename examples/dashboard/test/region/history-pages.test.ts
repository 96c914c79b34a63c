import type { MetricsSnapshot } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { addEntries } from '../../src/region/history-pages.ts'

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
