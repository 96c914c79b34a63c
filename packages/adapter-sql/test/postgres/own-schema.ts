import { randomBytes } from 'node:crypto'
import type { StorageDriver, StoragePlan } from '@sightline/core/ports'
import type pg from 'pg'
import { onTestFinished } from 'vitest'
import { type PostgresStorageOptions, postgresStorage } from '../../src/index.ts'
import { plan } from '../temporary-store.ts'

/** A schema of the test's own, dropped after it, and its URL, by way of `host` where it is given. */
export const makeSchema = async (
  admin: pg.Pool,
  server: string,
  host?: string,
): Promise<{ readonly schema: string; readonly url: string }> => {
  const schema = `test_${randomBytes(6).toString('hex')}`
  await admin.query(`create schema ${schema}`)
  onTestFinished(async () => void (await admin.query(`drop schema if exists ${schema} cascade`)))
  const url = new URL(server)
  if (host !== undefined) url.host = host
  url.searchParams.set('options', `-c search_path=${schema}`)
  return { schema, url: url.href }
}

/** A connected driver that is closed after the test. */
export const openPostgres = async (options: PostgresStorageOptions, stores: StoragePlan = plan): Promise<StorageDriver> => {
  const driver = postgresStorage(options)
  onTestFinished(() => driver.close())
  await driver.connect(stores)
  return driver
}
