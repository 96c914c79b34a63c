import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type CollectionDefinition, memoryStorage, SightlineError, storagePlan } from '@sightline/core'
import type { StorageDriver, Version } from '@sightline/core/ports'
import { testClock } from '@sightline/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backup, checksumOf, restore, verifyArchive } from '../../src/index.ts'
import { fillStore, plan, write } from './filled-store.ts'

const { collections } = plan
let folder: string
let full: StorageDriver
let file: string
let checksum: string

const connected = async (): Promise<StorageDriver> => {
  const storage = memoryStorage()
  await storage.connect(plan)
  return storage
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-archive-'))
  full = await connected()
  await fillStore(full, { entries: 26 })
  file = path.join(folder, 'whole.gz')
  ;({ checksum } = await backup({ storage: full, collections, file }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Fails for good after so many calls. */
const failingAfter = (storage: StorageDriver, calls: number): StorageDriver => {
  let left = calls
  const guarded = <T extends object>(part: T): T =>
    Object.fromEntries(
      Object.entries(part).map(([name, method]) => [
        name,
        async (...args: readonly unknown[]) => {
          if (left-- <= 0) throw new SightlineError('UNAVAILABLE', 'The test took storage away.')
          return (method as (...all: readonly unknown[]) => Promise<unknown>)(...args)
        },
      ]),
    ) as T
  return {
    ...storage,
    snapshots: guarded(storage.snapshots),
    samples: guarded(storage.samples),
    logs: guarded(storage.logs),
    collection: (definition) => guarded(storage.collection(definition)),
    commit: guarded({ commit: storage.commit }).commit,
  }
}

test('a backup that was interrupted anywhere is gone on with, and equals one that was not', async () => {
  for (const calls of [0, 1, 5, 11, 17, 25]) {
    const target = path.join(folder, `interrupted-${calls}.gz`)
    await expect(backup({ storage: failingAfter(full, calls), collections, file: target })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    expect(await readdir(folder)).not.toContain(path.basename(target))
    // What was written beyond the last checkpoint is half a line.
    const partial = await open(`${target}.partial`, 'a')
    await partial.write('half of a chunk')
    await partial.close()
    expect((await backup({ storage: full, collections, file: target })).checksum).toBe(checksum)
    expect((await verifyArchive(target)).checksum).toBe(checksum)
    expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([])
  }
})

test('a backup goes on from where it stopped: what is done is not read again', async () => {
  const target = path.join(folder, 'resumed.gz')
  await expect(backup({ storage: failingAfter(full, 14), collections, file: target })).rejects.toThrow()
  let reads = 0
  const counting = {
    ...full,
    snapshots: {
      ...full.snapshots,
      revisions: (...asked: Parameters<typeof full.snapshots.revisions>) => {
        reads++
        return full.snapshots.revisions(...asked)
      },
    },
  }
  await backup({ storage: counting, collections, file: target })
  expect(reads).toBeLessThan(9)
})

test('what was begun of another store, or of other collections, is not gone on with', async () => {
  const target = path.join(folder, 'other.gz')
  const begin = () =>
    expect(backup({ storage: failingAfter(full, 14), collections, source: 'a', file: target })).rejects.toThrow()
  await begin()
  const other = await connected()
  await write(other, { team: 'default', api: 'other', region: 'eu' }, { body: '1', at: 1, expected: null })
  expect((await backup({ storage: other, collections, source: 'b', file: target })).counts).toEqual({ snapshot: 1 })
  await rm(target)
  await begin()
  const fewer = collections.filter(({ name }) => name !== 'test.thing')
  const { counts } = await backup({ storage: full, collections: fewer, source: 'a', file: target })
  expect(counts).toEqual((await checksumOf(full, fewer)).counts)
})

test('a restore that was interrupted anywhere is gone on with, and ends equal to the archive', async () => {
  for (const calls of [0, 1, 3, 6, 9, 14]) {
    const storage = await connected()
    await expect(restore({ storage: failingAfter(storage, calls), collections, file })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    expect((await restore({ storage, collections, file })).checksum).toBe(checksum)
  }
})

test('a store that holds something else is left alone, and it is said what', async () => {
  const storage = await connected()
  const key = { team: 'default', api: 'orders', region: 'us-east' }
  await write(storage, key, { body: '{"other":1}', at: 1, expected: null })
  await expect(restore({ storage, collections, file })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('orders in us-east'),
  })
  expect((await storage.snapshots.history(key, { limit: 10 })).items.map(({ body }) => body)).toEqual(['{"other":1}'])
})

test('a store with content of its own is refused before anything is written', async () => {
  const storage = await connected()
  const series = { team: 'default', service: 'checkout', region: 'eu' }
  const bucket = { series, resolutionMs: 60_000, start: Date.UTC(2026, 0, 1), stats: Uint8Array.of(1, 2, 3) }
  await storage.samples.putBuckets([bucket])
  await expect(restore({ storage, collections, file })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('samples of checkout in eu'),
  })
  expect(await storage.samples.buckets({ series: [series], resolutionMs: 60_000, from: 0, to: Date.now() })).toEqual([bucket])
  expect((await checksumOf(storage, collections)).counts).toEqual({ bucket: 1 })
})

test('a document that came back within the same millisecond is there twice', async () => {
  const storage = await connected()
  const key = { team: 'default', api: 'orders', region: 'eu' }
  let expected: Version | null = null
  for (const body of ['"a"', '"b"', '"a"', '"c"']) expected = await write(storage, key, { body, at: 5, expected, hash: body })
  const target = path.join(folder, 'twice.gz')
  const { checksum: twice } = await backup({ storage, collections, file: target })
  expect((await restore({ storage: await connected(), collections, file: target })).checksum).toBe(twice)
})

test('records that have expired since the backup are no difference', async () => {
  const clock = testClock()
  const short = {
    name: 'test.short',
    parse: (raw) => raw as { readonly endsAt: number },
    indexes: {},
    expiresAt: ({ endsAt }) => endsAt,
  } satisfies CollectionDefinition<{ readonly endsAt: number }>
  const shortPlan = storagePlan([{ name: 'test', collections: [short] } as never])
  const open = async (): Promise<StorageDriver> => {
    const storage = memoryStorage({ clock })
    await storage.connect(shortPlan)
    return storage
  }
  const storage = await open()
  const at = clock.now()
  await storage.commit(
    [at + 1_000, at + 1_000_000_000].map((endsAt, index) => ({
      write: { store: short.name, id: `${index}`, team: 'default', expected: null, writeId: `${index}`, at, value: { endsAt } },
      then: [],
    })),
  )
  const target = path.join(folder, 'short.gz')
  await backup({ storage, collections: shortPlan.collections, file: target })
  await clock.advance(2_000)
  expect((await restore({ storage: await open(), collections: shortPlan.collections, file: target })).counts).toEqual({
    record: 1,
  })
})

test('damaged archives are refused before anything is written', async () => {
  const bytes = await readFile(file)
  const text = gunzipSync(bytes).toString()
  const lines = text.trimEnd().split('\n')
  const damaged: Readonly<Record<string, Buffer>> = {
    'cut off': bytes.subarray(0, bytes.length - 40),
    'cut in the middle': bytes.subarray(0, bytes.length / 2),
    'not compressed': Buffer.from('hello'),
    empty: Buffer.alloc(0),
    'without its end': gzipSync(lines.slice(0, -1).join('\n')),
    'a line less': gzipSync([...lines.slice(0, 5), ...lines.slice(6)].join('\n')),
    'a changed document': gzipSync(text.replace('{\\"a\\":1}', '{\\"a\\":2}')),
    'of a later version': gzipSync(text.replace('"v":1', '"v":2')),
    'no object': gzipSync('null\n'),
    'no object inside': gzipSync([lines[0], 'null', ...lines.slice(1)].join('\n')),
    'another file': gzipSync('{"kind":"something else"}\n'),
  }
  for (const [name, content] of Object.entries(damaged)) {
    const target = path.join(folder, 'damaged.gz')
    await writeFile(target, content)
    const storage = await connected()
    await expect(restore({ storage, collections, file: target }), name).rejects.toMatchObject({ code: 'INCOMPATIBLE' })
    expect((await checksumOf(storage, collections)).counts, name).toEqual({})
  }
})

test('a file that is there already is kept; one that is not there is said to be missing', async () => {
  await expect(backup({ storage: full, collections, file })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  expect((await verifyArchive(file)).checksum).toBe(checksum)
  await expect(verifyArchive(path.join(folder, 'none.gz'))).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('a record of a plugin that is not configured is refused by name', async () => {
  const storage = memoryStorage()
  const without = { ...plan, collections: plan.collections.filter(({ name }) => name !== 'test.thing') }
  await storage.connect(without)
  await expect(restore({ storage, collections: without.collections, file })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('test.thing'),
  })
})
