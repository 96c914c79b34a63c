import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SightlineError } from '@sightline/core/protocol'
import { checkTablePrefix, defaultTablePrefix, type SqlDialect } from '../dialect.ts'
import { toStorageError } from '../sql-error.ts'
import type { Script, Step } from '../statement.ts'
import { checkSource, writeWhole } from './backup-sqlite.ts'
import { copyDatabase } from './copy-database.ts'
import { openSqlite } from './sqlite-connection.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

/** Which backup takes the place of which store. */
export interface SqliteRestoreOptions {
  /** What `backupSqlite` has written. It stays as it is. */
  readonly from: string
  /** The store's file; what is there is replaced. */
  readonly to: string
  /** As the store is opened with. @default 'sightline_' */
  readonly tablePrefix?: string
}

/**
 * Puts a backup in the place of a store. Every live record begins a new epoch, because what was written since the backup carries the same
 * revisions: clients take the restored state at once. Servers that have the file open notice within a second; what they acknowledge until
 * then is lost, so stop them where that matters.
 *
 * @example
 * await restoreSqlite({ from: './backups/2026-11-20.db', to: './data/sightline.db' })
 *
 * @throws `INVALID_INPUT` where `from` is not there; `INCOMPATIBLE` where it holds no store, or is damaged; `UNAVAILABLE` where `to` cannot
 * be written. The store at `to` is then as it was.
 */
export const restoreSqlite = async ({ from, to, tablePrefix = defaultTablePrefix }: SqliteRestoreOptions): Promise<void> => {
  const dialect = sqliteDialect(checkTablePrefix(tablePrefix), { isShared: false })
  const target = resolve(to)
  await checkSource(from)
  try {
    await writeWhole(
      target,
      async (partial) => {
        await copyDatabase(resolve(from), partial)
        await beginEpochs(dialect, partial)
      },
      // Before the file itself: a journal of the old one would be played into the new one.
      async () => {
        for (const suffix of ['-wal', '-shm', '-journal']) await rm(target + suffix, { force: true })
      },
    )
  } catch (thrown) {
    throw toStorageError(thrown, `The restore of ${from} to SQLite at ${to}`)
  }
}

const beginEpochs = async (dialect: SqlDialect, file: string): Promise<void> => {
  const connection = await openSqlite({ file, synchronous: 'full', journal: 'delete' })
  try {
    connection.transact(beginEveryEpoch(dialect))
  } finally {
    connection.close()
  }
}

function* beginEveryEpoch(dialect: SqlDialect): Script<void> {
  const found = yield dialect.findTable(`${dialect.tablePrefix}store`)
  if (found.length === 0) throw new SightlineError('INCOMPATIBLE', 'The backup holds no store with this table prefix.')
  for (const statement of epochStatements(dialect.tablePrefix)) yield toStep(statement)
}

const epoch = 'lower(hex(randomblob(16)))'

/**
 * The latest entry of each target moves into its new epoch as revision 1, so that no change is in the history twice; the earlier ones stay
 * where they were. `[#-1]` is the last write a record remembers, which has now been its first.
 */
const epochStatements = (p: string): readonly string[] => [
  `insert into ${p}epochs (target, epoch, created_at, first_write)
    select d.target, ${epoch}, h.at, h.write_id
    from ${p}heads d join ${p}history h on h.epoch = d.epoch and h.revision = d.revision
    where d.removed_at is null order by d.target`,
  `update ${p}history as h
    set epoch = (select max(later.id) from ${p}epochs e join ${p}epochs later on later.target = e.target where e.id = h.epoch), revision = 1
    where exists (
      select 1 from ${p}epochs e join ${p}heads d on d.target = e.target
      where e.id = h.epoch and d.epoch = h.epoch and d.revision = h.revision and d.removed_at is null)`,
  `update ${p}heads set epoch = (select max(id) from ${p}epochs where target = ${p}heads.target), revision = 1
    where epoch is not null and removed_at is null`,
  `update ${p}records
    set epoch = ${epoch}, revision = 1, writes = '[' || (writes -> '$[#-1]') || ',' || (writes -> '$[#-1]') || ']'
    where value is not null`,
]

const toStep = (statement: string): Step => ({ sql: statement, values: [], reusable: false })
