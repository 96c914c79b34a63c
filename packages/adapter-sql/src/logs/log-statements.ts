import { sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { prepareRows } from '../statement.ts'

/** A line on its way into the table, as stored. */
export interface NewLine {
  readonly team: string
  readonly id: string
  readonly at: number
  readonly service: string
  readonly severity: number
  readonly terms: string
  readonly body: string
}

/** A line whose place is known. */
export interface PlacedLine extends NewLine {
  readonly seq: number
}

/** A term of a stored line. */
export interface LineTerm {
  readonly team: string
  readonly term: string
  readonly at: number
  readonly line: number
}

export type LogStatements = ReturnType<typeof logStatements>

/** The compiled queries of appending and pruning. */
export const logStatements = ({ queries, rowsPerStatement }: SqlDialect) => ({
  /** Answers with those that were not there; where the table itself knows. Its other conflicts are mistakes. */
  insertPlacedLines: prepareRows(rowsPerStatement, (lines: readonly PlacedLine[]) =>
    queries
      .insertInto('logs')
      .values(
        lines.map(({ seq, team, id, at, service, severity, terms, body }) => ({
          seq,
          team,
          id,
          at,
          service,
          severity,
          terms,
          body,
        })),
      )
      .onConflict((conflict) => conflict.columns(['team', 'id']).doNothing())
      .returning('seq'),
  ),

  insertLines: prepareRows(rowsPerStatement, (lines: readonly NewLine[]) => insertLines(queries, lines)),

  /** Answers with those that were not there. */
  insertIds: prepareRows(rowsPerStatement, (lines: readonly NewLine[]) =>
    queries
      .insertInto('log_ids')
      .values(lines.map(({ team, id, at }) => ({ team, id, at })))
      .onConflict((conflict) => conflict.columns(['team', 'id']).doNothing())
      .returning(['team', 'id']),
  ),

  deleteIds: prepareRows(rowsPerStatement, (lines: readonly { readonly team: string; readonly id: string }[]) =>
    queries.deleteFrom('log_ids').where(({ or, and }) => or(lines.map(({ team, id }) => and({ team, id })))),
  ),

  deleteTerms: prepareRows(rowsPerStatement, (terms: readonly LineTerm[]) =>
    queries
      .deleteFrom('log_terms')
      .where(({ or, and }) => or(terms.map(({ team, term, at, line }) => and({ team, term, at, line })))),
  ),

  /** How many lines have the term in the time, counted no further than `upTo`. */
  countTerm: prepareRows(
    [1],
    (
      wanted: readonly {
        readonly team: string
        readonly term: string
        readonly from: number
        readonly to: number
        readonly upTo: number
      }[],
    ) => {
      const [{ team, term, from, to, upTo }] = wanted as [(typeof wanted)[number]]
      return queries
        .selectFrom(
          queries
            .selectFrom('log_terms')
            .select('line')
            .where('team', '=', team)
            .where('term', '=', term)
            .where('at', '>=', from)
            .where('at', '<', to)
            .limit(upTo)
            .as('found'),
        )
        .select(sql<number>`cast(count(*) as integer)`.as('lines'))
    },
  ),
})

const insertLines = (queries: SqlDialect['queries'], lines: readonly NewLine[]) =>
  queries
    .insertInto('logs')
    .values(lines.map(({ team, id, at, service, severity, terms, body }) => ({ team, id, at, service, severity, terms, body })))
    .returning(['seq', 'team', 'id'])
