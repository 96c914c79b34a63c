import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Clock, type StorageDriver, systemClock } from '@sightline/core/ports'
import pg from 'pg'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { postgresDialect } from '../../src/postgres/postgres-dialect.ts'
import { expectMigrated } from '../expect-migrated.ts'
import { startPostgres } from '../postgres-server.ts'
import { keyOf, replaceOne } from '../temporary-store.ts'
import { versionOneStore } from '../version-one-store.ts'
import { makeSchema, openPostgres } from './own-schema.ts'

vi.setConfig({ testTimeout: 90_000 })

const dayMs = 86_400_000
const connector = fileURLToPath(new URL('../processes/postgres-connect.ts', import.meta.url))
const server = await startPostgres()

/** A clock that may be set forward. */
const movableClock = (): Clock & { forward(ms: number): void } => {
  const system = systemClock()
  let aheadMs = 0
  return {
    ...system,
    now: () => system.now() + aheadMs,
    forward: (ms) => {
      aheadMs += ms
    },
  }
}

if ('unavailable' in server) {
  test('partitions on PostgreSQL', (context) => context.skip(server.unavailable))
} else {
  const admin = new pg.Pool({ connectionString: server.url, max: 6 })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  const partitionsOf = async (schema: string, table: string): Promise<readonly string[]> => {
    const { rows } = await admin.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = '${schema}.sightline_${table}'::regclass order by 1`,
    )
    return rows.map(({ name }) => name.replace(`sightline_${table}_`, ''))
  }
  const count = async (table: string): Promise<number> =>
    Number((await admin.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count)
  const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10).replaceAll('-', '')

  const makeOldStore = async (schema: string, now: number): Promise<void> => {
    const client = await admin.connect()
    await client.query(`set search_path = ${schema}`)
    for (const statement of versionOneStore(postgresDialect('sightline_'), now)) await client.query(statement)
    client.release(true)
  }

  /** Starts four processes, lets them connect at the same moment, and waits until all have. */
  const connectFour = async (url: string): Promise<void> => {
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--conditions=@sightline/source', connector, url], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    const ended = children.map((child) => once(child, 'exit'))
    await Promise.all(children.map((child) => once(createInterface({ input: child.stdout }), 'line')))
    for (const child of children) child.stdin.write('go\n')
    expect((await Promise.all(ended)).map(([code]) => code)).toEqual([0, 0, 0, 0])
  }

  /** Notes every table and sequence that is made in the schema, by whoever. */
  const noteCreations = async (schema: string): Promise<() => Promise<readonly string[]>> => {
    const name = `${schema}_made`
    await admin.query(`create table public.${name} (what text);
      create function public.${name}() returns event_trigger language plpgsql security definer as $$ begin
        insert into public.${name} select object_identity from pg_event_trigger_ddl_commands()
        where object_type in ('table', 'sequence', 'view') and schema_name = '${schema}';
      end $$;
      create event trigger ${name} on ddl_command_end execute function public.${name}()`)
    onTestFinished(async () => {
      await admin.query(`drop event trigger ${name}; drop function public.${name}(); drop table public.${name}`)
    })
    return async () => {
      const { rows } = await admin.query<{ what: string }>(
        `select what from public.${name} where what ~ '(log_ids|log_seq|metrics|_[0-9]{8})$' order by what`,
      )
      return rows.map(({ what }) => what)
    }
  }

  describe(`partitions on PostgreSQL ${server.version}`, () => {
    test('a store of the first version of the tables is migrated, and nothing in it is lost', async () => {
      const now = Date.now()
      const { url, schema } = await makeSchema(admin, server.url)
      await makeOldStore(schema, now)
      const driver = await openPostgres({ url })
      await expectMigrated(driver, now)
      expect(await partitionsOf(schema, 'samples')).toEqual(
        ['default', 'past', ...[1, 2, 3].map((days) => isoDay(now + days * dayMs))].toSorted(),
      )
      // What was there was not copied, and what is new today is beside it.
      expect(await count(`${schema}.sightline_samples_past`)).toBe(3)
      expect(await count(`${schema}.sightline_metrics`)).toBe(1)
    })

    test('four processes that connect at once to an empty and to an old store make everything once', async () => {
      for (const isOld of [false, true]) {
        const now = Date.now()
        const { url, schema } = await makeSchema(admin, server.url)
        if (isOld) await makeOldStore(schema, now)
        const listMade = await noteCreations(schema)
        await connectFour(url)
        const made = await listMade()
        const views = made.filter((what) => what.endsWith('metrics'))
        // The first version makes it, the second again.
        expect(views).toHaveLength(isOld ? 1 : 2)
        const others = made.filter((what) => !what.endsWith('metrics'))
        expect(others).toEqual([...new Set(others)])
        expect(others.filter((what) => /log_(ids|seq)$/.test(what))).toHaveLength(2)
        if (isOld) await expectMigrated(await openPostgres({ url }), now)
      }
    })

    const fill = async (driver: StorageDriver, at: number): Promise<void> => {
      let version = (await replaceOne(driver, { key: keyOf('busy'), at })).version
      for (let index = 0; index < 3; index++) {
        ;({ version } = await replaceOne(driver, {
          key: keyOf('busy'),
          expected: version,
          at: at + index,
          writeId: `busy-${index}`,
        }))
      }
      await replaceOne(driver, { key: keyOf('quiet'), at, body: '"quiet"', writeId: 'quiet' })
      await replaceOne(driver, { key: keyOf('gone'), at })
      await driver.snapshots.remove([keyOf('gone')])
      await driver.samples.append([{ series: { team: 'red', service: 's', region: 'eu' }, at, values: { ms: 1 } }])
      await driver.logs.append({ team: 'red' }, [{ id: 'l', at, service: 's', severity: 9, terms: ['disk'], body: '1' }])
    }

    const pruneAll = async (driver: StorageDriver, before: number): Promise<void> => {
      const request = { before, limit: 10 }
      for (const prune of [
        () => driver.snapshots.prune(request),
        () => driver.logs.prune(request),
        () => driver.samples.prune({ ...request, resolutionMs: 0 }),
      ]) {
        for (let round = 0; (await prune()) === request.limit; round++) expect(round).toBeLessThan(50)
      }
    }

    test('a partition goes whole once all of it is old; the present documents and what they remember stay', async () => {
      const clock = movableClock()
      const { url, schema } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url, clock })
      const at = Date.now()
      await fill(driver, at)
      expect(await count(`${schema}.sightline_history_past`)).toBe(0)

      // Not all of it is old: nothing goes.
      await pruneAll(driver, at + 10)
      expect(await count(`${schema}.sightline_history`)).toBe(6)
      expect(await count(`${schema}.sightline_samples`)).toBe(1)

      clock.forward(40 * dayMs)
      const [busy] = await driver.snapshots.load([keyOf('busy')])
      await replaceOne(driver, { key: keyOf('busy'), expected: busy?.version ?? null, at: at + 40 * dayMs })
      await pruneAll(driver, at + 30 * dayMs)

      const [, quiet, gone] = await driver.snapshots.load([keyOf('busy'), keyOf('quiet'), keyOf('gone')])
      expect(quiet).toMatchObject({ body: '"quiet"', at })
      expect(gone).toBe(null)
      const revisions = async (api: string) =>
        (await driver.snapshots.history(keyOf(api), { limit: 9 })).items.map(({ version }) => version.revision)
      expect(await revisions('busy')).toEqual([5])
      expect(await revisions('quiet')).toEqual([1])
      expect(await revisions('gone')).toEqual([])
      expect(await count(`${schema}.sightline_epochs`)).toBe(2)
      expect(await count(`${schema}.sightline_history_default`)).toBe(2)
      for (const table of ['samples', 'logs', 'log_terms', 'log_ids'])
        expect(await count(`${schema}.sightline_${table}`), table).toBe(0)
      const left = await partitionsOf(schema, 'history')
      expect(left).not.toContain(isoDay(startOfWeek(at)))
      for (const table of ['samples', 'logs', 'log_terms']) {
        const days = (await partitionsOf(schema, table)).filter((name) => /^\d+$/.test(name))
        expect(days, table).toContain(isoDay(at + 41 * dayMs))
        expect(
          days.filter((name) => name <= isoDay(at + 3 * dayMs)),
          table,
        ).toEqual([])
      }
      // Repeats are still recognised, and the moved entry goes when it is no longer the latest.
      const repeat = { key: keyOf('quiet'), at, body: '"quiet"', writeId: 'quiet' }
      expect(await replaceOne(driver, repeat)).toEqual(quiet)
      await replaceOne(driver, { key: keyOf('quiet'), expected: quiet?.version ?? null, at: at + 41 * dayMs })
      await pruneAll(driver, at + 30 * dayMs)
      expect(await revisions('quiet')).toEqual([2])
      expect((await replaceOne(driver, repeat)).version.revision).toBe(1)
    })

    test('what no partition takes is kept all the same, found, and pruned row by row', async () => {
      const { url, schema } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url })
      const at = Date.now() + 400 * dayMs
      await fill(driver, at)
      expect(await count(`${schema}.sightline_history_default`)).toBe(6)
      expect((await driver.snapshots.history(keyOf('busy'), { limit: 9 })).items).toHaveLength(4)
      const found = await driver.logs.search({ team: 'red' }, { from: 0, to: 9e15, terms: ['disk'], limit: 9, budgetMs: 9_000 })
      expect(found.items.map(({ id }) => id)).toEqual(['l'])
      await pruneAll(driver, at + 10)
      expect(await count(`${schema}.sightline_history`)).toBe(2)
      for (const table of ['samples', 'logs', 'log_terms', 'log_ids'])
        expect(await count(`${schema}.sightline_${table}`), table).toBe(0)
    })

    test('pruning makes nobody wait for long, also where somebody reads for long', async () => {
      const clock = movableClock()
      const { url, schema } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url, clock })
      const other = await openPostgres({ url })
      const at = Date.now()
      await fill(driver, at)
      clock.forward(40 * dayMs)
      const reader = await admin.connect()
      await reader.query(`begin isolation level repeatable read; select count(*) from ${schema}.sightline_history`)

      let isPruning = true
      let longestMs = 0
      let writes = 0
      const writing = (async () => {
        let version = (await replaceOne(other, { key: keyOf('other'), at })).version
        while (isPruning) {
          const begunAt = performance.now()
          ;({ version } = await replaceOne(other, { key: keyOf('other'), expected: version, at }))
          longestMs = Math.max(longestMs, performance.now() - begunAt)
          writes++
        }
      })()
      for (let round = 0; round < 3; round++) await driver.snapshots.prune({ before: at + 30 * dayMs, limit: 10 })
      expect(await partitionsOf(schema, 'history')).toContain(isoDay(startOfWeek(at)))
      await reader.query('commit')
      reader.release()
      await vi.waitFor(
        async () => {
          await driver.snapshots.prune({ before: at + 30 * dayMs, limit: 10 })
          expect(await partitionsOf(schema, 'history')).not.toContain(isoDay(startOfWeek(at)))
        },
        { timeout: 30_000, interval: 50 },
      )
      isPruning = false
      await writing
      console.info(`${writes} writes during the pruning, the longest ${Math.round(longestMs)} ms`)
      expect(writes).toBeGreaterThan(5)
      // Each try to get the lock is given up after 100 ms; more is this machine's.
      expect(longestMs).toBeLessThan(2_500)
      const [latest] = await other.snapshots.load([keyOf('other')])
      expect(latest?.version.revision).toBe(writes + 1)
    })

    test('a write that comes while its partition is dropped is refused nothing', async () => {
      const clock = movableClock()
      const { url } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url, clock })
      const at = Date.now()
      await fill(driver, at)
      clock.forward(40 * dayMs)
      const late = Array.from({ length: 20 }, (_, index) => replaceOne(driver, { key: keyOf(`late-${index}`), at }))
      const pruning = driver.snapshots.prune({ before: at + 30 * dayMs, limit: 10 })
      await Promise.all([...late, pruning])
      const loaded = await driver.snapshots.load(Array.from({ length: 20 }, (_, index) => keyOf(`late-${index}`)))
      expect(loaded.every((snapshot) => snapshot?.version.revision === 1)).toBe(true)
    })
  })
}

/** Weeks begin on Monday. */
const startOfWeek = (at: number): number => {
  const monday = Date.UTC(2001, 0, 1)
  return monday + Math.floor((at - monday) / (7 * dayMs)) * 7 * dayMs
}
