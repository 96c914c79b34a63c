import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { CollectionDefinition, StorageDriver } from '@sightline/core/ports'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStorage } from '../src/index.ts'
import { codeOf, openStore, plan, temporaryDirectory, won } from './temporary-store.ts'

interface Thing {
  readonly name: string
  readonly size: number
}

const team = { team: 'red' }

const definition = (changes: Partial<CollectionDefinition<Thing>>): CollectionDefinition<Thing> => ({
  name: 'test.things',
  parse: (raw) => raw as Thing,
  indexes: {},
  ...changes,
})

const put = async (driver: StorageDriver, id: string, value: unknown) => {
  const [current] = await driver.collection(definition({})).load(team, [id])
  const expected = current?.version ?? null
  const write = { store: 'test.things', id, team: 'red', expected, writeId: crypto.randomUUID(), at: 1, value }
  return won((await driver.commit([{ write, then: [] }]))[0])
}

const bySize = definition({ indexes: { bySize: ['size'] } })
const byName = definition({ indexes: { byName: ['name'] }, unique: { name: ({ name }) => name } })

const namesBySize = async (driver: StorageDriver) =>
  (await driver.collection(bySize).list(team, { index: 'bySize', equals: {}, order: 'asc', limit: 5_000 })).items.map(
    ({ value }) => value.name,
  )

test('an index that a later version adds is built over what is there, however much that is', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const old = await openStore({ file }, { collections: [definition({})] })
  const commits = Array.from({ length: 1_203 }, (_, index) => ({
    write: {
      store: 'test.things',
      id: `t${index}`,
      team: 'red',
      expected: null,
      writeId: 'w',
      at: 1,
      value: { name: `n${index}`, size: -index },
    },
    then: [],
  }))
  for (const outcome of await old.commit(commits)) won(outcome)
  const newer = await openStore({ file }, { collections: [bySize] })
  expect(await namesBySize(newer)).toEqual(Array.from({ length: 1_203 }, (_, index) => `n${1_202 - index}`))
})

test('two versions with different indexes write side by side: each finds what the other wrote', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const old = await openStore({ file }, { collections: [byName] })
  await put(old, 'one', { name: 'a', size: 3 })
  const newer = await openStore({ file }, { collections: [bySize] })
  await put(old, 'two', { name: 'b', size: 1 })
  await put(newer, 'three', { name: 'c', size: 2 })
  await put(old, 'one', { name: 'a', size: 0 })
  expect(await namesBySize(newer)).toEqual(['a', 'b', 'c'])
  const found = await old.collection(byName).list(team, { index: 'byName', equals: { name: 'c' }, order: 'asc', limit: 10 })
  expect(found.items.map(({ id }) => id)).toEqual(['three'])
})

test('a unique value that a later version adds holds for what is there', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const old = await openStore({ file }, { collections: [definition({})] })
  const holder = await put(old, 'one', { name: 'a', size: 1 })
  const newer = await openStore({ file }, { collections: [byName] })
  const write = {
    store: 'test.things',
    id: 'two',
    team: 'red',
    expected: null,
    writeId: 'w',
    at: 1,
    value: { name: 'a', size: 2 },
  }
  expect(await newer.commit([{ write, then: [] }])).toEqual([{ ok: false, reason: 'duplicate', current: holder }])
})

test('an index of a definition that connect was not told of is refused, not empty', async () => {
  const driver = await openStore({ file: ':memory:' }, { collections: [definition({})] })
  await put(driver, 'one', { name: 'a', size: 1 })
  const list = driver.collection(bySize).list(team, { index: 'bySize', equals: {}, order: 'asc', limit: 10 })
  expect(await codeOf(list)).toBe('INVALID_INPUT')
})

test('texts too long for an index are found and ordered by their beginning, and told apart by the whole', async () => {
  const driver = await openStore({ file: ':memory:' }, { collections: [byName] })
  const long = 'x'.repeat(5_000)
  await put(driver, 'one', { name: `${long}1`, size: 1 })
  await put(driver, 'two', { name: `${long}2`, size: 2 })
  await put(driver, 'three', { name: 'y', size: 3 })
  const collection = driver.collection(byName)
  const query = { index: 'byName', order: 'asc', limit: 10 } as const
  expect((await collection.list(team, { ...query, equals: { name: `${long}2` } })).items.map(({ id }) => id)).toEqual(['two'])
  const from = await collection.list(team, { ...query, equals: {}, range: { from: `${long}2` } })
  expect(from.items.map(({ id }) => id)).toEqual(['two', 'three'])
  const write = {
    store: 'test.things',
    id: 'four',
    team: 'red',
    expected: null,
    writeId: 'w',
    at: 1,
    value: { name: `${long}1`, size: 4 },
  }
  expect((await driver.commit([{ write, then: [] }]))[0]).toMatchObject({ ok: false, reason: 'duplicate' })
})

test('tables of a newer version of this software are refused, and left as they are', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  await (await openStore({ file })).close()
  const database = new DatabaseSync(file)
  onTestFinished(() => database.close())
  database.exec(`update sightline_store set value = '99' where name = 'schema'`)
  const driver = sqliteStorage({ file })
  onTestFinished(() => driver.close())
  expect(await codeOf(driver.connect(plan))).toBe('INCOMPATIBLE')
  expect(await codeOf(driver.snapshots.load([]))).toBe('UNAVAILABLE')
  expect(database.prepare(`select value from sightline_store where name = 'schema'`).get()).toEqual({ value: '99' })
})
