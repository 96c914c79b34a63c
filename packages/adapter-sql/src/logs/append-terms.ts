import type { SqlDialect } from '../dialect.ts'
import { packNumbers } from '../postgres/packed-values.ts'
import type { Script } from '../statement.ts'

export interface TermsOfLine {
  /** As stored. */
  readonly team: string
  readonly line: number
  readonly at: number
  /** Shortened. */
  readonly terms: readonly string[]
}

/** Of lines that are new. There are thousands of terms, so their columns go as arrays; none can be there, and asking would cost as much again. */
export function* appendTerms({ tablePrefix: p }: SqlDialect, lines: readonly TermsOfLine[]): Script<void> {
  if (lines.length === 0) return
  const places = lines.flatMap(({ terms }, index) => terms.map(() => index + 1))
  yield {
    sql: `insert into ${p}log_terms (team, term, at, line)
      select l.team, t.term, l.at, l.line
      from unnest($1::text[], $2::float8[], $3::bigint[]) with ordinality as l(team, at, line, place)
      join unnest($4::integer[], $5::text[]) as t(place, term) on t.place = l.place`,
    values: [
      lines.map(({ team }) => team),
      packNumbers(lines.map(({ at }) => at)),
      packNumbers(lines.map(({ line }) => line)),
      packNumbers(places),
      lines.flatMap(({ terms }) => terms),
    ],
    reusable: true,
  }
}
