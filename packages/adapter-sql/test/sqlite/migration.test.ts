import { DatabaseSync } from 'node:sqlite'
import type { LogQuery, StorageDriver } from '@sightline/core/ports'
import { expect, onTestFinished, test } from 'vitest'
import { versionOne } from '../../src/schema-version-1.ts'
import { versionTwo } from '../../src/schema-version-2.ts'
import { versionThree } from '../../src/schema-version-3.ts'
import { versionFour } from '../../src/schema-version-4.ts'
import { sqliteDialect } from '../../src/sqlite/sqlite-dialect.ts'
import { expectMigrated } from '../expect-migrated.ts'
import { openStore } from '../temporary-store.ts'
import { versionOneStore } from '../version-one-store.ts'

const dialect = sqliteDialect('sightline_', { isShared: true })

const openDatabase = (statements: readonly string[]): DatabaseSync => {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  for (const statement of statements) database.exec(statement)
  return database
}

const schemaOf = (database: DatabaseSync): unknown =>
  database.prepare(`select value from sightline_store where name = 'schema'`).get()

test('a store of the first version of the tables is migrated, and nothing in it is lost', async () => {
  const now = Date.now()
  const database = openDatabase(versionOneStore(dialect, now))
  await expectMigrated(await openStore({ database }), now)
  expect(schemaOf(database)).toEqual({ value: '5' })
  expect(database.prepare('select count(*) as documents from sightline_metrics').get()).toEqual({ documents: 1 })
})

interface OldLine {
  readonly id: string
  readonly team: string
  readonly at: number
  readonly service: string
  readonly severity: number
  readonly terms: readonly string[]
}

const long = 'x'.repeat(300)
/** As long terms were stored from the first version on. */
const longAsStored = `${'x'.repeat(64)}\u0001\u00030d4e2ca9e9cbced7a7a5380eb29e1a3783b9b6d0db72de36a1051038e1c1fbc7`

const at = Date.UTC(2026, 2, 1)
const oldLines: readonly OldLine[] = [
  { id: 'a', team: 'red', at, service: 'api', severity: 9, terms: ['disk', 'full', 'path=/var/log files'] },
  { id: 'b', team: 'red', at, service: 'api', severity: 17, terms: ['disk', 'über', 'Disk'] },
  { id: 'c', team: 'red', at: at + 1, service: 'Big Shop', severity: 21, terms: ['disk', long] },
  { id: 'd', team: 'Red', at: at + 2, service: 'api', severity: 13, terms: ['disk', 'trace==4f2a'] },
  { id: 'e', team: 'red', at: at + 3, service: 'api', severity: 13, terms: [] },
]

const ids = async (driver: StorageDriver, team: string | 'system', query: Partial<LogQuery>): Promise<readonly string[]> => {
  const scope = team === 'system' ? 'system' : { team }
  const found = await driver.logs.search(scope, { from: 0, to: at + 9, limit: 9, budgetMs: 9_000, ...query })
  return found.items.map(({ id }) => id)
}

/** Writes lines as they stand in the table before the fifth version. */
const lineAdder = (database: DatabaseSync) => {
  const add = database.prepare(
    'insert into sightline_logs (seq, team, id, at, service, severity, terms, body) values (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  return (seq: number, { team, id, at: time, service, severity, terms }: OldLine): void => {
    add.run(seq, team, id, time, service, severity, JSON.stringify(terms), '"old"')
  }
}

/** Found as before by whatever they are searched by, repeats still recognised, and gone from table and index in the order of their time. */
const expectLines = async (driver: StorageDriver, database: DatabaseSync): Promise<void> => {
  expect(await ids(driver, 'red', {})).toEqual(['e', 'c', 'b', 'a'])
  expect(await ids(driver, 'system', { terms: ['disk'] })).toEqual(['d', 'c', 'b', 'a'])
  expect(await ids(driver, 'red', { terms: ['disk'] })).toEqual(['c', 'b', 'a'])
  expect(await ids(driver, 'red', { terms: ['disk'], to: at + 1 })).toEqual(['b', 'a'])
  expect(await ids(driver, 'Red', { terms: ['disk', 'trace==4f2a'] })).toEqual(['d'])
  expect(await ids(driver, 'red', { terms: ['Disk'] })).toEqual(['b'])
  expect(await ids(driver, 'red', { terms: ['über'] })).toEqual(['b'])
  expect(await ids(driver, 'red', { terms: [long] })).toEqual(['c'])
  expect(await ids(driver, 'red', { terms: ['path=/var/log files'] })).toEqual(['a'])
  expect(await ids(driver, 'red', { service: 'api' })).toEqual(['e', 'b', 'a'])
  expect(await ids(driver, 'red', { service: 'Big Shop', minSeverity: 21 })).toEqual(['c'])
  expect(await ids(driver, 'red', { minSeverity: 17 })).toEqual(['c', 'b'])
  expect(await ids(driver, 'red', { minSeverity: 10 })).toEqual(['e', 'c', 'b'])

  const line = { service: 'api', severity: 9, terms: ['disk'], body: '"new"' }
  await driver.logs.append({ team: 'red' }, [
    { ...line, id: 'a', at: at + 5 },
    { ...line, id: 'f', at },
  ])
  expect(await ids(driver, 'red', { terms: ['disk'] })).toEqual(['c', 'f', 'b', 'a'])
  expect(await driver.logs.prune({ before: at + 1, limit: 9 })).toBe(3)
  expect(await ids(driver, 'red', { terms: ['disk'] })).toEqual(['c'])
  expect(database.prepare(`select count(*) as lines from sightline_log_index`).get()).toEqual({ lines: 3 })
}

test('log lines of the second version, with their tree of terms, are found after the migration', async () => {
  const database = openDatabase([
    ...versionOne(dialect),
    ...versionTwo(dialect),
    `insert into sightline_store (name, value) values ('schema', '2'), ('format', '1')`,
  ])
  const addLine = lineAdder(database)
  const addTerm = database.prepare('insert into sightline_log_terms (team, term, at, line) values (?, ?, ?, ?)')
  for (const [seq, line] of oldLines.entries()) {
    addLine(seq, line)
    for (const term of line.terms) addTerm.run(line.team, term === long ? longAsStored : term, line.at, seq)
  }
  await expectLines(await openStore({ database }), database)
  expect(schemaOf(database)).toEqual({ value: '5' })
})

test('log lines of the fourth version, whose index holds them in hexadecimal digits, are found after the migration', async () => {
  const database = openDatabase([
    ...versionOne(dialect),
    ...versionTwo(dialect),
    ...versionThree(dialect),
    ...versionFour(dialect),
    `insert into sightline_store (name, value) values ('schema', '4'), ('format', '1')`,
  ])
  const hex = (text: string): string => Buffer.from(text).toString('hex')
  const addLine = lineAdder(database)
  const addTokens = database.prepare('insert into sightline_log_index (rowid, tokens) values (?, ?)')
  for (const line of oldLines) {
    const { id, team, at: time, service, severity, terms } = line
    const seq = time * 2_048 + (id === 'b' ? 1 : 0)
    addLine(seq, line)
    const tokens = [
      `s${hex(team)}g${hex(service)}`,
      ...[13, 17, 21].filter((least) => severity >= least).map((least) => `v${hex(team)}g${hex(String(least))}`),
      ...terms.map((term) => `t${hex(team)}g${hex(term === long ? longAsStored : term)}`),
    ]
    addTokens.run(seq, tokens.join(' '))
  }
  await expectLines(await openStore({ database }), database)
  expect(schemaOf(database)).toEqual({ value: '5' })
})

test('a store with more lines than are moved at once keeps each of them in the index', async () => {
  const database = openDatabase([
    ...versionOne(dialect),
    ...versionTwo(dialect),
    ...versionThree(dialect),
    ...versionFour(dialect),
    `insert into sightline_store (name, value) values ('schema', '4'), ('format', '1')`,
    `insert into sightline_logs (seq, team, id, at, service, severity, terms, body)
      with recursive n(i) as (select 0 union all select i + 1 from n where i < 2999)
      select (${at} + i) * 2048, 'red', 'line-' || i, ${at} + i, 'api', 9, '["disk","n' || i || '"]', '"old"' from n`,
  ])
  const driver = await openStore({ database })
  expect(database.prepare('select count(*) as lines from sightline_log_index').get()).toEqual({ lines: 3_000 })
  for (const wanted of [0, 999, 1_000, 2_999]) {
    expect(await ids(driver, 'red', { terms: ['disk', `n${wanted}`], to: at + 3_000 })).toEqual([`line-${wanted}`])
  }
})
