import { existsSync } from 'node:fs'
import path from 'node:path'
import { SightlineError, type StorageDriver, storagePlan } from '@sightline/core'
import type { CollectionDefinition } from '@sightline/core/ports'
import { loadConfig } from '../config-file.ts'
import { readDotenv, readEnvironment } from '../environment.ts'
import { storageFrom } from '../storage-from.ts'
import { parseStorageUrl } from '../storage-url.ts'

export interface StoreOptions {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly directory: string
  /** In place of `DATABASE_URL`. */
  readonly url?: string | undefined
  /** Whether a SQLite file that is not there is a mistake rather than a new store. @default false */
  readonly mustExist?: boolean
}

/** A store to work on, connected: what is missing of it was made, what was old was migrated. */
export interface OpenStore extends AsyncDisposable {
  readonly storage: StorageDriver
  readonly collections: readonly CollectionDefinition<never>[]
  /** Where it is, as far as that tells it from others: without user, password and settings. */
  readonly source: string
  /** As configured; 30 where nothing is. */
  readonly historyDays: number
}

const DEFAULT_HISTORY_DAYS = 30

/**
 * Opens the store that the environment names, with the collections of the configuration's plugins, where there is a configuration.
 *
 * @throws SightlineError `INVALID_CONFIG`; `INVALID_INPUT` for `memory:`, which holds nothing, and for a file that must be there and is not
 */
export const openStore = async ({ variables, directory, url, mustExist = false }: StoreOptions): Promise<OpenStore> => {
  const environment = readEnvironment(url === undefined ? variables : { ...variables, DATABASE_URL: url }, readDotenv(directory))
  const loaded = await loadConfig({ environment, directory })
  if (mustExist) demandFile(environment.databaseUrl, directory)
  const storage = storageFrom(environment.databaseUrl)
  if (storage.name === 'memory') {
    throw new SightlineError('INVALID_INPUT', 'A store in memory ends with its process: set DATABASE_URL, or pass --url.')
  }
  const plan = storagePlan(loaded?.config.plugins)
  await storage.connect(plan)
  return {
    storage,
    collections: plan.collections,
    source: sourceOf(environment.databaseUrl, directory),
    historyDays: loaded?.config.retention?.historyDays ?? DEFAULT_HISTORY_DAYS,
    [Symbol.asyncDispose]: () => storage.close(),
  }
}

const demandFile = (url: string, directory: string): void => {
  const target = parseStorageUrl(url)
  if (target?.kind !== 'sqlite' || target.file === ':memory:') return
  const file = path.resolve(directory, target.file)
  if (!existsSync(file)) throw new SightlineError('INVALID_INPUT', `There is no store at ${file}.`)
}

const sourceOf = (url: string, directory: string): string => {
  const target = parseStorageUrl(url)
  if (target?.kind === 'sqlite') return path.resolve(directory, target.file)
  return url.replace(/^[^/]*\/\/(?:[^@]*@)?/, '').replace(/\?.*$/s, '')
}
