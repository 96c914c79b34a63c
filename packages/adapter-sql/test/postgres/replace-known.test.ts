import pg from 'pg'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { startPostgres } from '../postgres-server.ts'
import { keyOf, replaceOne, snapshotWrite, won } from '../temporary-store.ts'
import { makeSchema, openPostgres } from './own-schema.ts'
import { startWatching } from './watching.ts'

vi.setConfig({ testTimeout: 60_000 })

const server = await startPostgres()

if ('unavailable' in server) {
  test('writes on what was written last, on PostgreSQL', (context) => context.skip(server.unavailable))
} else {
  const admin = new pg.Pool({ connectionString: server.url, max: 2 })

  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  const key = keyOf('orders')

  describe(`writes on what was written last, on PostgreSQL ${server.version}`, () => {
    test('whoever else wrote, removed or raised a fence meanwhile is not overwritten', async () => {
      const { url } = await makeSchema(admin, server.url)
      const [own, other] = await Promise.all([openPostgres({ url }), openPostgres({ url })])
      const first = await replaceOne(own, { key, body: '1' })
      const theirs = await replaceOne(other, { key, body: '2', expected: first.version })
      const [late] = await own.snapshots.replace([snapshotWrite({ key, body: 'late', expected: first.version })])
      expect(late).toEqual({ ok: false, reason: 'conflict', current: theirs })

      const third = await replaceOne(own, { key, body: '3', expected: theirs.version })
      await other.snapshots.raiseFence([key], 7)
      const [fenced] = await own.snapshots.replace([snapshotWrite({ key, expected: third.version, fence: 6 })])
      expect(fenced).toMatchObject({ ok: false, reason: 'fenced', current: third })

      await other.snapshots.remove([key])
      const [gone] = await own.snapshots.replace([snapshotWrite({ key, expected: third.version, fence: 7 })])
      expect(gone).toEqual({ ok: false, reason: 'conflict', current: null })
      const again = await replaceOne(own, { key, body: 'again', fence: 7 })
      expect(again.version.epoch).not.toBe(third.version.epoch)
      const { items } = await own.snapshots.history(key, { limit: 9 })
      expect(items.map(({ body }) => body)).toEqual(['again', '3', '2', '1'])
    })

    test('a repeat answers as the first did, also what the other process wrote; nothing is written twice', async () => {
      const { url } = await makeSchema(admin, server.url)
      const [own, other] = await Promise.all([openPostgres({ url }), openPostgres({ url })])
      let { version } = await replaceOne(own, { key, writeId: 'write-1' })
      for (let revision = 2; revision <= 10; revision++) {
        const driver = revision % 3 === 0 ? other : own
        const write = snapshotWrite({ key, expected: version, writeId: `write-${revision}`, body: String(revision) })
        const record = won((await driver.snapshots.replace([write]))[0])
        expect((await own.snapshots.replace([write]))[0]).toEqual({ ok: true, record })
        expect((await other.snapshots.replace([write]))[0]).toEqual({ ok: true, record })
        version = record.version
      }
      expect((await own.snapshots.history(key, { limit: 20 })).items).toHaveLength(10)
    })

    test('any text is stored as it is, each in its place, and every change is told once', async () => {
      const { url } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url })
      const watching = await startWatching(driver)
      const texts = ['"é"', '{"a\\\\b":"\\"{},\\n"}', '"🙂"', '"\ud7ff\u0001"', '""', `"${'x'.repeat(9_000)}"`, '"NULL"']
      const keys = texts.map((_, index) => keyOf(`api-${index}, "{}\\' é\n`, index === 5 ? 'r'.repeat(200) : 'eu'))
      const first = await driver.snapshots.replace(keys.map((each) => snapshotWrite({ key: each })))
      const second = await driver.snapshots.replace(
        keys.map((each, index) =>
          snapshotWrite({
            key: each,
            expected: won(first[index]).version,
            body: texts[index] as string,
            writeId: `"${index}\\,é`,
          }),
        ),
      )
      const stored = await driver.snapshots.load(keys)
      expect(stored).toEqual(second.map((outcome) => won(outcome)))
      expect(stored.map((snapshot) => snapshot?.body)).toEqual(texts)
      await watching.until('all changes', () => watching.heads().length >= keys.length * 2)
      expect(new Set(watching.heads()).size).toBe(keys.length * 2)
      expect(watching.heads()).toHaveLength(keys.length * 2)
    })

    test('many at once: those that others moved are decided anew, the rest stands', async () => {
      const { url } = await makeSchema(admin, server.url)
      const [own, other] = await Promise.all([openPostgres({ url }), openPostgres({ url })])
      const keys = Array.from({ length: 40 }, (_, index) => keyOf(`api-${index}`))
      const first = (await own.snapshots.replace(keys.map((each) => snapshotWrite({ key: each })))).map((each) => won(each))
      const moved = keys.filter((_, index) => index % 4 === 0)
      for (const each of moved) await replaceOne(other, { key: each, expected: first[keys.indexOf(each)]?.version ?? null })
      const outcomes = await own.snapshots.replace(
        keys.map((each, index) => snapshotWrite({ key: each, expected: first[index]?.version ?? null, body: 'own' })),
      )
      expect(outcomes.map(({ ok }) => ok)).toEqual(keys.map((_, index) => index % 4 !== 0))
      const latest = await other.snapshots.load(keys)
      expect(latest.map((snapshot) => snapshot?.body === 'own')).toEqual(keys.map((_, index) => index % 4 !== 0))
      expect(latest.every((snapshot) => snapshot?.version.revision === 2)).toBe(true)
    })

    test('in a store that was emptied, nothing known of the old one counts', async () => {
      const { url, schema } = await makeSchema(admin, server.url)
      const [own, other] = await Promise.all([openPostgres({ url }), openPostgres({ url })])
      const old = await replaceOne(own, { key, body: 'old' })
      const { rows } = await admin.query<{ name: string }>(
        `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1 and tablename not like '%store'`,
        [schema],
      )
      await admin.query(`truncate ${rows.map(({ name }) => name).join(', ')} restart identity`)
      // It has the same numbers as the old one had.
      await replaceOne(other, { key: keyOf('stock'), body: 'another' })
      const [outcome] = await own.snapshots.replace([snapshotWrite({ key, expected: old.version })])
      expect(outcome).toEqual({ ok: false, reason: 'conflict', current: null })
      expect((await other.snapshots.load([keyOf('stock')]))[0]?.body).toBe('another')
    })

    test('points of known and of new series go in one call, each moment once', async () => {
      const { url } = await makeSchema(admin, server.url)
      const driver = await openPostgres({ url })
      const series = (service: string) => ({ team: 'red', service, region: 'eu' })
      await driver.samples.append([{ series: series('a'), at: 1, values: { ms: 1 } }])
      await driver.samples.append([
        { series: series('a'), at: 1, values: { ms: 9 } },
        { series: series('a'), at: 2.5, values: { 'odd "\\, é': -0 } },
        { series: series('b"{},\\'), at: 1, values: { ms: 3 } },
        { series: series('b"{},\\'), at: 1, values: { ms: 4 } },
      ])
      const span = { series: [series('a'), series('b"{},\\')], from: 0, to: 9 }
      const { items } = await driver.samples.points(span, { limit: 9 })
      expect(items.map(({ series: { service }, at, values }) => [service, at, values])).toEqual([
        ['a', 1, { ms: 1 }],
        ['b"{},\\', 1, { ms: 3 }],
        ['a', 2.5, { 'odd "\\, é': -0 }],
      ])
    })
  })
}
