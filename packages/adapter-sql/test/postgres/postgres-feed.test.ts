import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { spawnWriterScript } from '@sightline/conformance'
import pg from 'pg'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type PostgresClient, type PostgresPool, postgresStorage } from '../../src/index.ts'
import { startPostgres } from '../postgres-server.ts'
import { tcpGate } from '../tcp-gate.ts'
import { codeOf, keyOf, plan, replaceOne, snapshotWrite, won } from '../temporary-store.ts'
import { makeSchema, openPostgres } from './own-schema.ts'
import { startWatching } from './watching.ts'

vi.setConfig({ testTimeout: 90_000 })

const writer = fileURLToPath(new URL('../processes/postgres-writer.ts', import.meta.url))
const server = await startPostgres()

if ('unavailable' in server) {
  test('the change feed of PostgreSQL', (context) => context.skip(server.unavailable))
} else {
  const admin = new pg.Pool({ connectionString: server.url, max: 4 })
  const direct = new URL(server.url)
  const gate = await tcpGate({ host: direct.hostname, port: Number(direct.port || 5432) })

  afterAll(async () => {
    await gate.shut()
    await admin.end()
    await server.stop()
  })

  /** The server's processes that listen in the schema. */
  const listenersOf = async (schema: string): Promise<readonly number[]> => {
    const { rows } = await admin.query<{ pid: number }>(
      `select a.pid from pg_stat_activity a where a.query like 'listen %' and a.query like '%' || md5($1 || $2) || '%'`,
      [schema, ` ${createHash('sha1').update('sightline_').digest('hex')}`],
    )
    return rows.map(({ pid }) => pid)
  }

  describe(`the change feed of PostgreSQL ${server.version}`, () => {
    test('a connection that the server ends is opened anew, with a gap, and what comes then is told', async () => {
      const { url, schema } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url })
      const watching = await startWatching(driver)
      expect(watching.gaps()).toBe(0)
      const [pid] = await listenersOf(schema)
      expect(pid).toBeDefined()
      await admin.query('select pg_terminate_backend($1)', [pid])
      await watching.until('a gap', () => watching.gaps() === 1)
      const modes = watching.items.flatMap((item) => (item.kind === 'mode' ? [item.mode] : []))
      expect(modes).toEqual(['notify', 'off', 'notify'])
      await replaceOne(driver, { key: keyOf('orders') })
      await watching.until('the change', () => watching.heads().includes('orders/eu 1'))
      expect(await listenersOf(schema)).not.toContain(pid)
    })

    test('a network that is cut is not noisy: one change of mode, then a gap when it is back', async () => {
      const { url } = await makeSchema(admin, server.url, `127.0.0.1:${gate.port}`)
      const driver = await openPostgres({ url, timeoutMs: 3_000 })
      const watching = await startWatching(driver)
      const before = watching.items.length
      await gate.shut()
      await watching.until('that it is off', () => watching.items.some((item) => item.kind === 'mode' && item.mode === 'off'))
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      expect(watching.items.slice(before).filter(({ kind }) => kind !== 'position')).toHaveLength(1)
      await gate.reopen()
      await watching.until('a gap', () => watching.gaps() === 1)
      await replaceOne(driver, { key: keyOf('orders') })
      await watching.until('the change', () => watching.heads().includes('orders/eu 1'))
    })

    test('a burst of 10,000 writes is told whole, without a gap', async () => {
      const { url } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url })
      const other = await openPostgres({ url })
      const watching = await startWatching(other)
      const keys = Array.from({ length: 10_000 }, (_, index) => keyOf(`api-${index}`))
      for (let start = 0; start < keys.length; start += 1_000) {
        const outcomes = await driver.snapshots.replace(keys.slice(start, start + 1_000).map((key) => snapshotWrite({ key })))
        outcomes.forEach(won)
      }
      await watching.until('all', () => watching.heads().length >= keys.length, 60_000)
      expect(new Set(watching.heads()).size).toBe(keys.length)
      expect(watching.gaps()).toBe(0)
    })

    test('what several processes write is told in the order of each record', async () => {
      const { url } = await makeSchema(admin, server.url)
      const drivers = await Promise.all([openPostgres({ url }), openPostgres({ url }), openPostgres({ url })])
      const watching = await startWatching(drivers[0] as (typeof drivers)[0])
      const keys = Array.from({ length: 5 }, (_, index) => keyOf(`api-${index}`))
      await Promise.all(
        drivers.map(async (driver) => {
          for (let round = 0; round < 20; round++) {
            const current = await driver.snapshots.load(keys)
            await driver.snapshots.replace(
              keys.map((key, index) => snapshotWrite({ key, expected: current[index]?.version ?? null })),
            )
          }
        }),
      )
      const latest = await (drivers[1] as (typeof drivers)[0]).snapshots.load(keys)
      for (const snapshot of latest) {
        const id = `${snapshot?.key.api}/eu`
        const count = snapshot?.version.revision ?? 0
        await watching.until(`all of ${id}`, () => watching.heads().includes(`${id} ${count}`))
        expect(watching.heads().filter((head) => head.startsWith(`${id} `))).toEqual(
          Array.from({ length: count }, (_, index) => `${id} ${index + 1}`),
        )
      }
      expect(watching.gaps()).toBe(0)
    })

    test('a process that writes alone is heard in another, and so it is after it was killed', async () => {
      const { url } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url })
      const watching = await startWatching(driver)
      const process = await spawnWriterScript({ script: writer, args: [url], onLine: () => {} })
      await watching.until('its writes', () => watching.heads().length > 20)
      await process.kill()
      await replaceOne(driver, { key: keyOf('orders') })
      await watching.until('the change', () => watching.heads().includes('orders/eu 1'))
      expect(watching.gaps()).toBe(0)
    })

    test('resuming finds what a transaction wrote that was under way at the position', async () => {
      const { url, schema } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url })
      const held = await replaceOne(driver, { key: keyOf('held') })
      const plain = await replaceOne(driver, { key: keyOf('plain') })
      const client = await admin.connect()
      await client.query(`begin; update ${schema}.sightline_heads set fence = 1 where target = (
        select id from ${schema}.sightline_targets where api = 'held')`)
      const first = await startWatching(driver)
      const token = first.token()
      await first.stop()
      await client.query('commit')
      client.release()
      await replaceOne(driver, { key: keyOf('plain'), expected: plain.version })
      await replaceOne(driver, { key: keyOf('new') })
      const second = await startWatching(driver, token)
      expect(second.heads().toSorted()).toEqual([`held/eu ${held.version.revision}`, 'new/eu 1', 'plain/eu 2'])
      expect(second.gaps()).toBe(0)
    })

    test('a position of another server, or of yesterday, is a gap; what is none is refused', async () => {
      const { url } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url })
      const token = (await startWatching(driver)).token()
      const [, , snapshot, at] = token.split('/')
      for (const lost of [`postgres/1.1/${snapshot}/${at}`, token.replace(`/${at}`, `/${Number(at) - 86_400_000}`)]) {
        expect((await startWatching(driver, lost)).gaps()).toBe(1)
      }
      const watch = driver.watch?.({ stores: [], since: 'memory:1', signal: AbortSignal.timeout(5_000) }, () => {})
      expect(await codeOf(watch as Promise<void>)).toBe('INVALID_INPUT')
    })

    test('a change whose names are too long for a notification is a gap, and is written', async () => {
      const { url } = await makeSchema(admin, server.url)
      const stores = { ...plan, collections: [{ name: 'test.notes', indexes: {} }] }
      const driver = await openPostgres({ url }, stores)
      const watching = await startWatching(driver)
      // Incompressible, or the index could not hold it either; it is longer escaped than as it is.
      const id = '\u0001'.repeat(1_900)
      const write = { store: 'test.notes', id, team: 'red', expected: null, writeId: 'w', at: 1, value: {} }
      const [outcome] = await driver.commit([{ write, then: [] }])
      expect(outcome?.ok).toBe(true)
      await watching.until('a gap', () => watching.gaps() === 1)
    })

    test('names with quotes and backslashes are told as they are', async () => {
      const { url } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url }, { ...plan, collections: [{ name: 'test.notes', indexes: {} }] })
      const watching = await startWatching(driver)
      const ids = ["it's", '\\', "\\'; drop table x; --", '"', '$1', '\u0000', 'ü€😀']
      for (const id of ids) {
        const write = { store: 'test.notes', id, team: 'red', expected: null, writeId: id, at: 1, value: {} }
        won((await driver.commit([{ write, then: [] }]))[0])
      }
      await watching.until('all', () => watching.heads().length >= ids.length)
      expect(watching.heads()).toEqual(ids.map((id) => `${id} 1`))
    })

    test('where connections are shared by transaction there is no feed, and watch says so', async () => {
      const { url } = await makeSchema(admin, server.url)
      const shared = new pg.Pool({ connectionString: url, max: 4 })
      onTestFinished(() => shared.end())
      const driver = postgresStorage({
        pool: poolingTransactions(shared),
        preparesStatements: false,
      })
      onTestFinished(() => driver.close())
      expect((await driver.connect(plan)).watch).toBe(false)
      expect((await replaceOne(driver, { key: keyOf('orders') })).version.revision).toBe(1)
      const watch = driver.watch?.({ stores: ['snapshots'], signal: AbortSignal.timeout(5_000) }, () => {})
      expect(await codeOf(watch as Promise<void>)).toBe('UNSUPPORTED')
    })

    test('a pool of one connection has none to listen with, and works', async () => {
      const { url } = await makeSchema(admin, server.url)
      const pool = new pg.Pool({ connectionString: url, max: 1 })
      onTestFinished(() => pool.end())
      const driver = postgresStorage({ pool })
      onTestFinished(() => driver.close())
      expect((await driver.connect(plan)).watch).toBe(false)
      expect((await replaceOne(driver, { key: keyOf('orders') })).version.revision).toBe(1)
    })
  })
}

/** As a pooler in transaction mode: a connection is a client's from `begin` to `commit` only, else each query goes to any. */
const poolingTransactions = (servers: pg.Pool): PostgresPool => ({
  end: async () => {},
  connect: async (): Promise<PostgresClient> => {
    let own: pg.PoolClient | null = null
    return {
      on: () => {},
      removeListener: () => {},
      release: () => own?.release(true),
      query: async (query) => {
        if (query.text === 'begin') own = await servers.connect()
        const answer = await (own ?? servers).query(query as pg.QueryConfig)
        if (/(commit|rollback)$/.test(query.text)) {
          own?.release()
          own = null
        }
        return Array.isArray(answer) ? { rows: [] } : { rows: answer.rows as unknown[] }
      },
    }
  },
})
