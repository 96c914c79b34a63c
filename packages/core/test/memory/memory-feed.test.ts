import { describe, expect, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import type { FeedItem } from '../../src/ports/index.ts'
import { testClock } from '../../src/testing/fake-clock.ts'

const plan = { collections: [], format: { writes: 1, reads: 1 } }
const write = (n: number) => ({
  key: { team: 'red', api: `api-${n}`, region: 'eu' },
  expected: null,
  writeId: `w${n}`,
  at: n,
  body: '{}',
  hash: '',
  fence: 0,
  detector: '',
})

describe('the change feed in memory', () => {
  test('a position that is older than what it keeps begins with a gap, and goes on with what comes', async () => {
    const clock = testClock()
    const storage = memoryStorage({ store: memoryStore(), clock, feed: true })
    await storage.connect(plan)
    await storage.snapshots.replace(Array.from({ length: 20_050 }, (_, n) => write(n)))
    const items: FeedItem[] = []
    const abort = new AbortController()
    const watching = storage.watch?.({ stores: ['snapshots'], since: 'memory:10', signal: abort.signal }, (item) =>
      items.push(item),
    )
    await clock.advance(0)
    expect(items[0]).toMatchObject({ kind: 'gap' })
    expect(items.filter(({ kind }) => kind === 'changed')).toEqual([])
    await storage.snapshots.replace([write(99_999)])
    await clock.advance(0)
    expect(items.filter(({ kind }) => kind === 'changed')).toHaveLength(1)
    abort.abort()
    await watching
    expect(clock.pending).toBe(0)
  })

  test('a position of another feed is refused, and one of the future is a gap', async () => {
    const storage = memoryStorage({ feed: true })
    await storage.connect(plan)
    const items: FeedItem[] = []
    const since = (token: string) =>
      storage.watch?.({ stores: [], since: token, signal: AbortSignal.timeout(20) }, (item) => items.push(item))
    await expect(since('mongo:1')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await since('memory:1000')
    expect(items[0]).toMatchObject({ kind: 'gap' })
  })
})

describe('memoryStorage', () => {
  test('two records of one commit cannot have one unique value', async () => {
    const storage = memoryStorage()
    const collections = [{ name: 'a.b', indexes: {}, unique: { code: (value: { readonly code: string }) => value.code } }]
    await storage.connect({ collections, format: plan.format })
    const insert = (id: string) => ({ store: 'a.b', id, team: 'red', expected: null, writeId: id, at: 1, value: { code: 'A' } })
    const commit = Object.assign({ write: insert('one') }, { then: [insert('two')] })
    await expect(storage.commit([commit])).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    expect(await storage.collection({ name: 'a.b', indexes: {}, parse: (raw) => raw }).load('system', ['one'])).toEqual([null])
  })

  test('what follows a write and meets a unique value of another record holds the write back', async () => {
    const storage = memoryStorage()
    const collections = [{ name: 'a.b', indexes: {}, unique: { code: (value: { readonly code: string }) => value.code } }]
    await storage.connect({ collections, format: plan.format })
    const insert = (id: string, code: string) => ({
      store: 'a.b',
      id,
      team: 'red',
      expected: null,
      writeId: id,
      at: 1,
      value: { code },
    })
    await storage.commit([Object.assign({ write: insert('holder', 'A') }, { then: [] })])
    const [outcome] = await storage.commit([Object.assign({ write: insert('one', 'B') }, { then: [insert('two', 'A')] })])
    expect(outcome).toMatchObject({ ok: false, reason: 'duplicate', current: { id: 'holder' } })
    expect(await storage.collection({ name: 'a.b', indexes: {}, parse: (raw) => raw }).load('system', ['one'])).toEqual([null])
  })
})
