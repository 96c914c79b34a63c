import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteDialect } from '../../src/sqlite/sqlite-dialect.ts'
import { expectMigrated } from '../expect-migrated.ts'
import { openStore } from '../temporary-store.ts'
import { versionOneStore } from '../version-one-store.ts'

test('a store of the first version of the tables is migrated, and nothing in it is lost', async () => {
  const now = Date.now()
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  for (const statement of versionOneStore(sqliteDialect('sightline_', { isShared: true }), now)) database.exec(statement)
  await expectMigrated(await openStore({ database }), now)
  expect(database.prepare(`select value from sightline_store where name = 'schema'`).get()).toEqual({ value: '4' })
  expect(database.prepare('select count(*) as documents from sightline_metrics').get()).toEqual({ documents: 1 })
})
