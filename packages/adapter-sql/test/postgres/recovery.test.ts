import { loadKey, startWriteLoad, type WriteLoad } from '@sightline/conformance'
import type { StorageDriver, Version } from '@sightline/core/ports'
import pg from 'pg'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startOwnPostgres } from '../postgres-server.ts'
import { keyOf, plan, snapshotWrite } from '../temporary-store.ts'
import { makeSchema, openPostgres } from './own-schema.ts'
import { startWatching } from './watching.ts'

vi.setConfig({ testTimeout: 120_000 })

const server = await startOwnPostgres()
const maxConnections = 4
const stores = { ...plan, collections: [{ name: 'test.notes', indexes: {} }] }

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

if ('unavailable' in server) {
  test('recovery on PostgreSQL', (context) => context.skip(server.unavailable))
} else {
  const admin = new pg.Pool({ connectionString: server.url, max: 2 })
  admin.on('error', () => {})
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  const open = async () => {
    const { url, schema } = await makeSchema(admin, server.url)
    const pool = new pg.Pool({ connectionString: url, max: maxConnections, connectionTimeoutMillis: 2_000 })
    pool.on('error', () => {})
    let most = 0
    const looking = setInterval(() => {
      most = Math.max(most, pool.totalCount)
    }, 20)
    onTestFinished(async () => {
      clearInterval(looking)
      await pool.end()
    })
    const driver = await openPostgres({ pool, timeoutMs: 2_000 }, stores)
    return { driver, schema, mostConnections: () => most }
  }

  const expectAllThere = async (driver: StorageDriver, schema: string, load: WriteLoad): Promise<void> => {
    const { revisions, points, records } = load.acknowledged()
    for (const [api, version] of revisions) {
      const [latest] = await driver.snapshots.load([loadKey(api)])
      expect(latest?.version).toEqual(version)
      const { rows } = await admin.query(
        `select count(*)::int as entries from ${schema}.sightline_metrics_history where api = $1`,
        [api],
      )
      expect(rows[0]?.entries).toBe(version.revision)
    }
    const countOf = async (table: string, condition = 'true') =>
      Number((await admin.query(`select count(*) from ${schema}.sightline_${table} where ${condition}`)).rows[0]?.count)
    expect(await countOf('samples')).toBe(points)
    expect(await countOf('records', `store = 'test.notes'`)).toBe(records)
  }

  describe('recovery on PostgreSQL', () => {
    test('a crash of the server under load: nothing acknowledged is lost, nothing is there twice, it goes on by itself', async () => {
      const { driver, schema, mostConnections } = await open()
      const watching = await startWatching(driver)
      const load = startWriteLoad({ driver, name: 'crash', store: 'test.notes' })
      await pause(1_000)
      await server.restart()
      const before = load.acknowledged().points
      await vi.waitFor(() => expect(load.acknowledged().points).toBeGreaterThan(before + 50), { timeout: 30_000 })
      await load.stop()
      expect(load.failures()).toBeGreaterThan(0)
      await expectAllThere(driver, schema, load)
      expect(mostConnections()).toBeLessThanOrEqual(maxConnections)
      await watching.until('a gap', () => watching.gaps() >= 1)
      const [api, version] = [...load.acknowledged().revisions][0] as [string, Version]
      const write = snapshotWrite({ key: loadKey(api), expected: version })
      await driver.snapshots.replace([write])
      await watching.until('the change', () => watching.heads().includes(`${api}/eu ${version.revision + 1}`))
    })

    test('a server frozen for ten seconds: calls end in time, memory and connections stay bounded, it goes on by itself', async () => {
      const { driver, schema, mostConnections } = await open()
      const watching = await startWatching(driver)
      const load = startWriteLoad({ driver, name: 'frozen', store: 'test.notes' })
      await pause(1_000)
      const heapBefore = process.memoryUsage().heapUsed
      const thaw = await server.freeze()
      let heapMost = 0
      try {
        const begunAt = performance.now()
        const error: unknown = await driver.snapshots.load([keyOf('frozen-0')]).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: expect.stringMatching(/^(TIMEOUT|UNAVAILABLE)$/) })
        expect(performance.now() - begunAt).toBeLessThan(8_000)
        while (performance.now() - begunAt < 10_000) {
          heapMost = Math.max(heapMost, process.memoryUsage().heapUsed)
          await pause(100)
        }
      } finally {
        thaw()
      }
      const before = load.acknowledged().points
      await vi.waitFor(() => expect(load.acknowledged().points).toBeGreaterThan(before + 50), { timeout: 30_000 })
      await load.stop()
      await expectAllThere(driver, schema, load)
      expect(mostConnections()).toBeLessThanOrEqual(maxConnections)
      expect(heapMost - heapBefore).toBeLessThan(64 * 1_024 * 1_024)
      await watching.until('a gap', () => watching.gaps() >= 1, 30_000)
      const { rows } = await admin.query(
        `select count(*)::int as connections from pg_stat_activity where backend_type = 'client backend'`,
      )
      expect(rows[0]?.connections).toBeLessThanOrEqual(2 * maxConnections + 4)
    })
  })
}
