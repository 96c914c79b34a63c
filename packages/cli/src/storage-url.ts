import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { sqliteStorage } from '@sightline/adapter-sql'
import { memoryStorage, SightlineError, type StorageDriver } from '@sightline/core'

/** Where data is kept, as `DATABASE_URL` names it. */
export type StorageUrl = { readonly kind: 'memory' } | { readonly kind: 'sqlite'; readonly file: string }

/**
 * Reads `memory:` and `sqlite:<file>` (also `sqlite://<file>`); a relative file is below the working directory.
 * Null where it is neither. The URL may hold a password, so nobody repeats it.
 */
export const parseStorageUrl = (url: string): StorageUrl | null => {
  if (url === 'memory:' || url === 'memory') return { kind: 'memory' }
  const file = /^sqlite:(?:\/\/)?(?<file>.+)$/s.exec(url)?.groups?.file
  return file === undefined || file.includes('\0') ? null : { kind: 'sqlite', file }
}

/**
 * The storage that `DATABASE_URL` names. SQLite's folder is made where it is missing.
 *
 * @throws SightlineError `INVALID_CONFIG` for another kind of URL, and for a folder that cannot be made.
 * @example storageFrom('sqlite:./data/sightline.db')
 */
export const storageFrom = (url: string): StorageDriver => {
  const target = parseStorageUrl(url)
  if (target === null) throw new SightlineError('INVALID_CONFIG', `DATABASE_URL: ${storageUrlFault}`)
  if (target.kind === 'memory') return memoryStorage()
  const folder = path.dirname(path.resolve(target.file))
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw new SightlineError('INVALID_CONFIG', `DATABASE_URL: the folder ${folder} cannot be made.`, { cause })
  }
  return sqliteStorage({ file: target.file })
}

export const storageUrlFault = 'must be memory: or sqlite:<file>, as in sqlite:./data/sightline.db'
