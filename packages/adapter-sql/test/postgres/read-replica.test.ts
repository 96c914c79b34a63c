import type { Logger, StorageDriver } from '@sightline/core/ports'
import pg from 'pg'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { PostgresClient, PostgresPool } from '../../src/index.ts'
import { startOwnPostgres } from '../postgres-server.ts'
import { keyOf, replaceOne } from '../temporary-store.ts'
import { makeSchema, openPostgres } from './own-schema.ts'

vi.setConfig({ testTimeout: 90_000 })

const server = await startOwnPostgres()
const series = { team: 'red', service: 'orders', region: 'eu' }

/** The pool, with the queries that went through it. */
const listeningPool = (pool: pg.Pool): PostgresPool & { readonly queries: string[] } => {
  const queries: string[] = []
  return {
    queries,
    end: () => pool.end(),
    connect: async () => {
      const client = (await pool.connect()) as unknown as PostgresClient
      const wrapped = Object.create(client) as PostgresClient
      wrapped.query = (query) => {
        queries.push(query.text)
        return client.query(query)
      }
      wrapped.release = (destroy) => client.release(destroy)
      return wrapped
    },
  }
}

const recordingLogger = (): Logger & { readonly lines: string[] } => {
  const lines: string[] = []
  const note = (_: object, message: string): void => void lines.push(message)
  const logger = { lines, debug: note, info: note, warn: note, error: note, child: () => logger }
  return logger
}

if ('unavailable' in server) {
  test('the read replica of PostgreSQL', (context) => context.skip(server.unavailable))
} else {
  const replica = await server.addReplica()
  const admin = new pg.Pool({ connectionString: server.url, max: 2 })
  const replicaAdmin = new pg.Pool({ connectionString: replica.url, max: 1 })
  for (const pool of [admin, replicaAdmin]) pool.on('error', () => {})
  afterAll(async () => {
    await replicaAdmin.end()
    await admin.end()
    await replica.stop()
    await server.stop()
  })

  const open = async () => {
    const { url } = await makeSchema(admin, server.url)
    const replicaUrl = new URL(replica.url)
    replicaUrl.search = new URL(url).search
    const pool = new pg.Pool({ connectionString: replicaUrl.href, max: 2, connectionTimeoutMillis: 2_000 })
    pool.on('error', () => {})
    onTestFinished(() => pool.end())
    const readPool = listeningPool(pool)
    const logger = recordingLogger()
    const driver = await openPostgres({ url, readPool, logger })
    return { driver, readPool, logger }
  }

  const revisionsOf = async (driver: StorageDriver): Promise<readonly number[]> =>
    (await driver.snapshots.history(keyOf('orders'), { limit: 9 })).items.map(({ version }) => version.revision)
  const searchesOf = (queries: readonly string[], table: string): number =>
    queries.filter((query) => query.includes(`from "sightline_${table}"`)).length

  describe('the read replica of PostgreSQL', () => {
    test('answers history, points, buckets and log searches, and nothing that a write depends on', async () => {
      const { driver, readPool, logger } = await open()
      const first = await replaceOne(driver, { key: keyOf('orders') })
      await driver.samples.append([{ series, at: 1, values: { ms: 1 } }])
      await driver.logs.append({ team: 'red' }, [{ id: 'l', at: 1, service: 's', severity: 9, terms: [], body: '1' }])
      await vi.waitFor(async () => expect(await revisionsOf(driver)).toEqual([1]), { timeout: 10_000 })
      await vi.waitFor(
        async () => {
          const span = { series: [series], from: 0, to: 9 }
          expect((await driver.samples.points(span, { limit: 9 })).items).toHaveLength(1)
          await driver.samples.buckets({ ...span, resolutionMs: 60_000 })
          const query = { from: 0, to: 9, limit: 9, budgetMs: 5_000 }
          expect((await driver.logs.search({ team: 'red' }, query)).items).toHaveLength(1)
        },
        { timeout: 10_000 },
      )
      for (const table of ['targets', 'samples', 'buckets', 'logs']) {
        expect(
          readPool.queries.some((query) => query.includes(`"sightline_${table}"`)),
          table,
        ).toBe(true)
      }
      const asked = readPool.queries.length
      expect(await driver.snapshots.load([keyOf('orders')])).toEqual([first])
      await driver.snapshots.heads('system', { limit: 9 })
      await driver.snapshots.revisions(keyOf('orders'), [first.version])
      await replaceOne(driver, { key: keyOf('orders'), expected: first.version })
      expect(readPool.queries).toHaveLength(asked)
      expect(readPool.queries.filter((query) => /^(insert|update|delete|create|begin)/i.test(query))).toEqual([])
      expect(logger.lines).toEqual([])
    })

    test('that lags is left alone, with one log line, and used again when it is near', async () => {
      const { driver, readPool, logger } = await open()
      const first = await replaceOne(driver, { key: keyOf('orders') })
      await vi.waitFor(async () => expect(await revisionsOf(driver)).toEqual([1]), { timeout: 10_000 })
      await replicaAdmin.query('select pg_wal_replay_pause()')
      const second = await replaceOne(driver, { key: keyOf('orders'), expected: first.version })
      const writtenAt = performance.now()
      // Something goes on, so that there is something to lag behind.
      await vi.waitFor(async () => expect(await revisionsOf(driver)).toEqual([2, 1]), { timeout: 20_000, interval: 100 })
      // The greatest lag, the time between two measurements, and this machine.
      expect(performance.now() - writtenAt).toBeLessThan(2_000 + 1_000 + 3_000)
      const asked = searchesOf(readPool.queries, 'targets')
      await replaceOne(driver, { key: keyOf('orders'), expected: second.version })
      expect(await revisionsOf(driver)).toEqual([3, 2, 1])
      expect(searchesOf(readPool.queries, 'targets')).toBe(asked)
      expect(logger.lines).toEqual(['The read replica is more than 2000 ms behind; the primary is read instead.'])

      await replicaAdmin.query('select pg_wal_replay_resume()')
      await vi.waitFor(
        async () => {
          expect(await revisionsOf(driver)).toEqual([3, 2, 1])
          expect(searchesOf(readPool.queries, 'targets')).toBeGreaterThan(asked)
        },
        { timeout: 20_000, interval: 100 },
      )
      expect(logger.lines).toHaveLength(2)
    })

    test('that is away is done without, with one log line, and nothing fails', async () => {
      const { driver, logger } = await open()
      await replaceOne(driver, { key: keyOf('orders') })
      await vi.waitFor(async () => expect(await revisionsOf(driver)).toEqual([1]), { timeout: 10_000 })
      const thaw = await replica.freeze()
      try {
        for (let round = 0; round < 3; round++) expect(await revisionsOf(driver)).toEqual([1])
      } finally {
        thaw()
      }
      expect(logger.lines).toEqual(['The read replica is not reached; the primary is read instead.'])
      await replica.restart()
    })

    test('that never was there is no obstacle', async () => {
      const { url } = await makeSchema(admin, server.url)
      const logger = recordingLogger()
      const driver = await openPostgres({ url, readUrl: 'postgres://user:geheim@127.0.0.1:1/none', logger })
      await replaceOne(driver, { key: keyOf('orders') })
      expect(await revisionsOf(driver)).toEqual([1])
      expect(await revisionsOf(driver)).toEqual([1])
      expect(logger.lines).toEqual(['The read replica is not reached; the primary is read instead.'])
      expect(JSON.stringify(logger.lines)).not.toContain('geheim')
    })
  })
}
