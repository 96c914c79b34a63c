import type { SqlDialect } from '../dialect.ts'
import type { Script } from '../statement.ts'
import { TOKEN_CHARACTERS } from './log-tokens.ts'

/** A line's place and what it is found by. */
export interface IndexEntry {
  readonly seq: number
  readonly tokens: string
}

/**
 * SQLite finds lines by its full-text index (FTS5), which gathers what is new in small runs and merges these: a tree ordered by term would
 * have every line change a dozen pages all over the file. It knows a line by its place alone.
 */
export const createLogIndex = ({ tablePrefix: p }: SqlDialect): string =>
  `create virtual table ${p}log_index using fts5(
    tokens, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '${TOKEN_CHARACTERS}'")`

/** Quickest in the order of their places. */
export function* addToIndex({ tablePrefix: p }: SqlDialect, entries: readonly IndexEntry[]): Script<void> {
  yield {
    sql: `insert into ${p}log_index (rowid, tokens) values (?, ?)`,
    values: [],
    each: entries.map(({ seq, tokens }) => [seq, tokens]),
    reusable: true,
  }
}

export function* removeFromIndex({ tablePrefix: p }: SqlDialect, places: readonly number[]): Script<void> {
  yield { sql: `delete from ${p}log_index where rowid = ?`, values: [], each: places.map((place) => [place]), reusable: true }
}
