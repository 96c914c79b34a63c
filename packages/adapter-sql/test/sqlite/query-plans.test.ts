import { DatabaseSync } from 'node:sqlite'
import type { LogQuery } from '@sightline/core/ports'
import { expect, onTestFinished, test } from 'vitest'
import { keyOf, openStore, replaceOne, snapshotWrite } from '../temporary-store.ts'

/** Small by nature, or only a name within the query; the narrow rows of `heads` are looked through once a prune has come to its end. */
const mayBeScanned = new Set([
  'CONSTANT ROW',
  'w',
  'c',
  'found',
  'sightline_store',
  'sightline_collections',
  'sightline_heads',
  'sqlite_master',
])

/** What the full-text index is asked for stands behind the colon; where nothing does, it is read from end to end. */
const isNarrowed = (detail: string): boolean => /USING|VIRTUAL TABLE INDEX \d+:./.test(detail)

/** It looks at every series once, and sorts as many of their rows as `deleteOldest` lets one step reach. */
const isPruning = (sql: string): boolean => /^delete from sightline_(samples|buckets) .* cross join /s.test(sql)

/** Points are sorted by time and series, but only as many as `listPoints` lets one page reach; of rollups, all that are sorted are the answer. */
const maySort = (sql: string): boolean =>
  isPruning(sql) || sql.includes('"sightline_samples" as "p"') || sql.includes('"sightline_buckets" as "b"')

test('no query reads a table from end to end or sorts all it finds', async () => {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  const queries = new Set<string>()
  const listening = new Proxy(database, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (name === 'prepare') queries.add(String(args[0]))
        return Reflect.apply(value, target, args)
      }
    },
  })
  const things = {
    name: 'test.things',
    parse: (raw: unknown) => raw,
    indexes: { bySize: ['kind', 'size'] },
    unique: { code: () => 'A' },
    expiresAt: () => 9,
  }
  const driver = await openStore({ database: listening }, { collections: [things] })
  // A migration looks at everything, once.
  queries.clear()

  const page = { limit: 2 }
  const latest = await replaceOne(driver, { key: keyOf('orders') })
  await driver.snapshots.replace([snapshotWrite({ key: keyOf('orders') }), snapshotWrite({ key: keyOf('stock') })])
  await driver.snapshots.raiseFence([keyOf('stock')], 1)
  await driver.snapshots.load([keyOf('orders')])
  await driver.snapshots.revisions(keyOf('orders'), [latest.version])
  for (const query of [page, { ...page, asOf: 5 }]) await driver.snapshots.history(keyOf('orders'), query)
  for (const scope of ['system', { team: 'red' }] as const) {
    const first = await driver.snapshots.heads(scope, { limit: 1 })
    await driver.snapshots.heads(scope, { limit: 1, ...(first.next === null ? {} : { cursor: first.next }) })
  }
  await driver.snapshots.remove([keyOf('stock')])
  await driver.snapshots.prune({ before: 9e15, limit: 10 })

  const series = [
    { team: 'red', service: 'orders', region: 'eu' },
    { team: 'red', service: 'stock', region: 'eu' },
  ]
  await driver.samples.append(series.map((each) => ({ series: each, at: 1, values: {} })))
  await driver.samples.putBuckets([{ series: series[0]!, resolutionMs: 60_000, start: 0, stats: new Uint8Array(1) }])
  const { next } = await driver.samples.points({ series, from: 0, to: 9 }, { limit: 1 })
  await driver.samples.points({ series, from: 0, to: 9 }, { limit: 1, cursor: next ?? '' })
  await driver.samples.buckets({ series, from: 0, to: 9, resolutionMs: 60_000 })
  for (const resolutionMs of [0, 60_000]) await driver.samples.prune({ resolutionMs, before: 9, limit: 10 })

  await driver.logs.append(
    { team: 'red' },
    ['a', 'b'].map((id) => ({ id, at: 1, service: 's', severity: 9, terms: ['x', 'y'], body: '' })),
  )
  const conditions: readonly Partial<LogQuery>[] = [
    {},
    { service: 's' },
    { terms: ['x'] },
    { terms: ['x', 'y'], minSeverity: 1, service: 's' },
  ]
  for (const condition of conditions) {
    for (const scope of ['system', { team: 'red' }] as const) {
      const query = { from: 0, to: 9, limit: 1, budgetMs: 1_000, ...condition }
      const found = await driver.logs.search(scope, query)
      await driver.logs.search(scope, { ...query, ...(found.next === null ? {} : { cursor: found.next }) })
    }
  }
  await driver.logs.prune({ before: 9, limit: 10 })

  const collection = driver.collection(things)
  const insert = {
    store: things.name,
    id: 'one',
    team: 'red',
    expected: null,
    writeId: 'w',
    at: 1,
    value: { kind: 'a', size: 1 },
  }
  await driver.commit([{ write: insert, then: [{ ...insert, id: 'two', team: 'blue' }] }])
  for (const scope of ['system', { team: 'red' }] as const) {
    await collection.load(scope, ['one', 'two'])
    await collection.heads(scope, page)
    for (const order of ['asc', 'desc'] as const) {
      await collection.list(scope, { ...page, index: 'bySize', equals: { kind: 'a' }, range: { from: 0 }, order })
    }
  }
  await collection.prune({ before: 99, limit: 10 })

  expect(queries.size).toBeGreaterThan(60)
  const scans = [...queries].flatMap((sql) => {
    if (!/^(select|with|insert|update|delete)/i.test(sql)) return []
    const values = Array.from(sql.matchAll(/\?/g), () => null)
    const plan = database.prepare(`explain query plan ${sql}`).all(...values)
    return plan.flatMap(({ detail }) => {
      const [, table = ''] = /^SCAN (CONSTANT ROW|\S+)/.exec(String(detail)) ?? []
      const isWhole =
        table !== '' && !mayBeScanned.has(table) && !(table === 's' && isPruning(sql)) && !isNarrowed(String(detail))
      const isSorted = String(detail) === 'USE TEMP B-TREE FOR ORDER BY' && !maySort(sql)
      return isWhole || isSorted ? [`${String(detail)}: ${sql}`] : []
    })
  })
  expect(scans).toEqual([])
})
