import type { SqlDialect } from '../dialect.ts'
import type { Script } from '../statement.ts'

/**
 * SQLite finds lines by its full-text index (FTS5), which gathers what is new in small runs and merges these: a tree ordered by term would
 * have every line change a dozen pages all over the file. The index knows a line by its place, so places grow with time: `at` in whole ms,
 * times 2,048, and a number among the lines of that ms.
 */
export interface IndexedLine {
  readonly seq: number
  readonly team: string
  readonly service: string
  readonly severity: number
  /** Each at most as long as an index takes. */
  readonly terms: readonly string[]
}

const PLACES_PER_MS = 2_048
/** Of what JavaScript counts without error; times beyond stand at the end, in the order they came. */
const LAST_MS = 2 ** 42 - 2

/** The least severities that are searched for often, as OpenTelemetry numbers them: warn, error, fatal. */
const THRESHOLDS = [13, 17, 21] as const

const hex = (text: string): string => Buffer.from(text).toString('hex')

/** What the tokenizer leaves as it is. No two kinds, teams or texts share one. */
const token = (kind: 't' | 's' | 'v', team: string, text: string): string => `${kind}${hex(team)}g${hex(text)}`

/** The first place of a time. */
export const placeOf = (at: number): number => Math.max(-LAST_MS, Math.min(LAST_MS, Math.floor(at))) * PLACES_PER_MS

/** About the time of a place. */
export const timeOfPlace = (seq: number): number => Math.floor(seq / PLACES_PER_MS)

/** Gives each line, in their order, a place of its own. For one transaction: nobody else takes one meanwhile. */
export function* findPlaces({ tablePrefix: p }: SqlDialect, times: readonly number[]): Script<readonly number[]> {
  const next = new Map<number, number>()
  const places: number[] = []
  for (const at of times) {
    const first = placeOf(at)
    let place = next.get(first)
    if (place === undefined) {
      const [row] = (yield {
        sql: `select max(seq) as last from ${p}logs where seq >= ? and seq < ?`,
        values: [first, first + PLACES_PER_MS],
        reusable: true,
      }) as readonly { readonly last: number | null }[]
      place = row?.last == null ? first : row.last + 1
    }
    // A ms that is full goes on among those of the next; there, too, none may be taken yet.
    while (place >= first + PLACES_PER_MS && (yield* isTaken(p, place))) place++
    places.push(place)
    next.set(first, place + 1)
  }
  return places
}

function* isTaken(p: string, place: number): Script<boolean> {
  return (yield { sql: `select 1 from ${p}logs where seq = ?`, values: [place], reusable: true }).length > 0
}

export function* addToIndex({ tablePrefix: p }: SqlDialect, lines: readonly IndexedLine[]): Script<void> {
  for (const { seq, team, service, severity, terms } of lines) {
    const tokens = [
      token('s', team, service),
      ...THRESHOLDS.filter((least) => severity >= least).map((least) => token('v', team, String(least))),
      ...new Set(terms.map((term) => token('t', team, term))),
    ]
    yield { sql: `insert into ${p}log_index (rowid, tokens) values (?, ?)`, values: [seq, tokens.join(' ')], reusable: true }
  }
}

export function* removeFromIndex({ tablePrefix: p }: SqlDialect, places: readonly number[]): Script<void> {
  for (const place of places) yield { sql: `delete from ${p}log_index where rowid = ?`, values: [place], reusable: true }
}

export interface IndexQuery {
  readonly team: string
  readonly service: string | null
  readonly minSeverity: number | null
  readonly terms: readonly string[]
}

/** What the index is asked for; null where it knows nothing that would help. */
export const toMatch = ({ team, service, minSeverity, terms }: IndexQuery): string | null => {
  const least = THRESHOLDS.find((threshold) => threshold === minSeverity)
  if (terms.length === 0 && least === undefined) return null
  return [
    ...terms.map((term) => token('t', team, term)),
    ...(service === null ? [] : [token('s', team, service)]),
    ...(least === undefined ? [] : [token('v', team, String(least))]),
  ]
    .map((each) => `"${each}"`)
    .join(' AND ')
}

/** The third version of the tables: the full-text index takes the place of the tree of terms, and lines get places that grow with time. */
export const logIndexVersion = ({ name, tablePrefix: p }: SqlDialect): readonly string[] =>
  name === 'sqlite'
    ? [
        `alter table ${p}logs rename to ${p}logs_2`,
        `create table ${p}logs (
          seq integer primary key, team text not null, id text not null, at integer not null, service text not null,
          severity integer not null, terms text not null, body text not null, unique (team, id))`,
        `insert into ${p}logs (seq, team, id, at, service, severity, terms, body)
          select max(${-LAST_MS}, min(${LAST_MS}, cast(floor(at) as integer))) * ${PLACES_PER_MS}
              + row_number() over (partition by max(${-LAST_MS}, min(${LAST_MS}, cast(floor(at) as integer))) order by seq) - 1,
            team, id, at, service, severity, terms, body from ${p}logs_2`,
        `create virtual table ${p}log_index using fts5(
          tokens, content='', contentless_delete=1, detail=none, tokenize='ascii')`,
        `insert into ${p}log_index (rowid, tokens)
          select n.seq, 's' || hex(n.team) || 'g' || hex(n.service)
            || case when n.severity >= 13 then ' v' || hex(n.team) || 'g' || hex('13') else '' end
            || case when n.severity >= 17 then ' v' || hex(n.team) || 'g' || hex('17') else '' end
            || case when n.severity >= 21 then ' v' || hex(n.team) || 'g' || hex('21') else '' end
            || coalesce((select ' ' || group_concat('t' || hex(t.team) || 'g' || hex(t.term), ' ')
                from ${p}log_terms t join ${p}logs_2 o on o.seq = t.line and o.at = t.at
                where o.team = n.team and o.id = n.id and t.team = n.team), '')
          from ${p}logs n order by n.seq`,
        `drop table ${p}logs_2`,
        `drop table ${p}log_terms`,
        `create index ${p}logs_at on ${p}logs (at, seq)`,
        `create index ${p}logs_team on ${p}logs (team, at, seq)`,
        `create index ${p}logs_service on ${p}logs (team, service, at, seq)`,
      ]
    : []
