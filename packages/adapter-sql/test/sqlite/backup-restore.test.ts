import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type StorageDriver, systemClock } from '@sightline/core/ports'
import { expect, onTestFinished, test } from 'vitest'
import { backupSqlite, restoreSqlite } from '../../src/index.ts'
import { codeOf, keyOf, openStore, replaceOne, snapshotWrite, temporaryDirectory, won } from '../temporary-store.ts'

const things = {
  name: 'test.things',
  parse: (raw: unknown) => raw as { readonly code: string },
  indexes: { byCode: ['code'] },
  unique: { code: ({ code }: { readonly code: string }) => code },
}
const plan = { collections: [things] }
const team = { team: 'red' }

const paths = async () => {
  const directory = await temporaryDirectory()
  return { directory, file: join(directory, 'store.db'), backup: join(directory, 'backups', 'one.db') }
}

const commitThing = async (driver: StorageDriver, id: string, code: string) => {
  const write = { store: things.name, id, team: 'red', expected: null, writeId: `write of ${id}\0`, at: 1, value: { code } }
  return won((await driver.commit([{ write, then: [] }]))[0])
}

test('a backup taken while others write is one moment of the store, and a store of its own', async () => {
  const { file, backup } = await paths()
  const driver = await openStore({ file })
  const keys = Array.from({ length: 20 }, (_, index) => keyOf(`api-${index}`))
  let isWriting = true
  const writing = (async () => {
    // All keys at once, so that a moment has them all at one revision.
    for (let versions = keys.map(() => null as Awaited<ReturnType<typeof replaceOne>>['version'] | null); isWriting; ) {
      const writes = keys.map((key, index) =>
        snapshotWrite({ key, expected: versions[index] ?? null, body: JSON.stringify('x'.repeat(500)) }),
      )
      versions = (await driver.snapshots.replace(writes)).map((outcome) => won(outcome).version)
    }
  })()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await backupSqlite({ file, to: backup })
  isWriting = false
  await writing
  const copy = await openStore({ file: backup })
  const loaded = await copy.snapshots.load(keys)
  const revisions = new Set(loaded.map((snapshot) => snapshot?.version.revision))
  expect(revisions.size).toBe(1)
  expect([...revisions][0]).toBeGreaterThan(0)
})

test('a restored store holds what the backup held, every live record in a new epoch', async () => {
  const { file, backup } = await paths()
  const driver = await openStore({ file }, plan)
  const first = await replaceOne(driver, { key: keyOf('orders'), at: 1_000, body: '1', fence: 4 })
  const second = await replaceOne(driver, { key: keyOf('orders'), at: 2_000, expected: first.version, body: '2', fence: 4 })
  const gone = await replaceOne(driver, { key: keyOf('gone') })
  await driver.snapshots.remove([keyOf('gone')])
  const thing = await commitThing(driver, 'one', 'A')
  await backupSqlite({ file, to: backup })
  const third = await replaceOne(driver, { key: keyOf('orders'), at: 3_000, expected: second.version, body: '3', fence: 4 })
  await commitThing(driver, 'two', 'B')
  await driver.close()

  await restoreSqlite({ from: backup, to: file })
  const restored = await openStore({ file }, plan)
  const [latest] = await restored.snapshots.load([keyOf('orders')])
  expect(latest).toMatchObject({ body: '2', at: 2_000, createdAt: 2_000, hash: second.hash, fence: 4, version: { revision: 1 } })
  expect(latest?.version.epoch).not.toBe(second.version.epoch)
  expect((await restored.snapshots.history(keyOf('orders'), { limit: 10 })).items).toEqual([latest, first])

  const collection = restored.collection(things)
  const [one, two] = await collection.load(team, ['one', 'two'])
  expect(one).toMatchObject({ value: { code: 'A' }, version: { revision: 1 } })
  expect(one?.version.epoch).not.toBe(thing.version.epoch)
  expect(two).toBe(null)
  const listed = await collection.list(team, { index: 'byCode', equals: { code: 'A' }, order: 'asc', limit: 10 })
  expect(listed.items).toEqual([one])

  const { items: heads } = await restored.snapshots.heads(team, { limit: 10 })
  expect(heads).toContainEqual({ id: 'gone/eu', team: 'red', deleted: true, version: { ...gone.version, revision: 2 } })

  // What was written after the backup has no way back in, and what the backup knows is recognised.
  const late = (await restored.snapshots.replace([snapshotWrite({ key: keyOf('orders'), expected: third.version, fence: 4 })]))[0]
  expect(late).toEqual({ ok: false, reason: 'conflict', current: latest })
  const repeat = snapshotWrite({
    key: keyOf('orders'),
    expected: first.version,
    writeId: second.writeId,
    at: 2_000,
    body: '2',
    fence: 4,
  })
  expect(won((await restored.snapshots.replace([repeat]))[0])).toEqual(latest)
  expect(await commitThing(restored, 'one', 'A')).toEqual(one)
  const next = await replaceOne(restored, { key: keyOf('orders'), expected: latest?.version ?? null, fence: 4, body: '4' })
  expect(next.version).toEqual({ epoch: latest?.version.epoch, revision: 2 })
})

test('no two records share an epoch after a restore, and no restore repeats one', async () => {
  const { file, backup } = await paths()
  const driver = await openStore({ file }, plan)
  for (let index = 0; index < 20; index++) {
    await replaceOne(driver, { key: keyOf(`api-${index}`) })
    await commitThing(driver, `thing-${index}`, String(index))
  }
  await driver.close()
  await backupSqlite({ file, to: backup })
  const seen = new Set<string>()
  for (let round = 0; round < 3; round++) {
    await restoreSqlite({ from: backup, to: file })
    const restored = await openStore({ file }, plan)
    const heads = [
      ...(await restored.snapshots.heads('system', { limit: 100 })).items,
      ...(await restored.collection(things).heads('system', { limit: 100 })).items,
    ]
    for (const { version } of heads) seen.add(version.epoch)
    await restored.close()
  }
  expect(seen.size).toBe(3 * 40)
})

test('a server that has the file open sees the restored state, and goes on', async () => {
  const { file, backup } = await paths()
  const clock = systemClock()
  let aheadMs = 0
  const server = await openStore({ file, clock: { ...clock, monotonic: () => clock.monotonic() + aheadMs } })
  const first = await replaceOne(server, { key: keyOf('orders'), body: '1' })
  await backupSqlite({ file, to: backup })
  await replaceOne(server, { key: keyOf('orders'), expected: first.version, body: '2' })
  await restoreSqlite({ from: backup, to: file })
  aheadMs += 1_001
  const [latest] = await server.snapshots.load([keyOf('orders')])
  expect(latest).toMatchObject({ body: '1', version: { revision: 1 } })
  expect(latest?.version.epoch).not.toBe(first.version.epoch)
  const next = await replaceOne(server, { key: keyOf('orders'), expected: latest?.version ?? null, body: '3' })
  await server.close()
  const other = await openStore({ file })
  expect(await other.snapshots.load([keyOf('orders')])).toEqual([next])
})

test('what is left of the journal of the replaced store is not played into the restored one', async () => {
  const { file, backup, directory } = await paths()
  const driver = await openStore({ file })
  const kept = await replaceOne(driver, { key: keyOf('orders'), body: '"kept"' })
  await backupSqlite({ file, to: backup })
  for (let index = 0; index < 50; index++) await replaceOne(driver, { key: keyOf(`later-${index}`) })
  // As a process that was killed leaves it: the database with a full WAL beside it.
  const crashed = join(directory, 'crashed.db')
  for (const suffix of ['', '-wal']) await copyFile(file + suffix, crashed + suffix)
  await restoreSqlite({ from: backup, to: crashed })
  const restored = await openStore({ file: crashed })
  expect((await restored.snapshots.load([keyOf('orders')]))[0]?.body).toBe(kept.body)
  expect((await restored.snapshots.heads('system', { limit: 100 })).items).toHaveLength(1)
})

test('a backup of the host’s connection, also in memory', async () => {
  const { backup } = await paths()
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  const snapshot = await replaceOne(await openStore({ database }), { key: keyOf('orders') })
  await backupSqlite({ database, to: backup })
  expect(await (await openStore({ file: backup })).snapshots.load([keyOf('orders')])).toEqual([snapshot])
})

test('a backup never takes the place of a file, and a failed one leaves nothing', async () => {
  const { file, backup, directory } = await paths()
  await replaceOne(await openStore({ file }), { key: keyOf('orders') })
  await backupSqlite({ file, to: backup })
  const bytes = await readFile(backup)
  expect(await codeOf(backupSqlite({ file, to: backup }))).toBe('INVALID_INPUT')
  expect(await readFile(backup)).toEqual(bytes)
  expect(await codeOf(backupSqlite({ file: join(directory, 'none.db'), to: join(directory, 'two.db') }))).toBe('INVALID_INPUT')
  await writeFile(join(directory, 'notes.txt'), 'no database '.repeat(1_000))
  expect(await codeOf(backupSqlite({ file: join(directory, 'notes.txt'), to: join(directory, 'two.db') }))).toBe('INCOMPATIBLE')
  expect(await codeOf(backupSqlite({ file, to: join(directory, 'notes.txt', 'two.db') }))).toBe('UNAVAILABLE')
  expect(
    (await readdir(directory)).filter((name) => name.includes('partial') || name.includes('two') || name.includes('none')),
  ).toEqual([])
})

test('a restore that fails leaves the store as it was', async () => {
  const { file, directory } = await paths()
  const driver = await openStore({ file })
  const snapshot = await replaceOne(driver, { key: keyOf('orders') })
  const [none, notes, foreign, damaged] = ['none.db', 'notes.txt', 'foreign.db', 'damaged.db'].map((name) =>
    join(directory, name),
  ) as [string, string, string, string]
  await writeFile(notes, 'no database '.repeat(1_000))
  const other = new DatabaseSync(foreign)
  other.exec('create table own (name text)')
  other.close()
  await backupSqlite({ file, to: damaged })
  const bytes = await readFile(damaged)
  await writeFile(damaged, Buffer.concat([bytes.subarray(0, 8_192), Buffer.alloc(bytes.length - 8_192, 0xff)]))
  expect(await codeOf(restoreSqlite({ from: none, to: file }))).toBe('INVALID_INPUT')
  for (const from of [notes, foreign, damaged]) expect(await codeOf(restoreSqlite({ from, to: file })), from).toBe('INCOMPATIBLE')
  await driver.ping()
  expect(await driver.snapshots.load([keyOf('orders')])).toEqual([snapshot])
  expect((await readdir(directory)).filter((name) => name.includes('partial'))).toEqual([])
})
