import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { sqliteStorage } from '@sightline/adapter-sql'
import { memoryStorage, SightlineError, type StorageDriver } from '@sightline/core'
import { parseStorageUrl, storageUrlFault } from './storage-url.ts'

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
