import type { Collection, IndexQuery, Scope, Stored } from '@sightline/core/ports'
import { ticketDefinition } from '../../src/storage/plan.ts'
import { type Fault, fault } from './fault.ts'

type Value = string | number | boolean | undefined

/** Lists by itself: reads everything, and filters and orders it as the fault would. */
interface Listing {
  compare(a: Value, b: Value): number
  isEqual(found: Value, wanted: Value): boolean
  isWithin(found: Value, range: NonNullable<IndexQuery['range']>): boolean
  compareIds(a: string, b: string): number
  readonly isOrderIgnored?: boolean
}

const kinds = ['undefined', 'boolean', 'number', 'string']
const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
const byBytes = (a: string, b: string): number => (bytes(a) < bytes(b) ? -1 : bytes(a) > bytes(b) ? 1 : 0)
const compare = (a: Value, b: Value): number => {
  if (typeof a !== typeof b) return kinds.indexOf(typeof a) - kinds.indexOf(typeof b)
  return typeof a === 'string' ? byBytes(a, b as string) : Number(a ?? 0) - Number(b ?? 0)
}

const sound: Listing = {
  compare,
  isEqual: (found, wanted) => found === wanted,
  isWithin: (found, { from, to }) =>
    found !== undefined && (from === undefined || compare(found, from) >= 0) && (to === undefined || compare(found, to) <= 0),
  compareIds: byBytes,
}

const listWith =
  ({ compare: compareValues, isEqual, isWithin, compareIds, isOrderIgnored = false }: Listing) =>
  <T>(collection: Collection<T>) =>
  async (scope: Scope, query: IndexQuery) => {
    if (query.index === 'none') return collection.list(scope, query)
    const heads = await collection.heads(scope, { limit: 10_000 })
    const live = heads.items.filter(({ deleted }) => deleted !== true).map(({ id }) => id)
    const items = (await collection.load(scope, [...new Set(live)])).filter((stored): stored is Stored<T> => stored !== null)
    const fields = ticketDefinition.indexes[query.index] ?? []
    const by = fields[Object.keys(query.equals).length]
    const field = (stored: Stored<T>, name: string | undefined): Value =>
      name === undefined ? undefined : ((stored.value as Record<string, Value>)[name] ?? undefined)
    const found = items
      .filter((stored) => Object.entries(query.equals).every(([name, wanted]) => isEqual(field(stored, name), wanted)))
      .filter((stored) => query.range === undefined || by === undefined || isWithin(field(stored, by), query.range))
      .sort((a, b) => compareValues(field(a, by), field(b, by)) || compareIds(a.id, b.id))
    const ordered = query.order === 'desc' && !isOrderIgnored ? found.toReversed() : found
    const start = query.cursor === undefined ? 0 : Number(query.cursor)
    const end = start + query.limit
    return { items: ordered.slice(start, end), next: end < ordered.length ? String(end) : null }
  }

const listing = (breaks: string, noticedBy: readonly string[], broken: Partial<Listing>): Fault =>
  fault(
    breaks,
    noticedBy.map((title) => `indexes: ${title}`),
    () => {
      const list = listWith({ ...sound, ...broken })
      return { collection: (collection) => ({ list: list(collection) }) }
    },
  )

const orderBytes = 'strings order by their UTF-8 bytes'
const rangeBytes = 'ranges of strings are compared by bytes too'
const absent = 'an absent field comes before every present one'
const inclusive = 'a range is inclusive at both ends, open where an end is left out, and holds present values only'
const ties = 'equal fields order by id, in bytes'
const leading = 'equals holds on the leading fields, a range on the next, which orders'
const three = 'three fields: two equal and a range on the third'

const stringsBy =
  (compareStrings: (a: string, b: string) => number): Listing['compare'] =>
  (a, b) =>
    typeof a === 'string' && typeof b === 'string' ? compareStrings(a, b) : compare(a, b)
const byUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const rangeWith =
  (compareValues: Listing['compare']): Listing['isWithin'] =>
  (found, { from, to }) =>
    found !== undefined &&
    (from === undefined || compareValues(found, from) >= 0) &&
    (to === undefined || compareValues(found, to) <= 0)

/** Listings by index that are ordered, filtered or refused otherwise. */
export const indexFaults: readonly Fault[] = [
  listing('strings order by their UTF-16 units', [orderBytes, rangeBytes], {
    compare: stringsBy(byUnits),
    isWithin: rangeWith(stringsBy(byUnits)),
  }),
  listing('strings order as a language would', [orderBytes], { compare: stringsBy((a, b) => a.localeCompare(b, 'en')) }),
  listing('strings order without case', [orderBytes], {
    compare: stringsBy((a, b) => byBytes(a.toLowerCase(), b.toLowerCase())),
  }),
  listing('ranges are compared by UTF-16 units', [rangeBytes], { isWithin: rangeWith(stringsBy(byUnits)) }),
  listing('ids order by their UTF-16 units', [ties], { compareIds: byUnits }),
  listing('equal fields come the last id first', [ties], { compareIds: (a, b) => byBytes(b, a) }),
  listing('numbers order as texts', ['numbers order by value'], {
    compare: (a, b) => (typeof a === 'number' ? byBytes(String(a), String(b)) : compare(a, b)),
  }),
  listing('an absent field comes last', [absent], {
    compare: (a, b) => (a === undefined || b === undefined ? compare(b, a) : compare(a, b)),
  }),
  listing('an absent field is 0', [absent, inclusive], {
    compare: (a, b) => compare(typeof b === 'number' ? (a ?? 0) : a, typeof a === 'number' ? (b ?? 0) : b),
    isWithin: (found, range) => sound.isWithin(found ?? 0, range),
  }),
  listing('a range leaves out its ends', [inclusive, leading, rangeBytes, three], {
    isWithin: (found, { from, to }) =>
      found !== undefined && (from === undefined || compare(found, from) > 0) && (to === undefined || compare(found, to) < 0),
  }),
  listing('a range holds absent values', [inclusive], {
    isWithin: (found, range) => sound.isWithin(found, range) || (found === undefined && range.from === undefined),
  }),
  listing('ranges are not looked at', [inclusive, leading, rangeBytes, three], { isWithin: () => true }),
  listing('equality is loose', ['a value equals only its own type'], {
    // biome-ignore lint/suspicious/noDoubleEquals: the fault.
    isEqual: (found, wanted) => found == wanted,
  }),
  listing(
    'equality is not looked at',
    [leading, three, 'a value equals only its own type', 'a record moves in an index when its value is replaced'],
    {
      isEqual: () => true,
    },
  ),
  listing('everything is listed ascending', [orderBytes, 'numbers order by value', leading, ties], { isOrderIgnored: true }),
  listing('what the index cannot answer is answered somehow', ['a query that the index cannot answer is refused'], {}),

  {
    breaks: 'an index keeps what a record was inserted with',
    noticedBy: ['indexes: a record moves in an index when its value is replaced'],
    wrap: () => {
      const first = new Map<string, unknown>()
      const list = listWith(sound)
      return (driver) => ({
        ...driver,
        collection: (definition) => {
          const collection = driver.collection(definition)
          return {
            ...collection,
            list: list({
              ...collection,
              load: async (scope, ids) => {
                const loaded = await collection.load(scope, ids)
                return loaded.map((stored) => {
                  if (stored === null) return null
                  if (!first.has(stored.id)) first.set(stored.id, stored.value)
                  return { ...stored, value: first.get(stored.id) as typeof stored.value }
                })
              },
            }),
          }
        },
        commit: async (commits) => {
          for (const { write } of commits) if (!first.has(write.id)) first.set(write.id, write.value)
          return driver.commit(commits)
        },
      })
    },
  },
]
