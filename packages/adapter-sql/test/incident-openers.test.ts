import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { postgresStorage, sqliteStorage } from '@sightline/adapter-sql'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { expectedOutline, openAtOnce, outlineOf } from '../../core/test/incidents/support/open-at-once.ts'
import { startPostgres } from './postgres-server.ts'
import { temporaryDirectory } from './temporary-store.ts'

test('fifty concurrent openers make one open incident: sqlite', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  expect(outlineOf(await openAtOnce(() => sqliteStorage({ file })))).toEqual(expectedOutline())
})

const server = await startPostgres()
if ('unavailable' in server) {
  test('fifty concurrent openers: postgres', (context) => context.skip(server.unavailable))
} else {
  const admin = new pg.Pool({ connectionString: server.url, max: 1 })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  test('fifty concurrent openers make one open incident: postgres', async () => {
    const schema = `openers_${randomBytes(6).toString('hex')}`
    await admin.query(`create schema ${schema}`)
    const url = new URL(server.url)
    url.searchParams.set('options', `-c search_path=${schema}`)
    const opened = await openAtOnce(() => postgresStorage({ url: url.href, maxConnections: 4 }))
    await admin.query(`drop schema ${schema} cascade`)
    expect(outlineOf(opened)).toEqual(expectedOutline())
  })
}
