import type { SqlDialect } from '../dialect.ts'
import type { Script } from '../statement.ts'

/** Places among the lines of one ms. */
export const PLACES_PER_MS = 2_048
export const PLACES_PER_MINUTE = 60_000 * PLACES_PER_MS
/** Of what JavaScript counts without error; times beyond stand at the end, in the order they came. */
export const LAST_MS = 2 ** 42 - 2

/**
 * On SQLite a line's key is its place, and places grow with time: `at` in whole ms, times 2,048, and a number among the lines of that ms.
 * So lines in the order of their keys are in the order of time, without an index over it. The first place of a time.
 */
export const placeOf = (at: number): number => Math.max(-LAST_MS, Math.min(LAST_MS, Math.floor(at))) * PLACES_PER_MS

/** About the time of a place. */
export const timeOfPlace = (seq: number): number => Math.floor(seq / PLACES_PER_MS)

/**
 * Gives each line, in their order, a place of its own: in its ms, or, where that is full, in the first one after it that is not. For one
 * transaction: nobody else takes one meanwhile.
 */
export function* findPlaces(dialect: SqlDialect, times: readonly number[]): Script<readonly number[]> {
  const wanted = times.map(placeOf)
  const starts = [...new Set(wanted)]
  const free = yield* findFree(dialect, starts)
  /** Where what overflows a ms went last. */
  const reached = new Map<number, number>()
  const places: number[] = []
  for (const start of wanted) {
    let ms = reached.get(start) ?? start
    for (;;) {
      if (!free.has(ms)) for (const [found, place] of yield* findFree(dialect, [ms])) free.set(found, place)
      if ((free.get(ms) as number) < ms + PLACES_PER_MS) break
      ms += PLACES_PER_MS
      reached.set(start, ms)
    }
    const place = free.get(ms) as number
    places.push(place)
    free.set(ms, place + 1)
  }
  return places
}

/** The place after the last that is taken in each of these ms; a full one's is in the next. */
function* findFree({ tablePrefix: p }: SqlDialect, starts: readonly number[]): Script<Map<number, number>> {
  const rows = (yield {
    sql: `select max(seq) as last from ${p}logs where seq >= ? and seq < ?`,
    values: [],
    each: starts.map((start) => [start, start + PLACES_PER_MS]),
    reusable: true,
  }) as readonly { readonly last: number | null }[]
  return new Map(
    starts.map((start, index) => {
      const last = rows[index]?.last ?? null
      return [start, last === null ? start : last + 1]
    }),
  )
}
