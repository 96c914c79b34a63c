import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { mongoStorage } from '@sightline/adapter-mongo'
import { postgresStorage, sqliteStorage } from '@sightline/adapter-sql'
import { type Logger, memoryStorage, SightlineError, type StorageDriver } from '@sightline/core'
import { parseStorageUrl, storageUrlFault } from './storage-url.ts'

interface StorageFromOptions {
  /** `READ_DATABASE_URL`: a streaming replica of the PostgreSQL that the URL names. @default none */
  readonly readUrl?: string | null
  /** Is told when the replica is left alone, and used again. @default silent */
  readonly logger?: Logger
}

/**
 * The storage that `DATABASE_URL` names. SQLite's folder is made where it is missing; `pg` and `mongodb` are loaded when their
 * servers are connected to.
 *
 * @throws SightlineError `INVALID_CONFIG` for another kind of URL, and for a folder that cannot be made.
 * @example storageFrom('sqlite:./data/sightline.db')
 */
export const storageFrom = (url: string, { readUrl = null, logger }: StorageFromOptions = {}): StorageDriver => {
  const target = parseStorageUrl(url)
  if (target === null) throw new SightlineError('INVALID_CONFIG', `DATABASE_URL: ${storageUrlFault}`)
  if (target.kind === 'postgres') {
    return postgresStorage({ url, ...(readUrl === null ? {} : { readUrl }), ...(logger === undefined ? {} : { logger }) })
  }
  if (target.kind === 'mongo') return mongoStorage({ url, ...(logger === undefined ? {} : { logger }) })
  if (target.kind === 'memory') return memoryStorage()
  const folder = path.dirname(path.resolve(target.file))
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw new SightlineError('INVALID_CONFIG', `DATABASE_URL: the folder ${folder} cannot be made.`, { cause })
  }
  return sqliteStorage({ file: target.file })
}
