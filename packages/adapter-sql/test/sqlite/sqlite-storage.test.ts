import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStorage } from '../../src/index.ts'
import { codeOf, keyOf, openStore, plan, replaceOne, snapshotWrite, temporaryDirectory } from '../temporary-store.ts'

test('the file and its directories are made, in WAL mode, with plain tables', async () => {
  const file = join(await temporaryDirectory(), 'a', 'b', 'store.db')
  const driver = await openStore({ file })
  await replaceOne(driver, { key: keyOf('orders') })
  const other = new DatabaseSync(file, { readOnly: true })
  onTestFinished(() => other.close())
  expect(other.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect(other.prepare('select team, api, source, data, revision from sightline_metrics').all()).toEqual([
    { team: 'red', api: 'orders', source: 'eu', data: '{"open":1}', revision: 1 },
  ])
})

test('in memory it works the same, and is gone with the driver', async () => {
  const driver = await openStore({ file: ':memory:' })
  const snapshot = await replaceOne(driver, { key: keyOf('orders') })
  expect(await driver.snapshots.load([keyOf('orders')])).toEqual([snapshot])
  const [fresh] = await (await openStore({ file: ':memory:' })).snapshots.load([keyOf('orders')])
  expect(fresh).toBe(null)
  expect(await readdir('.')).not.toContain(':memory:')
})

test('a connection of the host is used as it is, beside its own tables, and stays open', async () => {
  const database = new DatabaseSync(join(await temporaryDirectory(), 'host.db'))
  onTestFinished(() => database.close())
  database.exec('create table own (name text); insert into own values (1)')
  const before = database.prepare('pragma journal_mode').get()
  const driver = await openStore({ database })
  await replaceOne(driver, { key: keyOf('orders') })
  await driver.close()
  expect(database.prepare('select count(*) as rows from own').get()).toEqual({ rows: 1 })
  expect(database.prepare('pragma journal_mode').get()).toEqual(before)
})

test('within a transaction of the host nothing is written: the call waits, and goes on when it is over', async () => {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  const patient = await openStore({ database, busyTimeoutMs: 10_000 })
  const hasty = await openStore({ database, busyTimeoutMs: 20 })
  database.exec('begin')
  const writing = replaceOne(patient, { key: keyOf('patient') })
  expect(await codeOf(replaceOne(hasty, { key: keyOf('hasty') }))).toBe('UNAVAILABLE')
  database.exec('rollback')
  expect((await writing).version.revision).toBe(1)
})

test('two stores with prefixes of their own live in one file', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const [one, two] = [await openStore({ file, tablePrefix: 'one_' }), await openStore({ file, tablePrefix: 'two_' })]
  await replaceOne(one, { key: keyOf('orders'), body: '1' })
  expect(await two.snapshots.load([keyOf('orders')])).toEqual([null])
})

test.each(['', '1a', 'a b', 'a"b', "a'; drop table x; --", 'A', 'ä', 'x'.repeat(33)])(
  'the table prefix %j is refused',
  (tablePrefix) => {
    expect(() => sqliteStorage({ file: ':memory:', tablePrefix })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  },
)

test('a file that is no database is refused by name, and left as it is', async () => {
  const file = join(await temporaryDirectory(), 'notes.txt')
  await writeFile(file, 'These are my notes, not a database. '.repeat(100))
  const driver = sqliteStorage({ file })
  const error: unknown = await driver.connect(plan).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(SightlineError)
  expect(error).toMatchObject({ code: 'INCOMPATIBLE', message: expect.stringContaining(file) })
  expect(error).toMatchObject({ message: expect.stringContaining('not a database') })
  await driver.close()
})

test('a damaged database is INCOMPATIBLE, never an empty answer', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const driver = await openStore({ file })
  const keys = Array.from({ length: 200 }, (_, index) => keyOf(`api-${index}`))
  await driver.snapshots.replace(keys.map((key) => snapshotWrite({ key, body: JSON.stringify('x'.repeat(2_000)) })))
  await driver.close()
  const database = new DatabaseSync(file)
  const pages = Number(database.prepare('pragma page_count').get()?.page_count)
  database.close()
  const { open } = await import('node:fs/promises')
  const handle = await open(file, 'r+')
  for (let page = 40; page < pages; page++) await handle.write(Buffer.alloc(4_096, 0xff), 0, 4_096, page * 4_096)
  await handle.close()
  const damaged = await openStore({ file }).catch((thrown: unknown) => thrown)
  const code = damaged instanceof SightlineError ? damaged.code : await codeOf((damaged as typeof driver).snapshots.load(keys))
  expect(code).toBe('INCOMPATIBLE')
})

test('a database that cannot be written is UNAVAILABLE', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  await replaceOne(await openStore({ file }), { key: keyOf('orders') })
  const database = new DatabaseSync(file, { readOnly: true })
  onTestFinished(() => database.close())
  const driver = await openStore({ database })
  expect(await driver.snapshots.load([keyOf('orders')])).toMatchObject([{ version: { revision: 1 } }])
  expect(await codeOf(replaceOne(driver, { key: keyOf('stock') }))).toBe('UNAVAILABLE')
})

test('a full disk is UNAVAILABLE, leaves nothing half written, and is over when there is room', async () => {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  const driver = await openStore({ database })
  const snapshot = await replaceOne(driver, { key: keyOf('orders') })
  const pages = Number(database.prepare('pragma page_count').get()?.page_count)
  database.exec(`pragma max_page_count = ${pages}`)
  const large = { key: keyOf('orders'), expected: snapshot.version, body: JSON.stringify('x'.repeat(100_000)) }
  expect(await codeOf(replaceOne(driver, large))).toBe('UNAVAILABLE')
  expect(await driver.snapshots.load([keyOf('orders')])).toEqual([snapshot])
  expect((await driver.snapshots.history(keyOf('orders'), { limit: 10 })).items).toEqual([snapshot])
  database.exec('pragma max_page_count = 100000')
  expect((await replaceOne(driver, large)).version.revision).toBe(2)
})

test('a path that cannot be made is UNAVAILABLE, and works once it can', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'occupied'), '')
  const driver = sqliteStorage({ file: join(directory, 'occupied', 'store.db') })
  onTestFinished(() => driver.close())
  expect(await codeOf(driver.connect(plan))).toBe('UNAVAILABLE')
  await rm(join(directory, 'occupied'))
  await driver.connect(plan)
  expect((await replaceOne(driver, { key: keyOf('orders') })).version.revision).toBe(1)
})

/** A store with a clock that can be put forward, so that the driver looks at its file again. */
const lookingStore = async (file: string) => {
  const clock = systemClock()
  let aheadMs = 0
  const driver = await openStore({ file, clock: { ...clock, monotonic: () => clock.monotonic() + aheadMs } })
  return {
    driver,
    passSecond: () => {
      aheadMs += 1_001
    },
  }
}

test('a file that is deleted while it is open is made anew: the store is seen to be empty, and written to', async () => {
  const directory = join(await temporaryDirectory(), 'data')
  const file = join(directory, 'store.db')
  const { driver, passSecond } = await lookingStore(file)
  const first = await replaceOne(driver, { key: keyOf('orders') })
  await driver.samples.append([{ series: { team: 'red', service: 'orders', region: 'eu' }, at: 1, values: { a: 1 } }])
  await rm(directory, { recursive: true })
  passSecond()
  expect(await driver.snapshots.load([keyOf('orders')])).toEqual([null])
  const again = await replaceOne(driver, { key: keyOf('orders') })
  expect(again.version.revision).toBe(1)
  expect(again.version.epoch).not.toBe(first.version.epoch)
  const other = await openStore({ file })
  expect(await other.snapshots.load([keyOf('orders')])).toEqual([again])
  await driver.samples.append([{ series: { team: 'red', service: 'orders', region: 'eu' }, at: 2, values: { a: 2 } }])
  const span = { series: [{ team: 'red', service: 'orders', region: 'eu' }], from: 0, to: 9 }
  expect((await other.samples.points(span, { limit: 9 })).items.map(({ at }) => at)).toEqual([2])
})

test('a file that is replaced while it is open is the truth from then on, also for a ping', async () => {
  const directory = await temporaryDirectory()
  const [file, elsewhere] = [join(directory, 'store.db'), join(directory, 'other.db')]
  const { driver } = await lookingStore(file)
  await replaceOne(driver, { key: keyOf('orders'), body: '"old"' })
  const source = await openStore({ file: elsewhere })
  const replacement = await replaceOne(source, { key: keyOf('orders'), body: '"new"' })
  await source.close()
  const { rename } = await import('node:fs/promises')
  for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true })
  await rename(elsewhere, file)
  await driver.ping()
  expect(await driver.snapshots.load([keyOf('orders')])).toEqual([replacement])
})

test('tables that somebody dropped are made again', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const driver = await openStore({ file })
  await replaceOne(driver, { key: keyOf('orders') })
  const database = new DatabaseSync(file)
  for (const { name, type } of database
    .prepare(`select name, type from sqlite_master where name like 'sightline%' and type in ('table', 'view')`)
    .all()) {
    // The tables within the full-text index go with it.
    database.exec(`drop ${type} if exists ${name}`)
  }
  database.close()
  expect(await driver.snapshots.load([keyOf('orders')])).toEqual([null])
  expect((await replaceOne(driver, { key: keyOf('orders') })).version.revision).toBe(1)
})

test('names are values, never SQL', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const attacks = [
    `'; drop table sightline_history; --`,
    `" or 1=1 --`,
    `') on conflict do nothing; delete from sightline_heads; --`,
    '?1',
    '$1',
    ':name',
    `\0'; drop table sightline_targets`,
  ]
  const notes = { name: 'attack.notes', indexes: { byText: ['text', `'; drop table sightline_records; --`] } }
  const driver = await openStore({ file }, { collections: [notes] })
  for (const name of attacks) {
    const key = { team: name, api: name, region: name }
    await replaceOne(driver, { key, writeId: name, hash: name, detector: name, body: JSON.stringify(name) })
    await driver.snapshots.raiseFence([key], 1)
    await driver.samples.append([{ series: { team: name, service: name, region: name }, at: 1, values: { [name]: 1 } }])
    await driver.logs.append({ team: name }, [{ id: name, at: 1, service: name, severity: 1, terms: [name], body: name }])
    await driver.commit([
      {
        write: { store: 'attack.notes', id: name, team: name, expected: null, writeId: name, at: 1, value: { text: name } },
        then: [],
      },
    ])
    const collection = driver.collection({ ...notes, parse: (raw) => raw })
    const page = { limit: 10, order: 'asc', index: 'byText', equals: { text: name } } as const
    expect((await collection.list({ team: name }, page)).items).toHaveLength(1)
    const found = await driver.logs.search(
      { team: name },
      { from: 0, to: 9, limit: 9, terms: [name], service: name, budgetMs: 1_000 },
    )
    expect(found.items).toHaveLength(1)
  }
  const keys = attacks.map((name) => ({ team: name, api: name, region: name }))
  expect((await driver.snapshots.load(keys)).map((snapshot) => snapshot?.hash)).toEqual(attacks)
  expect((await driver.snapshots.heads('system', { limit: 100 })).items).toHaveLength(attacks.length)
})

test('nothing of the database leaks in an error', async () => {
  const directory = await temporaryDirectory()
  await mkdir(join(directory, 'store.db'))
  const error: unknown = await sqliteStorage({ file: join(directory, 'store.db') })
    .connect(plan)
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'UNAVAILABLE' })
  expect(JSON.stringify(error)).not.toMatch(/select|insert|pragma/i)
})
