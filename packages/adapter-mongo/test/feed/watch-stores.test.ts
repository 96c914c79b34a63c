import { randomBytes } from 'node:crypto'
import { type MongoStorageOptions, mongoStorage } from '@sightline/adapter-mongo'
import { conformancePlan } from '@sightline/conformance'
import {
  type FeedItem,
  type Logger,
  type SnapshotWrite,
  type StorageDriver,
  silentLogger,
  type Version,
} from '@sightline/core/ports'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { type MongoProxy, mongoProxy } from '../mongo-proxy.ts'
import { startMongo } from '../mongo-server.ts'

vi.setConfig({ testTimeout: 60_000 })

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const key = { team: 'default', api: 'orders', region: 'eu-west' }
let writes = 0
const change = (expected: Version | null): SnapshotWrite => ({
  key,
  expected,
  writeId: `write-${++writes}`,
  at: writes,
  body: `{"n":${writes}}`,
  hash: String(writes),
  fence: 0,
  detector: 'd',
})

const write = async (driver: StorageDriver): Promise<number> => {
  const [latest] = await driver.snapshots.load([key])
  const [outcome] = await driver.snapshots.replace([change(latest?.version ?? null)])
  if (outcome?.ok !== true) throw new Error('the write did not win')
  return outcome.record.version.revision
}

interface Watching {
  readonly items: FeedItem[]
  readonly modes: () => readonly string[]
  until(what: string, fits: (item: FeedItem) => boolean, withinMs?: number): Promise<void>
}

const shows = (revision: number) => (item: FeedItem) => item.kind === 'changed' && item.head.version.revision === revision
const isGap = (item: FeedItem): boolean => item.kind === 'gap'
const isMode = (mode: string) => (item: FeedItem) => item.kind === 'mode' && item.mode === mode

const watch = (driver: StorageDriver): Watching => {
  const items: FeedItem[] = []
  const abort = new AbortController()
  const ended = driver.watch?.({ stores: ['snapshots'], signal: abort.signal }, (item) => void items.push(item))
  undo.push(async () => {
    abort.abort()
    await ended
  })
  return {
    items,
    modes: () => items.flatMap((item) => (item.kind === 'mode' ? [item.mode] : [])),
    until: async (what, fits, withinMs = 15_000) => {
      for (const giveUpAt = performance.now() + withinMs; performance.now() < giveUpAt; ) {
        if (items.some(fits)) return
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      throw new Error(`the feed did not show ${what}: ${JSON.stringify(items.filter(({ kind }) => kind !== 'position'))}`)
    },
  }
}

/** Counts the lines of a log by their level. */
const countingLogger = (): { readonly logger: Logger; readonly lines: string[] } => {
  const lines: string[] = []
  const logger = { ...silentLogger(), info: () => void lines.push('info'), warn: () => void lines.push('warn') }
  return { logger, lines }
}

const setUp = async (url: string, options: Partial<MongoStorageOptions> = {}) => {
  const direct = new URL(url)
  const proxy: MongoProxy = await mongoProxy({ host: direct.hostname, port: Number(direct.port) })
  undo.push(() => proxy.close())
  const name = `feed_${randomBytes(6).toString('hex')}`
  const client = new MongoClient(url)
  undo.push(async () => {
    await client.db(name).dropDatabase()
    await client.close()
  })
  const open = async (port: string | number): Promise<StorageDriver> => {
    const driver = mongoStorage({
      url: `mongodb://127.0.0.1:${port}/${name}?directConnection=true`,
      ...options,
    } as MongoStorageOptions)
    undo.push(() => driver.close())
    await driver.connect(conformancePlan)
    return driver
  }
  return { proxy, db: client.db(name), watched: await open(proxy.port), writer: await open(direct.port) }
}

const isStream = (command: { readonly pipeline?: readonly object[] }): boolean =>
  command.pipeline?.some((stage) => '$changeStream' in stage) ?? false

const withOplog = await startMongo()
const withoutOplog = await startMongo({ hasStreams: false })
afterAll(async () => {
  for (const server of [withOplog, withoutOplog]) if (!('unavailable' in server)) await server.stop()
})

if ('unavailable' in withOplog) test('change feed: mongo with streams', (context) => context.skip(withOplog.unavailable))
else if (!withOplog.isReal || withOplog.url.includes('127.0.0.1')) {
  describe('a server with change streams', () => {
    test('that loses the connection is resumed where it was: nothing is missing, no gap', async () => {
      const { proxy, watched, writer } = await setUp(withOplog.url)
      const watching = watch(watched)
      await watching.until('the stream', isMode('stream'))
      const first = await write(writer)
      await watching.until('the first change', shows(first))
      await watching.until('a position after it', (item) => item.kind === 'position')
      // The stream's connection alone: of a server that tells no `topologyVersion`, as the stand-in, driver 7.8 may wait for ever for the answer to
      // a heartbeat that it sent while all connections broke.
      let cut = 0
      proxy.intervene = (name) => (name === 'getMore' && cut++ === 0 ? { kind: 'drop' } : null)
      await vi.waitUntil(() => cut > 0, { timeout: 10_000 })
      const second = await write(writer)
      await watching.until('the change while it was cut', shows(second))
      expect(watching.items.filter(isGap)).toEqual([])
    })

    test('that has lost the position is opened anew, with one gap', async () => {
      const { proxy, watched, writer } = await setUp(withOplog.url)
      const watching = watch(watched)
      await watching.until('the stream', isMode('stream'))
      let refused = 0
      proxy.intervene = (name, command) => {
        if (name === 'getMore' && refused === 0) {
          refused++
          return {
            kind: 'refuse',
            code: 286,
            message: 'Resume of change stream was not possible, as the resume point may no longer be in the oplog.',
          }
        }
        return isStream(command) && 'resumeAfter' in (command.pipeline[0].$changeStream as object)
          ? { kind: 'refuse', code: 286, message: 'the resume point may no longer be in the oplog' }
          : null
      }
      await watching.until('a gap', isGap)
      const revision = await write(writer)
      await watching.until('the change after it', shows(revision))
      expect(watching.items.filter(isGap)).toHaveLength(1)
    })

    test('whose collection is dropped tells a gap, and goes on', async () => {
      const { db, watched, writer } = await setUp(withOplog.url)
      const watching = watch(watched)
      await watching.until('the stream', isMode('stream'))
      await watching.until('a change', shows(await write(writer)))
      await db.collection('latest').drop()
      await watching.until('a gap', isGap, 30_000)
      const before = watching.items.length
      await write(writer)
      await watching.until('the change after it', (item) => watching.items.indexOf(item) >= before && item.kind === 'changed')
    })

    test.each([40573, 40324, 238, 303])('that refuses streams (%i) is looked at instead, and left in peace', async (code) => {
      const { logger, lines } = countingLogger()
      const { proxy, watched, writer } = await setUp(withOplog.url, { logger, pollIntervalMs: 100 })
      let asked = 0
      proxy.intervene = (_, command) => {
        if (!isStream(command)) return null
        asked++
        return { kind: 'refuse', code, message: 'no' }
      }
      const watching = watch(watched)
      await watching.until('the fallback', isMode('poll'), 5_000)
      const [first, second] = [await write(writer), await write(writer)]
      expect(second).toBe(first + 1)
      await watching.until('the last change', shows(second))
      expect(asked).toBe(1)
      expect(lines).toEqual(['warn'])
    })

    test('that serves streams again is gone back to', async () => {
      const { logger, lines } = countingLogger()
      const { proxy, watched, writer } = await setUp(withOplog.url, { logger, pollIntervalMs: 100, probeAfterMs: 500 })
      let isRefused = true
      proxy.intervene = (_, command) => (isStream(command) && isRefused ? { kind: 'refuse', code: 40573, message: 'no' } : null)
      const watching = watch(watched)
      await watching.until('the fallback', isMode('poll'))
      isRefused = false
      await watching.until('the stream', isMode('stream'))
      await watching.until('a change', shows(await write(writer)))
      expect(watching.modes()).toEqual(['poll', 'stream'])
      expect(lines).toEqual(['warn', 'info'])
    })

    test('that refuses and serves in turn is warned of once a minute', async () => {
      const { logger, lines } = countingLogger()
      const { proxy, watched, writer } = await setUp(withOplog.url, { logger, pollIntervalMs: 50, probeAfterMs: 200 })
      let isRefused = true
      proxy.intervene = (name, command) =>
        isRefused && (isStream(command) || name === 'getMore') ? { kind: 'refuse', code: 40573, message: 'no' } : null
      const watching = watch(watched)
      const turns = async (count: number) => {
        while (watching.modes().length < count) await new Promise((resolve) => setTimeout(resolve, 10))
      }
      for (let turn = 1; turn <= 6; turn++) {
        await turns(turn)
        isRefused = !isRefused
        // A stream that is open hears of it with its next question.
        await write(writer)
      }
      expect(watching.modes().slice(0, 6)).toEqual(['poll', 'stream', 'poll', 'stream', 'poll', 'stream'])
      expect(lines.filter((line) => line === 'warn')).toHaveLength(1)
      expect(lines.length).toBeLessThanOrEqual(2)
    })

    test('without looking (`pollIntervalMs: null`) a refusal is no capability', async () => {
      const { proxy } = await setUp(withOplog.url)
      proxy.intervene = (_, command) => (isStream(command) ? { kind: 'refuse', code: 40573, message: 'no' } : null)
      const driver = mongoStorage({ url: `mongodb://127.0.0.1:${proxy.port}/x?directConnection=true`, pollIntervalMs: null })
      undo.push(() => driver.close())
      expect((await driver.connect(conformancePlan)).watch).toBe(false)
      await expect(driver.watch?.({ stores: [], signal: AbortSignal.abort() }, () => {})).rejects.toMatchObject({
        code: 'UNSUPPORTED',
      })
    })
  })
}

if ('unavailable' in withoutOplog) test('change feed: mongo without streams', (context) => context.skip(withoutOplog.unavailable))
else {
  describe('a server without change streams', () => {
    test('is looked at within 5 s of the first change that it does not tell, and shows every later one', async () => {
      const { watched, writer } = await setUp(withoutOplog.url, { pollIntervalMs: 100 })
      const watching = watch(watched)
      await watching.until('a mode', (item) => item.kind === 'mode')
      await write(writer)
      await watching.until('the fallback', isMode('poll'), 5_500)
      await watching.until('a gap', isGap)
      await watching.until('a later change', shows(await write(writer)))
    })
  })
}
