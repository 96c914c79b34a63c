import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { compareBytes, type Point, type Series, type StorageDriver } from '@sightline/core/ports'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { codeOf, openStore, temporaryDirectory } from '../temporary-store.ts'

const seriesOf = (service: string): Series => ({ team: 'red', service, region: 'eu' })

const readAll = async (driver: StorageDriver, span: Parameters<StorageDriver['samples']['points']>[0], limit: number) => {
  const pages: (readonly Point[])[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await driver.samples.points(span, cursor === undefined ? { limit } : { limit, cursor })
    pages.push(page.items)
    if (page.next === null) return pages
    cursor = page.next
  }
}

test('series of very different rates page in one order, nothing twice, nothing missing', async () => {
  const driver = await openStore({ file: ':memory:' })
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 5, maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      fc.uuid(),
      async (services, counts, limit, team) => {
        const points = services.flatMap((service, index) =>
          Array.from({ length: counts[index] as number }, (_, at) => ({
            series: { team, service, region: 'eu' },
            at: at * ((index % 3) + 1),
            values: { at },
          })),
        )
        await driver.samples.append(points)
        const span = { series: services.map((service) => ({ team, service, region: 'eu' })), from: 3, to: 500 }
        const expected = points
          .filter(({ at }) => at >= 3 && at < 500)
          .sort((a, b) => a.at - b.at || compareBytes(a.series.service, b.series.service))
        const pages = await readAll(driver, span, limit)
        expect(pages.flat()).toEqual(expected)
        for (const items of pages) expect(items.length).toBeLessThanOrEqual(limit)
      },
    ),
    { numRuns: 15 },
  )
})

test('a page of a long span looks at little more than it holds', async () => {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  const asked: { readonly sql: string; readonly values: readonly unknown[] }[] = []
  const listening = new Proxy(database, {
    get: (target, name) => {
      if (name !== 'prepare') {
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return (sql: string) => {
        const statement = target.prepare(sql)
        const all = statement.all.bind(statement)
        statement.all = (...values) => {
          asked.push({ sql, values })
          return (all as (...given: unknown[]) => ReturnType<typeof all>)(...values)
        }
        return statement
      }
    },
  })
  const driver = await openStore({ database: listening })
  const services = Array.from({ length: 20 }, (_, index) => seriesOf(`s${index}`))
  const points = Array.from({ length: 1_000 }, (_, at) => services.map((series) => ({ series, at, values: {} }))).flat()
  await driver.samples.append(points)
  asked.length = 0
  const { items, next } = await driver.samples.points({ series: services, from: 0, to: 2_000 }, { limit: 100 })
  expect(items).toHaveLength(100)
  expect(next).not.toBe(null)
  const query = asked.findLast(({ sql }) => sql.includes('"data"'))
  if (query === undefined) throw new Error('no query for points was seen')
  // Without its limit it answers with every row that it has to sort.
  const unlimited = query.sql.replace(/ limit \?$/, '')
  const rows = database.prepare(unlimited).all(...(query.values.slice(0, -1) as number[]))
  expect(rows.length).toBeGreaterThan(100)
  expect(rows.length).toBeLessThan(20 * 70)
})

test('a span of more series than a query takes is refused', async () => {
  const driver = await openStore({ file: ':memory:' })
  const series = Array.from({ length: 30_001 }, (_, index) => seriesOf(String(index)))
  expect(await codeOf(driver.samples.points({ series, from: 0, to: 1 }, { limit: 1 }))).toBe('INVALID_INPUT')
})

test('values keep -0, and more series than a transaction takes rows are one call', async () => {
  const driver = await openStore({ file: ':memory:' })
  await driver.samples.append([{ series: seriesOf('a'), at: 1, values: { 'a"b': -0, plain: 1.5 } }])
  const { items } = await driver.samples.points({ series: [seriesOf('a')], from: 0, to: 9 }, { limit: 9 })
  expect(Object.is(items[0]?.values['a"b'], -0)).toBe(true)
  expect(items[0]?.values.plain).toBe(1.5)
  const many = Array.from({ length: 3_000 }, (_, index) => ({ series: seriesOf(`m${index}`), at: 1, values: {} }))
  await driver.samples.append(many)
  const found = await readAll(driver, { series: many.map(({ series }) => series), from: 0, to: 9 }, 1_000)
  expect(found.flat()).toHaveLength(3_000)
})

test('a series that a failed transaction made is made again by the next', async () => {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  const driver = await openStore({ database })
  await driver.samples.append([{ series: seriesOf('old'), at: 1, values: {} }])
  // No page is left free by what migrations dropped.
  database.exec('vacuum')
  database.exec(`pragma max_page_count = ${Number(database.prepare('pragma page_count').get()?.page_count)}`)
  const values = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`value-${index}`, index]))
  const point = { series: seriesOf('new'), at: 1, values }
  const bucket = { series: seriesOf('new'), resolutionMs: 60_000, start: 0, stats: new Uint8Array(9) }
  const [append, put] = await Promise.all([codeOf(driver.samples.append([point])), codeOf(driver.samples.putBuckets([bucket]))])
  expect([append, put]).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
  database.exec('pragma max_page_count = 100000')
  await driver.samples.append([{ series: seriesOf('other'), at: 1, values: { a: 1 } }])
  await driver.samples.append([point])
  const { items } = await driver.samples.points({ series: [seriesOf('new')], from: 0, to: 9 }, { limit: 9 })
  expect(items).toEqual([point])
})

test('what another process has done to the series is noticed before the next write', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const driver = await openStore({ file })
  await driver.samples.append([{ series: seriesOf('mine'), at: 1, values: {} }])
  await driver.samples.append([{ series: seriesOf('mine'), at: 2, values: {} }])
  const database = new DatabaseSync(file)
  onTestFinished(() => database.close())
  database.exec('delete from sightline_series; delete from sightline_samples')
  const other = await openStore({ file })
  await other.samples.append([{ series: seriesOf('theirs'), at: 1, values: {} }])
  await driver.samples.append([{ series: seriesOf('mine'), at: 3, values: {} }])
  const timesOf = async (service: string) =>
    (await other.samples.points({ series: [seriesOf(service)], from: 0, to: 9 }, { limit: 9 })).items.map(({ at }) => at)
  expect([await timesOf('mine'), await timesOf('theirs')]).toEqual([[3], [1]])
})

test('pruning goes from the oldest over all series, however unevenly they are filled', async () => {
  const driver = await openStore({ file: ':memory:' })
  const services = Array.from({ length: 12 }, (_, index) => seriesOf(`s${index}`))
  const times = services.map((_, index) =>
    Array.from({ length: index === 5 ? 700 : index }, (_each, at) => at * (index + 1) + (index % 2) / 2),
  )
  await driver.samples.append(services.flatMap((series, index) => (times[index] ?? []).map((at) => ({ series, at, values: {} }))))
  await driver.samples.putBuckets(
    services.flatMap((series, index) =>
      (times[index] ?? []).map((start) => ({ series, resolutionMs: 10, start, stats: new Uint8Array(1) })),
    ),
  )
  const old = times.flat().filter((at) => at < 3_000)
  for (const resolutionMs of [0, 10]) {
    let left = old.toSorted((a, b) => a - b)
    while (left.length > 0) {
      expect(await driver.samples.prune({ resolutionMs, before: 3_000, limit: 97 })).toBe(Math.min(97, left.length))
      left = left.slice(97)
      const span = { series: services, from: 0, to: 3_000 }
      const found =
        resolutionMs === 0
          ? (await readAll(driver, span, 500)).flat().map(({ at }) => at)
          : (await driver.samples.buckets({ ...span, resolutionMs })).map(({ start }) => start)
      expect(found).toEqual(left)
    }
    expect(await driver.samples.prune({ resolutionMs, before: 3_000, limit: 97 })).toBe(0)
    const kept = await readAll(driver, { series: services, from: 3_000, to: 9e9 }, 500)
    expect(kept.flat()).toHaveLength(times.flat().length - old.length)
  }
})

test('points of before, that are kept as text, are read among those kept as bytes', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const driver = await openStore({ file })
  const series = seriesOf('orders')
  await driver.samples.append([{ series, at: 1, values: { up: 1, ms: 0.1 } }])
  const database = new DatabaseSync(file)
  const { id, bytes } = database.prepare('select series as id, typeof(data) as bytes from sightline_samples').get() ?? {}
  expect(bytes).toBe('blob')
  database.prepare('insert into sightline_samples (series, at, data) values (?, ?, ?)').run(Number(id), 2, '{"up":0.5,"ms":-0}')
  database.close()
  const { items } = await driver.samples.points({ series: [series], from: 0, to: 9 }, { limit: 9 })
  expect(items.map(({ values }) => values)).toEqual([
    { up: 1, ms: 0.1 },
    { up: 0.5, ms: -0 },
  ])
})
