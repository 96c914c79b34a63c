import type { Compilable } from 'kysely'

/** One query on its way to the engine. A `reusable` one comes again with other values, so that it pays to keep it prepared. */
export interface Step {
  readonly sql: string
  readonly values: readonly unknown[]
  readonly reusable: boolean
  /** Its answer is not needed and it has no values: it may wait and be sent together with the commit. */
  readonly withCommit?: true
  /** It is whole by itself: where it comes first it needs no transaction around it, and stands whatever becomes of what follows. */
  readonly isWhole?: true
  /** Instead of `values`: it runs once with each of these. Only where a step costs no round trip. */
  readonly each?: readonly (readonly unknown[])[]
}

/**
 * What is to be done in the database, as data: each step is yielded, its rows come back. The same script runs in one turn of the event loop
 * on SQLite, so that nothing can come between its steps, and query by query on PostgreSQL.
 */
export type Script<T> = Generator<Step, T, readonly unknown[]>

/** A query compiled once. `Args` are the values it takes, `Row` what it answers with. */
export interface Statement<Args, Row> {
  readonly sql: string
  readonly values: (args: Args) => readonly unknown[]
  /** Only a type. */
  readonly row?: Row
}

/** A query over any number of rows of values, compiled once for each of a few numbers of rows. */
export interface RowsStatement<Args, Row> {
  readonly sizes: readonly number[]
  readonly ofSize: (size: number) => Statement<readonly Args[], Row>
}

/** Stands where a value will be, while a query is compiled. */
class Place {
  readonly row: number
  readonly name: string

  constructor(row: number, name: string) {
    this.row = row
    this.name = name
  }
}

const places = <Args extends object>(row: number): Args =>
  new Proxy({} as Args, { get: (_, name) => new Place(row, String(name)) })

/** Puts the values of rows in the order of the compiled parameters; some of these are constants of the query. */
const binding = <Args extends object>(parameters: readonly unknown[]): ((rows: readonly Args[]) => readonly unknown[]) => {
  const slots = parameters.map((each) => (each instanceof Place ? each : { row: -1, name: '', constant: each }))
  return (rows) => {
    const values: unknown[] = []
    for (const slot of slots) {
      values.push('constant' in slot ? slot.constant : (rows[slot.row] as Args)[slot.name as keyof Args])
    }
    return values
  }
}

/**
 * A query over rows of values, compiled when it is first needed for each of the `sizes`, which are numbers of rows; 1 is among them. `build`
 * sees places instead of values, so it must not look at them.
 *
 * @example
 * const byId = prepareRows([1], (rows: readonly { readonly id: number }[]) =>
 *   queries.selectFrom('targets').selectAll().where('id', 'in', rows.map(({ id }) => id)))
 */
export const prepareRows = <Args extends object, Row>(
  sizes: readonly number[],
  build: (rows: readonly Args[]) => Compilable<Row>,
): RowsStatement<Args, Row> => {
  const descending = [...sizes].sort((a, b) => b - a)
  const compiled = new Map<number, Statement<readonly Args[], Row>>()
  const compile = (size: number): Statement<readonly Args[], Row> => {
    const { sql, parameters } = build(Array.from({ length: size }, (_, row) => places<Args>(row))).compile()
    return { sql, values: binding<Args>(parameters) }
  }
  return {
    sizes: descending,
    ofSize: (size) => {
      const statement = compiled.get(size) ?? compile(size)
      compiled.set(size, statement)
      return statement
    },
  }
}

/** Runs a compiled query. */
function* run<Args, Row>(statement: Statement<Args, Row>, args: Args): Script<readonly Row[]> {
  return (yield { sql: statement.sql, values: statement.values(args), reusable: true }) as readonly Row[]
}

/** Runs a compiled query over all the rows, in as few steps as the compiled sizes allow. */
export function* runRows<Args, Row>(statement: RowsStatement<Args, Row>, rows: readonly Args[]): Script<readonly Row[]> {
  if (statement.sizes.length === 1 && rows.length > 1) {
    const { sql, values } = statement.ofSize(1)
    return (yield { sql, values: [], each: rows.map((row) => values([row])), reusable: true }) as readonly Row[]
  }
  const found: Row[] = []
  for (let start = 0; start < rows.length; ) {
    const left = rows.length - start
    const size = statement.sizes.find((each) => each <= left) ?? 1
    for (const row of yield* run(statement.ofSize(size), rows.slice(start, start + size))) found.push(row)
    start += size
  }
  return found
}

/** Runs a query that was built for this once. */
export function* runOnce<Row>(query: Compilable<Row>): Script<readonly Row[]> {
  const { sql, parameters } = query.compile()
  return (yield { sql, values: parameters, reusable: false }) as readonly Row[]
}
