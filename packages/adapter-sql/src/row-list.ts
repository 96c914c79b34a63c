import { type RawBuilder, sql } from 'kysely'

/**
 * Rows of values to join with, in the order of the columns: what follows `with wanted(…) as`.
 *
 * @example
 * queries.with('wanted(ord, id)', () => rowList<Wanted>(wanted.map(({ ord, id }) => [integer(ord), id])))
 */
export const rowList = <Row>(rows: readonly (readonly unknown[])[]): RawBuilder<Row> =>
  sql<Row>`(values ${sql.join(rows.map((cells) => sql`(${sql.join([...cells])})`))})`

/** A number in a list of rows. It has no column to take its type from, and PostgreSQL would read it as text. */
export const integer = (value: number): RawBuilder<number> => sql<number>`cast(${value} as integer)`
