import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { gunzipSync } from 'node:zlib'
import { memoryStorage } from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { archiveOld, pruneStore } from '../../src/index.ts'
import { fillStore, plan, write } from './filled-store.ts'

const DAY_MS = 86_400_000
/** What some readers of lines take for their end. */
const odd = '{"n":"\u2028\u2029\\n"}'
const firstDay = Date.UTC(2026, 0, 1)

let folder: string
let storage: StorageDriver

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-old-'))
  storage = memoryStorage()
  await storage.connect(plan)
})
afterEach(async () => {
  await storage.close()
  await rm(folder, { recursive: true, force: true })
})

const linesIn = async (name: string): Promise<readonly Record<string, unknown>[]> =>
  gunzipSync(await readFile(path.join(folder, name)))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const bodies = async (key: { team: string; api: string; region: string }): Promise<readonly string[]> =>
  (await storage.snapshots.history(key, { limit: 500 })).items.map(({ body }) => body)

test('what a prune deletes is in the files before, as it was', async () => {
  await fillStore(storage)
  const before = Date.now()
  const key = { team: 'default', api: 'orders', region: 'us-east' }
  const all = await bodies(key)
  const archived = await archiveOld({ storage, before: { history: before, logs: before }, folder })
  expect(archived).toEqual({ documents: 183, logs: 1_200, samples: 0 })
  expect((await readdir(folder)).sort()).toEqual(['history-2026-01-01.ndjson.gz', 'logs-2026-01-01.ndjson.gz'])
  const deleted = await pruneStore({ storage, collections: plan.collections as never, before: { history: before, logs: before } })
  expect(deleted).toMatchObject({ documents: 181, logs: 1_200 })
  const lines = await linesIn('history-2026-01-01.ndjson.gz')
  const ofKey = lines.filter((line) => (line.key as typeof key).region === 'us-east').map(({ body }) => body)
  expect(new Set(ofKey)).toEqual(new Set(all))
  expect(ofKey).toHaveLength(all.length)
  expect(await bodies(key)).toEqual(all.slice(0, 1))
  expect((await linesIn('logs-2026-01-01.ndjson.gz'))[0]).toMatchObject({ kind: 'log', entry: { service: 'checkout' } })
})

test('each day has its file; run again, also after an interruption, it adds what is missing and nothing twice', async () => {
  const key = { team: 'default', api: 'orders', region: 'eu' }
  let version = null
  for (let n = 0; n < 6; n++)
    version = await write(storage, key, {
      body: n === 2 ? odd : `{"n":${n}}`,
      at: firstDay + (n * DAY_MS) / 2,
      expected: version,
    })
  const archive = (before: number) => archiveOld({ storage, before: { history: before }, folder })
  expect(await archive(firstDay + DAY_MS + 1)).toEqual({ documents: 3, logs: 0, samples: 0 })
  expect((await linesIn('history-2026-01-01.ndjson.gz')).map(({ body }) => body).sort()).toEqual(['{"n":0}', '{"n":1}'])
  expect((await linesIn('history-2026-01-02.ndjson.gz')).map(({ body }) => body)).toEqual([odd])
  // As a kill leaves it: collected, not yet in the files.
  await writeFile(path.join(folder, 'history-2026-01-02.ndjson.gz.next'), 'half')
  expect(await archive(firstDay + 30 * DAY_MS)).toEqual({ documents: 3, logs: 0, samples: 0 })
  expect((await linesIn('history-2026-01-02.ndjson.gz')).map(({ body }) => body).sort()).toEqual([odd, '{"n":3}'])
  expect(await archive(firstDay + 30 * DAY_MS)).toEqual({ documents: 0, logs: 0, samples: 0 })
  expect((await linesIn('history-2026-01-03.ndjson.gz')).map(({ body }) => body).sort()).toEqual(['{"n":4}', '{"n":5}'])
})

test('a document that was the present one when the files were written, and no longer when the prune came, is in them', async () => {
  const key = { team: 'default', api: 'orders', region: 'eu' }
  const version = await write(storage, key, { body: '{"unchanged":"for long"}', at: firstDay, expected: null })
  const before = { history: firstDay + DAY_MS }
  await archiveOld({ storage, before, folder })
  await write(storage, key, { body: '{"n":2}', at: firstDay + 2 * DAY_MS, expected: version })
  expect(await pruneStore({ storage, collections: plan.collections as never, before })).toMatchObject({ documents: 1 })
  expect((await linesIn('history-2026-01-01.ndjson.gz')).map(({ body }) => body)).toEqual(['{"unchanged":"for long"}'])
})

test('single samples of many series go into the file of their day, and out of the store; the rest and their rollups stay', async () => {
  const series = Array.from({ length: 205 }, (_, index) => ({
    team: index % 2 === 0 ? 'red' : 'blue',
    service: `s-${index}`,
    region: 'eu',
  }))
  for (const day of [0, 1, 2])
    await storage.samples.append(
      series.map((each, index) => ({ series: each, at: firstDay + day * DAY_MS + index, values: { n: index } })),
    )
  const bucket = {
    series: series[0] as (typeof series)[number],
    start: firstDay,
    resolutionMs: 60_000,
    stats: new Uint8Array([1, 2]),
  }
  await storage.samples.putBuckets([bucket])
  const before = { samples: firstDay + 2 * DAY_MS }
  expect(await archiveOld({ storage, before, folder })).toEqual({ documents: 0, logs: 0, samples: 410 })
  expect(await pruneStore({ storage, collections: plan.collections as never, before })).toMatchObject({
    documents: 0,
    samples: 410,
  })
  const lines = await linesIn('samples-2026-01-02.ndjson.gz')
  expect(lines).toHaveLength(205)
  expect(lines).toContainEqual({ kind: 'point', series: series[204], at: firstDay + DAY_MS + 204, values: { n: 204 } })
  const span = { series, from: 0, to: Number.MAX_SAFE_INTEGER }
  expect((await storage.samples.points(span, { limit: 500 })).items).toHaveLength(205)
  expect(await storage.samples.buckets({ ...span, resolutionMs: 60_000 })).toEqual([bucket])
})

test('one at a time archives into a folder; who was killed there is no hindrance', async () => {
  await fillStore(storage)
  const archive = () => archiveOld({ storage, before: { logs: Date.now() }, folder })
  const runs = await Promise.allSettled([archive(), archive()])
  expect(runs.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(runs.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } })
  // No process has this number.
  await writeFile(path.join(folder, '.lock'), `${hostname()}\n4194305`)
  expect(await archive()).toEqual({ documents: 0, logs: 0, samples: 0 })
  await writeFile(path.join(folder, '.lock'), `another machine\n${process.pid}`)
  await expect(archive()).rejects.toMatchObject({ code: 'CONFLICT' })
  const longAgo = new Date(Date.now() - 61_000)
  await utimes(path.join(folder, '.lock'), longAgo, longAgo)
  await archive()
  expect(await readdir(folder)).toEqual(['logs-2026-01-01.ndjson.gz'])
})
