import { randomBytes } from 'node:crypto'
import { mongoStorage } from '@sightline/adapter-mongo'
import { conformancePlan, loadKey, startWriteLoad, type WriteLoad } from '@sightline/conformance'
import { everyPage } from '@sightline/core/driver'
import type { FeedItem, Page, PageRequest, StorageDriver } from '@sightline/core/ports'
import { MongoClient } from 'mongodb'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { startMongo } from './mongo-server.ts'

vi.setConfig({ testTimeout: 180_000 })

const server = await startMongo({ isDurable: true })
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** `url` names no database. */
const open = async (url: string, name: string): Promise<StorageDriver> => {
  const driver = mongoStorage({
    url: url.replace(/\/(?=\?|$)/, `/${name}`),
    timeoutMs: 3_000,
    selectionTimeoutMs: 1_000,
    renewAfterMs: 3_000,
  })
  onTestFinished(() => driver.close())
  await driver.connect(conformancePlan)
  return driver
}

const all = async <T>(list: (request: PageRequest) => Promise<Page<T>>): Promise<readonly T[]> => {
  const found: T[] = []
  for await (const page of everyPage(500, list)) found.push(...page)
  return found
}

/** Each of it, once. */
const expectAllThere = async (driver: StorageDriver, load: WriteLoad): Promise<void> => {
  const { revisions, points, records } = load.acknowledged()
  for (const [api, version] of revisions) {
    const [latest] = await driver.snapshots.load([loadKey(api)])
    expect(latest?.version).toEqual(version)
    const history = await all((request) => driver.snapshots.history(loadKey(api), request))
    expect(history.map((entry) => entry.version.revision)).toEqual(
      Array.from({ length: version.revision }, (_, index) => version.revision - index),
    )
  }
  const series = [...revisions.keys()].map((service) => ({ team: 'red', service, region: 'eu' }))
  const span = { series, from: 0, to: Number.MAX_SAFE_INTEGER }
  expect(await all((request) => driver.samples.points(span, request))).toHaveLength(points)
  const notes = driver.collection({ name: 'conformance.notes', parse: (raw) => raw, indexes: { byOf: ['of'] } })
  expect(await all((request) => notes.heads({ team: 'red' }, request))).toHaveLength(records)
}

if ('unavailable' in server) test('a primary that goes: mongo', (context) => context.skip(server.unavailable))
else if (server.fail === null)
  test('a primary that goes: mongo', (context) => context.skip('the server of MONGODB_URI is not ours'))
else {
  const { fail, isReal, url } = server
  afterAll(() => server.stop())

  test(`a primary that ${isReal ? 'steps down' : 'is killed'} under load: nothing acknowledged is lost or there twice, and it goes on by itself`, async () => {
    const name = `failover_${randomBytes(6).toString('hex')}`
    const driver = await open(url, name)
    const items: FeedItem[] = []
    const abort = new AbortController()
    const watching = driver.watch?.({ stores: ['snapshots'], signal: abort.signal }, (item) => void items.push(item))
    onTestFinished(async () => {
      abort.abort()
      await watching
    })
    const load = startWriteLoad({ driver, name: 'load', store: 'conformance.notes' })
    await vi.waitFor(() => expect(load.acknowledged().points).toBeGreaterThan(20), { timeout: 30_000 })
    await fail()
    const before = load.acknowledged().points
    await vi.waitFor(() => expect(load.acknowledged().points).toBeGreaterThan(before + 50), { timeout: 60_000 })
    await pause(500)
    await load.stop()
    if (!isReal) expect(load.failures()).toBeGreaterThan(0)

    // What a write carried on when the server went is finished by whoever asks next.
    const other = await open(url, name)
    await other.recover()
    await expectAllThere(other, load)
    // Its screens: told of the last change, or to look for themselves.
    const [api, version] = [...load.acknowledged().revisions][0] ?? []
    const isTold = (item: FeedItem): boolean =>
      item.kind === 'gap' ||
      (item.kind === 'changed' && item.head.id.includes(String(api)) && item.head.version.revision >= (version?.revision ?? 0))
    await vi.waitFor(() => expect(items.some(isTold)).toBe(true), { timeout: 60_000 })

    const client = new MongoClient(url)
    await client.db(name).dropDatabase()
    await client.close()
  })
}
