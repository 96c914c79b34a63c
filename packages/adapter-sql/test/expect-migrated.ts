import type { StorageDriver } from '@sightline/core/ports'
import { expect } from 'vitest'
import { keyOf, replaceOne, snapshotWrite, won } from './temporary-store.ts'
import { writtenAt } from './version-one-store.ts'

/** Everything of the `versionOneStore` is there, means the same and is written on. */
export const expectMigrated = async (driver: StorageDriver, now: number): Promise<void> => {
  const key = keyOf('orders')
  const version = { epoch: 'epoch-1', revision: 3 }
  expect(await driver.snapshots.load([key, keyOf('stock'), keyOf('bare')])).toMatchObject([
    { version, body: '3', at: now },
    null,
    null,
  ])
  expect((await driver.snapshots.heads('system', { limit: 9 })).items).toEqual([
    { id: 'orders/eu', team: 'red', version },
    { id: 'stock/eu', team: 'red', version: { epoch: 'epoch-2', revision: 2 }, deleted: true },
  ])
  const bodies = async (api: string) =>
    (await driver.snapshots.history(keyOf(api), { limit: 9 })).items.map(
      ({ version: { revision }, body }) => `${revision} ${body}`,
    )
  expect(await bodies('orders')).toEqual(['3 3', '2 2'])
  expect(await bodies('stock')).toEqual(['1 1'])

  // Writes of before are recognised, the one whose entry was pruned as well; fences still stand.
  for (const [writeId, revision] of [
    ['write-1-1', 1],
    ['write-1-2', 2],
    ['write-1-3', 3],
  ] as const) {
    expect((await replaceOne(driver, { key, writeId, fence: 9 })).version).toEqual({ epoch: 'epoch-1', revision })
  }
  const [fenced] = await driver.snapshots.replace([snapshotWrite({ key: keyOf('bare'), fence: 6 })])
  expect(fenced).toMatchObject({ ok: false, reason: 'fenced' })
  won((await driver.snapshots.replace([snapshotWrite({ key, expected: version, fence: 4, at: now + 1, body: '4' })]))[0])
  expect(await bodies('orders')).toEqual(['4 4', '3 3', '2 2'])

  const series = { team: 'red', service: 'orders', region: 'eu' }
  await driver.samples.append([
    { series, at: now, values: { ms: 9 } },
    { series, at: now + 1, values: { ms: 3 } },
  ])
  const points = await driver.samples.points({ series: [series], from: 0, to: now + 9 }, { limit: 9 })
  expect(points.items.map(({ at, values }) => [at, values.ms])).toEqual([
    [writtenAt, 1],
    [now, 2],
    [now + 1, 3],
  ])

  const line = { service: 'api', severity: 9, terms: ['disk'], body: '"new"' }
  await driver.logs.append({ team: 'red' }, [
    { ...line, id: 'line-1', at: now + 5 },
    { ...line, id: 'line-3', at: now + 1 },
  ])
  const found = await driver.logs.search({ team: 'red' }, { from: 0, to: now + 9, terms: ['disk'], limit: 9, budgetMs: 9_000 })
  expect(found.items.map(({ id, body }) => `${id} ${body}`)).toEqual(['line-3 "new"', 'line-2 "young"', 'line-1 "old"'])
}
