import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { SightlineError } from '@sightline/core/protocol'
import type { Script, Step } from '../statement.ts'

/** Every statement that comes again is kept prepared; what comes once is not. More than these are never in use. */
const maxPrepared = 500

/** One open database. Everything runs in the turn of the event loop it is called in. */
export interface SqliteConnection {
  /** Within `begin immediate` … `commit`; rolls back and throws on where something fails. */
  transact<T>(script: Script<T>): T
  /** Within `begin` … `commit`, so that all of it sees one moment. */
  read<T>(script: Script<T>): T
  /** Is the file still the one that was opened? True of a database that is no file of ours. */
  isCurrent(): boolean
  close(): void
}

/** Where the database comes from: a path or `:memory:`, or a connection of the host's, which stays open. */
export type SqliteSource =
  | { readonly file: string; readonly synchronous: 'full' | 'normal'; readonly journal?: 'wal' | 'delete' }
  | { readonly database: DatabaseSync }

/** Throws what `node:sqlite` and `node:fs` throw. */
export const openSqlite = async (source: SqliteSource): Promise<SqliteConnection> => {
  if ('database' in source) return connection(source.database, { isCurrent: () => true, close: () => {} })
  const { file, synchronous, journal = 'wal' } = source
  const isMemory = file === ':memory:'
  if (!isMemory) mkdirSync(dirname(file), { recursive: true })
  const { DatabaseSync } = await loadSqlite()
  // Waiting for a lock inside SQLite would stop the event loop: whoever calls waits outside.
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec(`pragma journal_mode = ${journal}; pragma synchronous = ${synchronous}`)
    // Pages that change over and over go from the WAL to the file once for many changes.
    database.exec('pragma wal_autocheckpoint = 4000')
    // Pages that hot paths touch stay in memory; a WAL that a long reader let grow is cut again.
    database.exec('pragma cache_size = -16000; pragma journal_size_limit = 67108864; pragma temp_store = memory')
  } catch (thrown) {
    database.close()
    throw thrown
  }
  const opened = isMemory ? null : identify(file)
  return connection(database, {
    isCurrent: () => opened === null || identify(file) === opened,
    close: () => database.close(),
  })
}

/** @throws `UNSUPPORTED` where this Node has no SQLite. */
const loadSqlite = async (): Promise<typeof import('node:sqlite')> => {
  try {
    return await import('node:sqlite')
  } catch (cause) {
    throw new SightlineError('UNSUPPORTED', `Node ${process.versions.node} has no node:sqlite; use Node 22.13 or newer.`, {
      cause,
    })
  }
}

const identify = (file: string): string | null => {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? null : `${stats.dev}:${stats.ino}`
}

const connection = (
  database: DatabaseSync,
  { isCurrent, close }: Pick<SqliteConnection, 'isCurrent' | 'close'>,
): SqliteConnection => {
  const prepared = new Map<string, StatementSync>()

  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    if (prepared.size >= maxPrepared) prepared.clear()
    prepared.set(sql, statement)
    return statement
  }

  const execute = ({ sql, values, each, reusable }: Step): readonly unknown[] => {
    const statement = reusable ? prepare(sql) : database.prepare(sql)
    if (each === undefined) return statement.all(...(values as Parameters<StatementSync['all']>))
    const found: unknown[] = []
    for (const one of each) {
      const rows = statement.all(...(one as Parameters<StatementSync['all']>))
      for (const row of rows) found.push(row)
    }
    return found
  }

  const runScript = <T>(script: Script<T>): T => {
    let step = script.next([])
    while (step.done !== true) step = script.next(execute(step.value))
    return step.value
  }

  const within = <T>(begin: string, script: Script<T>): T => {
    prepare(begin).run()
    try {
      const answer = runScript(script)
      prepare('commit').run()
      return answer
    } catch (thrown) {
      rollBack()
      throw thrown
    }
  }

  const rollBack = (): void => {
    try {
      prepare('rollback').run()
    } catch {
      // Some failures (a full disk among them) have rolled back already, and then there is nothing to roll back.
    }
  }

  return {
    transact: (script) => within('begin immediate', script),
    read: (script) => within('begin', script),
    isCurrent,
    close,
  }
}
