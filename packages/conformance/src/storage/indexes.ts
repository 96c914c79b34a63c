import assert from 'node:assert/strict'
import type { IndexQuery, StorageDriver } from '@sightline/core/ports'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import type { Ticket } from './plan.ts'
import { commitOf, commitOne, ticketWrite, won } from './writes.ts'

const red = { team: 'red' }

const insert = async (driver: StorageDriver, values: Readonly<Record<string, Ticket>>): Promise<void> => {
  const outcomes = await driver.commit(Object.entries(values).map(([id, value]) => commitOf(ticketWrite({ id, value }))))
  for (const outcome of outcomes) won(outcome)
}

/** The ids of a listing, read in pages of two, so that every order also holds across pages. */
const idsOf = async ({ tickets }: StorageContext, query: Omit<IndexQuery, 'limit' | 'cursor'>): Promise<readonly string[]> =>
  (await readAll((page) => tickets.list(red, { ...page, ...query }), { limit: 2 })).map(({ id }) => id)

/** In the order of their UTF-8 bytes; UTF-16 units, locales and collations order them otherwise. */
const byBytes = [
  '',
  '\u0000',
  ' ',
  '0',
  '10',
  '9',
  'B',
  'a',
  'b',
  'ba',
  'z',
  '\u007f',
  'ß',
  'é',
  'ı',
  '日',
  '\ue000',
  '\uffff',
  '😀',
  '\u{10ffff}',
]

/** Listing records by their indexes. */
export const indexes: Group<StorageContext> = {
  name: 'indexes',
  tests: {
    'strings order by their UTF-8 bytes': async (context) => {
      const shuffled = byBytes.map((title, index) => [`t${String((index * 7) % byBytes.length)}`, { title }] as const)
      await insert(context.driver, Object.fromEntries(shuffled))
      const ids = byBytes.map((_, index) => `t${String((index * 7) % byBytes.length)}`)
      assert.deepEqual(await idsOf(context, { index: 'byTitle', equals: {}, order: 'asc' }), ids)
      assert.deepEqual(await idsOf(context, { index: 'byTitle', equals: {}, order: 'desc' }), ids.toReversed())
    },

    'ranges of strings are compared by bytes too': async (context) => {
      await insert(context.driver, Object.fromEntries(byBytes.map((title, index) => [`t${index}`, { title }])))
      const ids = (from: number, to: number): readonly string[] => byBytes.map((_, index) => `t${index}`).slice(from, to)
      for (const [from, to] of [
        [0, 5],
        [5, 12],
        [12, byBytes.length],
        [16, 19],
      ] as const) {
        const range = { from: byBytes[from] ?? '', to: byBytes[to - 1] ?? '' }
        assert.deepEqual(
          await idsOf(context, { index: 'byTitle', equals: {}, range, order: 'asc' }),
          ids(from, to),
          JSON.stringify(range),
        )
      }
    },

    'numbers order by value': async (context) => {
      const numbers = [-1e21, -10, -9.5, -1, -0.5, 0, 1e-9, 0.5, 1, 2, 9, 10, 1_700_000_000_000, 2 ** 53, 1e21, Number.MAX_VALUE]
      await insert(context.driver, Object.fromEntries(numbers.map((priority, index) => [`t${index}`, { priority }]).toReversed()))
      const ids = numbers.map((_, index) => `t${index}`)
      assert.deepEqual(await idsOf(context, { index: 'byPriority', equals: {}, order: 'asc' }), ids)
      assert.deepEqual(await idsOf(context, { index: 'byPriority', equals: {}, order: 'desc' }), ids.toReversed())
    },

    'an absent field comes before every present one': async (context) => {
      await insert(context.driver, { low: { priority: -1e300 }, none: {}, zero: { priority: 0 }, other: { title: 'a' } })
      assert.deepEqual(await idsOf(context, { index: 'byPriority', equals: {}, order: 'asc' }), ['none', 'other', 'low', 'zero'])
      assert.deepEqual(await idsOf(context, { index: 'byPriority', equals: {}, order: 'desc' }), ['zero', 'low', 'other', 'none'])
      assert.deepEqual(await idsOf(context, { index: 'byTitle', equals: {}, order: 'asc' }), ['low', 'none', 'zero', 'other'])
    },

    'a range is inclusive at both ends, open where an end is left out, and holds present values only': async (context) => {
      await insert(context.driver, { none: {}, a: { priority: 1 }, b: { priority: 2 }, c: { priority: 3 }, d: { priority: 3.5 } })
      const within = (range: { readonly from?: number; readonly to?: number }) =>
        idsOf(context, { index: 'byPriority', equals: {}, range, order: 'asc' })
      assert.deepEqual(await within({ from: 1, to: 3 }), ['a', 'b', 'c'])
      assert.deepEqual(await within({ from: 2 }), ['b', 'c', 'd'])
      assert.deepEqual(await within({ to: 2 }), ['a', 'b'])
      assert.deepEqual(await within({ from: 4 }), [])
      assert.deepEqual(await within({ from: 3, to: 1 }), [])
    },

    'equal fields order by id, in bytes': async (context) => {
      const ids = ['B', 'a', 'b', 'é', '\uffff', '😀']
      await insert(context.driver, Object.fromEntries(ids.toReversed().map((id) => [id, { title: 'same' }])))
      assert.deepEqual(await idsOf(context, { index: 'byTitle', equals: { title: 'same' }, order: 'asc' }), ids)
      assert.deepEqual(await idsOf(context, { index: 'byTitle', equals: {}, order: 'asc' }), ids)
      assert.deepEqual(await idsOf(context, { index: 'byTitle', equals: {}, order: 'desc' }), ids.toReversed())
    },

    'equals holds on the leading fields, a range on the next, which orders': async (context) => {
      await insert(context.driver, {
        a: { state: 'open', priority: 3 },
        b: { state: 'open', priority: 1 },
        c: { state: 'closed', priority: 2 },
        d: { state: 'open', priority: 2 },
        e: { state: 'open' },
        f: { priority: 1 },
      })
      const open = { index: 'byState', equals: { state: 'open' }, order: 'asc' } as const
      assert.deepEqual(await idsOf(context, open), ['e', 'b', 'd', 'a'])
      assert.deepEqual(await idsOf(context, { ...open, order: 'desc' }), ['a', 'd', 'b', 'e'])
      assert.deepEqual(await idsOf(context, { ...open, range: { from: 2 } }), ['d', 'a'])
      assert.deepEqual(await idsOf(context, { ...open, equals: { state: 'open', priority: 2 } }), ['d'])
      assert.deepEqual(await idsOf(context, { ...open, equals: {}, range: { from: 'closed', to: 'closed' } }), ['c'])
    },

    'three fields: two equal and a range on the third': async (context) => {
      await insert(context.driver, {
        a: { queue: 'q', state: 'open', title: 'x' },
        b: { queue: 'q', state: 'open', title: 'm' },
        c: { queue: 'q', state: 'closed', title: 'n' },
        d: { queue: 'p', state: 'open', title: 'n' },
        e: { queue: 'q', state: 'open', title: 'p' },
      })
      const query = { index: 'byQueue', equals: { queue: 'q', state: 'open' }, order: 'asc' } as const
      assert.deepEqual(await idsOf(context, query), ['b', 'e', 'a'])
      assert.deepEqual(await idsOf(context, { ...query, range: { from: 'n', to: 'x' } }), ['e', 'a'])
      const states = { ...query, equals: { queue: 'q' }, range: { from: 'closed', to: 'closed' } }
      assert.deepEqual(await idsOf(context, states), ['c'])
    },

    'a value equals only its own type': async (context) => {
      await insert(context.driver, {
        truth: { state: true },
        text: { state: 'true' },
        one: { state: 1 },
        'one as text': { state: '1' },
        no: { state: false },
        zero: { state: 0 },
      })
      const found = (state: string | number | boolean) => idsOf(context, { index: 'byState', equals: { state }, order: 'asc' })
      assert.deepEqual(await found(true), ['truth'])
      assert.deepEqual(await found('true'), ['text'])
      assert.deepEqual(await found(1), ['one'])
      assert.deepEqual(await found('1'), ['one as text'])
      assert.deepEqual(await found(false), ['no'])
      assert.deepEqual(await found(0), ['zero'])
    },

    'a record moves in an index when its value is replaced': async (context) => {
      const { driver } = context
      const first = won(await commitOne(driver, ticketWrite({ id: 'one', value: { title: 'a' } })))
      won(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, value: { title: 'b' } })))
      assert.deepEqual(await idsOf(context, { index: 'byTitle', equals: { title: 'a' }, order: 'asc' }), [])
      assert.deepEqual(await idsOf(context, { index: 'byTitle', equals: { title: 'b' }, order: 'asc' }), ['one'])
    },

    'a listing carries what a load does': async ({ driver, tickets }) => {
      won(await commitOne(driver, ticketWrite({ id: 'one', value: { title: 'a', extra: [1] } })))
      const listed = await readAll((page) => tickets.list(red, { ...page, index: 'byTitle', equals: {}, order: 'asc' }))
      assert.deepEqual(listed, await tickets.load(red, ['one']))
    },

    'a query that the index cannot answer is refused': async ({ tickets }) => {
      const page = { limit: 10, order: 'asc' } as const
      await rejectsWith('INVALID_INPUT', () => tickets.list(red, { ...page, index: 'none', equals: {} }))
      await rejectsWith('INVALID_INPUT', () => tickets.list(red, { ...page, index: 'toString', equals: {} }))
      await rejectsWith('INVALID_INPUT', () => tickets.list(red, { ...page, index: 'byState', equals: { priority: 1 } }))
      await rejectsWith('INVALID_INPUT', () => tickets.list(red, { ...page, index: 'byState', equals: { color: 'red' } }))
      await rejectsWith('INVALID_INPUT', () =>
        tickets.list(red, { ...page, index: 'byTitle', equals: { title: 'a' }, range: { from: 'a' } }),
      )
    },
  },
}
