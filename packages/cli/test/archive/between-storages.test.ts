import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { mongoStorage } from '@sightline/adapter-mongo'
import { postgresStorage, sqliteStorage } from '@sightline/adapter-sql'
import { memoryStorage } from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'
import { afterAll, expect, test, vi } from 'vitest'
import { startMongo } from '../../../adapter-mongo/test/mongo-server.ts'
import { startPostgres } from '../../../adapter-sql/test/postgres-server.ts'
import { backup, checksumOf, restore } from '../../src/index.ts'
import { fillStore, plan } from './filled-store.ts'

vi.setConfig({ testTimeout: 240_000 })

const folder = await mkdtemp(path.join(tmpdir(), 'sightline-archive-'))
const mongo = await startMongo()
const postgres = await startPostgres()
const opened: StorageDriver[] = []

afterAll(async () => {
  await Promise.all(opened.map((storage) => storage.close()))
  if (!('unavailable' in mongo)) await mongo.stop()
  if (!('unavailable' in postgres)) await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const connected = async (storage: StorageDriver): Promise<StorageDriver> => {
  opened.push(storage)
  await storage.connect(plan)
  return storage
}

const sqlite = () => connected(sqliteStorage({ file: path.join(folder, `${randomBytes(4).toString('hex')}.db`) }))

const mongoUrl = (server: string): string => {
  const url = new URL(server)
  url.pathname = `/archive_${randomBytes(4).toString('hex')}`
  return url.href
}

test('MongoDB → SQLite → PostgreSQL → memory: equal by checksum', async (context) => {
  if ('unavailable' in mongo) return context.skip(mongo.unavailable)
  if ('unavailable' in postgres) return context.skip(postgres.unavailable)
  const { collections } = plan
  const stores = [
    await connected(mongoStorage({ url: mongoUrl(mongo.url) })),
    await sqlite(),
    await connected(postgresStorage({ url: postgres.url, tablePrefix: `archive_${randomBytes(4).toString('hex')}_` })),
    await connected(memoryStorage()),
  ]
  const [first, ...others] = stores as [StorageDriver, ...StorageDriver[]]
  await fillStore(first)
  const { checksum, counts } = await checksumOf(first, collections)
  expect(counts).toEqual({ snapshot: 183, removed: 1, record: 450, point: 1_400, bucket: 2, log: 1_200 })
  let from = first
  for (const to of others) {
    const file = path.join(folder, `${from.name}.gz`)
    const seen: number[] = []
    expect(
      await backup({ storage: from, collections, file, onProgress: ({ counts }) => seen.push(counts.snapshot ?? 0) }),
    ).toEqual({ checksum, counts })
    expect(seen.length).toBeGreaterThan(5)
    expect(await restore({ storage: to, collections, file })).toEqual({ checksum, counts })
    // Once more changes nothing.
    expect(await restore({ storage: to, collections, file })).toEqual({ checksum, counts })
    from = to
  }
})
