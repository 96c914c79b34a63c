import { SightlineError } from '@sightline/core'
import type { Page, PageRequest, StorageDriver } from '@sightline/core/ports'
import { listings } from '../../src/storage/listings.ts'
import { alter, type Fault } from './fault.ts'

type List = (page: PageRequest) => Promise<Page<unknown>>

/** Every listing of the driver, changed in one way. */
const listingsOf = (driver: StorageDriver, change: (list: List) => List): StorageDriver => {
  const through = <T, P extends PageRequest>(list: (page: P) => Promise<Page<T>>, page: P): Promise<Page<T>> =>
    change((asked) => list({ ...page, cursor: undefined, ...asked } as P))(pageOf(page)) as Promise<Page<T>>
  return alter(driver, {
    snapshots: {
      heads: (scope, page) => through((asked) => driver.snapshots.heads(scope, asked), page),
      history: (key, page) => through((asked) => driver.snapshots.history(key, asked), page),
    },
    samples: { points: (span, page) => through((asked) => driver.samples.points(span, asked), page) },
    logs: { search: (scope, query) => through((asked) => driver.logs.search(scope, asked), query) },
    collection: (collection) => ({
      list: (scope, query) => through((asked) => collection.list(scope, asked), query),
      heads: (scope, page) => through((asked) => collection.heads(scope, asked), page),
    }),
  })
}

const pageOf = ({ limit, cursor }: PageRequest): PageRequest => (cursor === undefined ? { limit } : { limit, cursor })

const every = (title: string): readonly string[] => Object.keys(listings).map((what) => `paging: ${what}: ${title}`)
const stays = every('what stays is listed exactly once, in order, whatever comes and goes meanwhile')
const anySize = every('pages of any size hold the same')
const across = every('a cursor goes on in another process')
const refused = every('a bad limit and a foreign cursor are refused')
const nothing = every('where there is nothing, the first page ends it')

const all = async (list: List): Promise<readonly unknown[]> => {
  const items: unknown[] = []
  for (let page = await list({ limit: 1_000 }); ; page = await list({ limit: 1_000, cursor: page.next })) {
    items.push(...page.items)
    if (page.next === null) return items
  }
}

const paged = (breaks: string, noticedBy: readonly string[], change: (list: List) => List): Fault => ({
  breaks,
  noticedBy,
  wrap: () => (driver) => listingsOf(driver, change),
})

/** Listings that lose, repeat or take what they should not. */
export const pagingFaults: readonly Fault[] = [
  paged('the last item of a full page is skipped', [...stays, ...anySize, ...across], (list) => async (page) => {
    const { items, next } = await list(page)
    return { items: next === null ? items : items.slice(0, -1), next }
  }),

  paged('the first item of a next page is told twice', [...stays, ...anySize, ...across], (list) => async (page) => {
    const { items, next } = await list(page)
    return page.cursor === undefined ? { items, next } : { items: [...items.slice(0, 1), ...items].slice(0, page.limit), next }
  }),

  paged('a cursor is a number of items', stays, (list) => async ({ limit, cursor }) => {
    const isNumber = cursor === undefined || /^\d+$/.test(cursor)
    if (!isNumber || limit < 1) return list({ limit, cursor: 'refused' })
    const items = await all(list)
    const end = Number(cursor ?? 0) + limit
    return { items: items.slice(Number(cursor ?? 0), end), next: end < items.length ? String(end) : null }
  }),

  {
    breaks: 'a cursor is known only to the process that made it',
    noticedBy: across,
    wrap: () => (driver) => {
      const made = new Set<string>()
      return listingsOf(driver, (list) => async (page) => {
        if (page.cursor !== undefined && !made.has(page.cursor)) throw new SightlineError('INVALID_INPUT', 'Not mine.')
        const answer = await list(page)
        if (answer.next !== null) made.add(answer.next)
        return answer
      })
    },
  },

  paged(
    'a foreign cursor begins from the front',
    refused,
    (list) => (page) => list(page).catch(() => list({ limit: page.limit })),
  ),
  paged('a limit of 0 is 1', refused, (list) => (page) => list({ ...page, limit: Math.max(1, Math.floor(page.limit) || 1) })),
  paged(
    'a page holds more than was asked for',
    [...anySize, ...stays],
    (list) => (page) => list({ ...page, limit: page.limit * 2 }),
  ),
  paged('a listing never ends', nothing, (list) => async (page) => {
    const { items, next } = await list(page)
    return { items, next: next ?? page.cursor ?? 'again' }
  }),
  paged('every listing holds one item that nobody wrote', nothing, (list) => async (page) => {
    const { items, next } = await list(page)
    const ghost = {
      id: 'ghost',
      team: 'red',
      version: { epoch: 'e', revision: 1 },
      at: 0,
      series: { team: 'red', service: 'ghost', region: '' },
      key: { team: 'red', api: 'ghost', region: '' },
      values: {},
    }
    return { items: next === null && items.length < page.limit ? [...items, ghost] : items, next }
  }),
]
