import { randomBytes } from 'node:crypto'
import { access, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { SightlineError } from '@sightline/core/protocol'
import { toStorageError } from '../sql-error.ts'
import { copyDatabase } from './copy-database.ts'

/** What to back up, and the file it becomes. */
export type SqliteBackupOptions = { readonly to: string } & (
  | { readonly file: string; readonly database?: never }
  /** An open connection; its copying stops the event loop. */
  | { readonly database: DatabaseSync; readonly file?: never }
)

/**
 * Writes a consistent, compact copy of a store while it is in use. `to` appears whole or not at all.
 *
 * @example
 * await backupSqlite({ file: './data/sightline.db', to: `./backups/${day}.db` })
 *
 * @throws `INVALID_INPUT` where `to` is there already, or `file` is not; `INCOMPATIBLE` for a file that is no SQLite database or is damaged;
 * `UNAVAILABLE` where it cannot be read or `to` not written.
 */
export const backupSqlite = async ({ file, database, to }: SqliteBackupOptions): Promise<void> => {
  const target = resolve(to)
  if (await isThere(target)) throw new SightlineError('INVALID_INPUT', `The backup ${to} is there already.`)
  if (file !== undefined) await checkSource(file)
  try {
    await writeWhole(target, async (partial) => {
      if (database === undefined) await copyDatabase(resolve(file), partial)
      else database.prepare('vacuum into ?').run(partial)
    })
  } catch (thrown) {
    throw toStorageError(thrown, `The backup of ${file === undefined ? 'the database' : `SQLite at ${file}`} to ${to}`)
  }
}

/** @throws `INVALID_INPUT` where the file is not there: SQLite would make an empty one. */
export const checkSource = async (file: string): Promise<void> => {
  if (!(await isThere(file))) throw new SightlineError('INVALID_INPUT', `There is no file ${file}.`)
}

/** Lets `write` write another file beside it and puts that in its place once it is on the disk. */
export const writeWhole = async (
  target: string,
  write: (partial: string) => Promise<void>,
  beforeReplacing: () => Promise<void> = async () => {},
): Promise<void> => {
  const partial = `${target}.${randomBytes(6).toString('hex')}.partial`
  await mkdir(dirname(target), { recursive: true })
  try {
    await write(partial)
    await flush(partial)
    await beforeReplacing()
    await rename(partial, target)
    await flush(dirname(target))
  } catch (thrown) {
    await rm(partial, { force: true })
    throw thrown
  }
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

const flush = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
