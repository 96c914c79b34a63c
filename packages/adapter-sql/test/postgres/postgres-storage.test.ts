import { randomBytes } from 'node:crypto'
import type { StorageDriver } from '@sightline/core/ports'
import pg from 'pg'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { type PostgresStorageOptions, postgresStorage } from '../../src/index.ts'
import { startPostgres } from '../postgres-server.ts'
import { tcpGate } from '../tcp-gate.ts'
import { codeOf, keyOf, plan, replaceOne, snapshotWrite } from '../temporary-store.ts'

test('without a url and a pool it is refused', () => {
  expect(() => postgresStorage({ url: '' })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
})

test('a server that is not there is UNAVAILABLE, and no error shows the password', async () => {
  const driver = postgresStorage({ url: 'postgres://user:geheim@127.0.0.1:1/none', timeoutMs: 5_000 })
  onTestFinished(() => driver.close())
  const error: unknown = await driver.connect(plan).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'UNAVAILABLE' })
  expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('geheim')
})

const server = await startPostgres()

if ('unavailable' in server) {
  test('postgresStorage on a server', (context) => context.skip(server.unavailable))
} else {
  const admin = new pg.Pool({ connectionString: server.url, max: 4 })
  const direct = new URL(server.url)
  const gate = await tcpGate({ host: direct.hostname, port: Number(direct.port || 5432) })

  afterAll(async () => {
    await gate.shut()
    await admin.end()
    await server.stop()
  })

  const makeSchema = async (): Promise<{ readonly schema: string; readonly url: string }> => {
    const schema = `test_${randomBytes(6).toString('hex')}`
    await admin.query(`create schema ${schema}`)
    onTestFinished(async () => void (await admin.query(`drop schema if exists ${schema} cascade`)))
    const url = new URL(direct)
    url.host = `127.0.0.1:${gate.port}`
    url.searchParams.set('options', `-c search_path=${schema}`)
    return { schema, url: url.href }
  }

  const openStore = async (options: PostgresStorageOptions): Promise<StorageDriver> => {
    const driver = postgresStorage(options)
    onTestFinished(() => driver.close())
    await driver.connect(plan)
    return driver
  }

  describe(`postgresStorage on PostgreSQL ${server.version}`, () => {
    test('a connection that was lost while idle is replaced unnoticed', async () => {
      const { url } = await makeSchema()
      const driver = await openStore({ url })
      const snapshot = await replaceOne(driver, { key: keyOf('orders') })
      await gate.shut()
      await gate.reopen()
      expect(await driver.snapshots.load([keyOf('orders')])).toEqual([snapshot])
      expect((await replaceOne(driver, { key: keyOf('orders'), expected: snapshot.version })).version.revision).toBe(2)
    })

    test("another's lock is a TIMEOUT, and the connection that waits for it is not used again", async () => {
      const { url, schema } = await makeSchema()
      const driver = await openStore({ url, timeoutMs: 2_000, maxConnections: 1 })
      const snapshot = await replaceOne(driver, { key: keyOf('orders') })
      const blocker = await admin.connect()
      await blocker.query(`begin; lock table ${schema}.sightline_targets in access exclusive mode`)
      const write = { key: keyOf('orders'), expected: snapshot.version, writeId: 'late' }
      expect(await codeOf(replaceOne(driver, write))).toBe('TIMEOUT')
      await blocker.query('rollback')
      blocker.release()
      // Whether it was written is unknown to the caller; its repeat tells, and writes at most once in all.
      expect((await replaceOne(driver, write)).version.revision).toBe(2)
      expect((await driver.snapshots.history(keyOf('orders'), { limit: 10 })).items).toHaveLength(2)
    })

    test('writers that meet in any order all get through', async () => {
      const { url } = await makeSchema()
      const drivers = await Promise.all([openStore({ url }), openStore({ url }), openStore({ url })])
      const keys = Array.from({ length: 12 }, (_, index) => keyOf(`api-${index}`))
      const rounds = 25
      await Promise.all(
        drivers.map(async (driver, owner) => {
          for (let round = 0; round < rounds; round++) {
            const shuffled = keys.toSorted(
              (a, b) => ((a.api.charCodeAt(4) * 7 + owner * round) % 5) - ((b.api.charCodeAt(4) * 3 + round) % 5),
            )
            const current = await driver.snapshots.load(shuffled)
            const writes = shuffled.map((key, index) =>
              snapshotWrite({ key, expected: current[index]?.version ?? null, body: String(round) }),
            )
            await driver.snapshots.replace(writes)
            await driver.samples.append(
              shuffled.map(({ api }) => ({ series: { team: 'red', service: api, region: 'eu' }, at: round, values: { round } })),
            )
          }
        }),
      )
      const [driver] = drivers
      for (const key of keys) {
        const { items } = (await driver?.snapshots.history(key, { limit: 1_000 })) ?? { items: [] }
        expect(items.length).toBeGreaterThanOrEqual(rounds)
        expect(items.map(({ version }) => version.revision)).toEqual(Array.from(items, (_, index) => items.length - index))
        expect(new Set(items.map(({ version }) => version.epoch)).size).toBe(1)
      }
    })

    test('tables that somebody dropped are made again', async () => {
      const { url, schema } = await makeSchema()
      const driver = await openStore({ url })
      await replaceOne(driver, { key: keyOf('orders') })
      await admin.query(`drop schema ${schema} cascade; create schema ${schema}`)
      expect(await driver.snapshots.load([keyOf('orders')])).toEqual([null])
      expect((await replaceOne(driver, { key: keyOf('orders') })).version.revision).toBe(1)
    })

    test('a database that cannot hold all of Unicode is INCOMPATIBLE', async () => {
      const name = `ascii_${randomBytes(4).toString('hex')}`
      await admin.query(`create database ${name} encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0`)
      onTestFinished(async () => void (await admin.query(`drop database ${name}`)))
      const url = new URL(direct)
      url.pathname = `/${name}`
      const driver = postgresStorage({ url: url.href })
      expect(await codeOf(driver.connect(plan))).toBe('INCOMPATIBLE')
      await driver.close()
    })

    test('without prepared statements it works the same, on a pool of the host’s', async () => {
      const { url } = await makeSchema()
      const pool = new pg.Pool({ connectionString: url, max: 2 })
      const driver = postgresStorage({ pool, preparesStatements: false })
      await driver.connect(plan)
      const snapshot = await replaceOne(driver, { key: keyOf('orders') })
      expect(await driver.snapshots.load([keyOf('orders')])).toEqual([snapshot])
      expect((await pool.query('select count(*)::int as prepared from pg_prepared_statements')).rows).toEqual([{ prepared: 0 }])
      await driver.close()
      expect(pool.totalCount).toBe(pool.idleCount)
      await pool.end()
    })

    test('other tools see the documents under the names of version 1', async () => {
      const { url, schema } = await makeSchema()
      const snapshot = await replaceOne(await openStore({ url }), { key: keyOf('orders'), body: '{"a":[1]}', at: 5 })
      const { rows } = await admin.query(`select * from ${schema}.sightline_metrics`)
      expect(rows).toEqual([
        {
          team: 'red',
          api: 'orders',
          source: 'eu',
          data: '{"a":[1]}',
          hash: snapshot.hash,
          createdAt: 5,
          updatedAt: 5,
          epoch: snapshot.version.epoch,
          revision: 1,
        },
      ])
    })
  })
}
