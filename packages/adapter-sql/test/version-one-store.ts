import type { SqlDialect } from '../src/dialect.ts'
import { versionOne } from '../src/schema-version-1.ts'

/** When the old store's second revision was written; the first a second before, in a partition of its own where there are such. */
export const writtenAt = 1_700_000_000_000

/**
 * The statements that make a store as the first version of the tables left it: a document of three revisions, whose first was pruned and
 * is only remembered, a removed one, a fence, a point and a line that also stand at `now`.
 */
export const versionOneStore = (dialect: SqlDialect, now: number): readonly string[] => {
  const p = dialect.tablePrefix
  const entry = (epoch: number, revision: number, at: number, data: string | null): string =>
    `insert into ${p}history (epoch, revision, at, write_id, fence, hash, detector, data)
     values (${epoch}, ${revision}, ${at}, 'write-${epoch}-${revision}', 0, '${'0'.repeat(40)}', 'rules', ${data === null ? 'null' : `'${data}'`})`
  return [
    ...versionOne(dialect),
    `insert into ${p}store (name, value) values ('schema', '1'), ('format', '1')`,
    `insert into ${p}targets (id, team, api, source) values (1, 'red', 'orders', 'eu'), (2, 'red', 'stock', 'eu'), (3, 'red', 'bare', 'eu')`,
    `insert into ${p}epochs (id, target, epoch, created_at, first_write)
     values (1, 1, 'epoch-1', ${writtenAt - 1_000}, 'write-1-1'), (2, 2, 'epoch-2', 5, 'write-2-1')`,
    `insert into ${p}heads (target, epoch, revision, fence, removed_at) values (1, 1, 3, 4, null), (2, 2, 1, 0, 9), (3, null, 0, 7, null)`,
    entry(1, 1, writtenAt - 1_000, null),
    entry(1, 2, writtenAt, '2'),
    entry(1, 3, now, '3'),
    entry(2, 1, 5, '1'),
    `insert into ${p}series (id, team, service, region) values (1, 'red', 'orders', 'eu')`,
    `insert into ${p}samples (series, at, data) values (1, ${writtenAt}, '{"ms":1}'), (1, ${now}, '{"ms":2}')`,
    `insert into ${p}logs (seq, team, id, at, service, severity, terms, body)
     values (1, 'red', 'line-1', ${writtenAt}, 'api', 9, '["disk"]', '"old"'), (2, 'red', 'line-2', ${now}, 'api', 9, '["disk"]', '"young"')`,
    `insert into ${p}log_terms (team, term, at, line) values ('red', 'disk', ${writtenAt}, 1), ('red', 'disk', ${now}, 2)`,
  ]
}
