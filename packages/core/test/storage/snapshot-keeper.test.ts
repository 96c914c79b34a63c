import { expect, test } from 'vitest'
import type { SnapshotChange } from '../../src/changes/snapshot-change.ts'
import { SightlineError } from '../../src/errors.ts'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import type { Snapshot, SnapshotKey, SnapshotStore } from '../../src/ports/snapshots.ts'
import { createSnapshotKeeper } from '../../src/storage/snapshot-keeper.ts'
import { createStorageLink } from '../../src/storage/storage-link.ts'
import { testClock } from '../../src/testing/index.ts'

const keyOf = (region: string): SnapshotKey => ({ team: 'default', api: 'orders', region })
const key = keyOf('us-east')

/** A keeper over storage in memory whose snapshot store a test may put itself in front of. */
const setUp = async ({ maxBufferedWrites = 100, intercept = (store: SnapshotStore): Partial<SnapshotStore> => store } = {}) => {
  const clock = testClock()
  const store = memoryStore()
  const driver = memoryStorage({ store, clock })
  const other = memoryStorage({ store, clock })
  await other.connect({ collections: [], format: { writes: 1, reads: 1 } })
  const { snapshots } = driver
  Object.assign(driver, { snapshots: { ...snapshots, ...intercept(snapshots) } })
  const log: string[] = []
  const errors: object[] = []
  const link = createStorageLink({
    driver,
    plan: { collections: [], format: { writes: 1, reads: 1 } },
    clock,
    random: () => 0.5,
    logger: silentLogger(),
    timeoutMs: 1_000,
    prove: async () => {},
    onUp: () => keeper.storageUp(),
    onAway: () => keeper.storageAway(),
  })
  const body = (snapshot: Snapshot | null): string => snapshot?.body ?? 'nothing'
  const keeper = createSnapshotKeeper({
    link,
    clock,
    logger: { ...silentLogger(), error: (fields: object) => void errors.push(fields) },
    origin: 'w',
    maxBufferedWrites,
    maxBufferedBytes: 1_000_000,
    provisionalAfterMs: 250,
    onStored: (snapshot, _change, superseded) =>
      void log.push(`${superseded ? 'kept' : 'stored'} ${snapshot.key.region} ${snapshot.body}`),
    onProvisional: (change) => void log.push(`shown ${change.key.region} ${change.body}`),
    onAdopted: ({ region }, found) => void log.push(`adopted ${region} ${body(found)}`),
    onOvertaken: ({ region }, found) => void log.push(`overtaken ${region} ${body(found)}`),
    onFenced: () => {},
    onReplayed: ({ replayed, dropped }) => void log.push(`replayed ${replayed} dropped ${dropped}`),
  })
  await link.open()
  const change = (text: string, more: Partial<SnapshotChange> = {}): SnapshotChange => ({
    key,
    body: JSON.stringify(text),
    hash: text.padEnd(40, '0'),
    at: clock.now(),
    fence: 0,
    detector: 'd',
    ...more,
  })
  const write = async (text: string, more: { at?: number; region?: string; fence?: number } = {}): Promise<void> => {
    const target = keyOf(more.region ?? 'us-east')
    const [current] = await other.snapshots.load([target])
    const { key: _, ...rest } = change(text)
    await other.snapshots.replace([
      {
        ...rest,
        key: target,
        at: more.at ?? clock.now(),
        fence: more.fence ?? current?.fence ?? 0,
        expected: current?.version ?? null,
        writeId: `other ${text}`,
      },
    ])
  }
  const history = async (region = 'us-east'): Promise<string[]> =>
    (await other.snapshots.history(keyOf(region), { limit: 100 })).items.map(({ body }) => JSON.parse(body) as string)
  return { clock, keeper, link, other, log, errors, change, write, history }
}

test('a change that storage refuses for good goes alone: the others of its batch are stored, and it is counted and logged without its content', async () => {
  const k = await setUp({
    intercept: ({ replace }) => ({
      replace: (writes) =>
        writes.some(({ body }) => body.includes('poison'))
          ? Promise.reject(new SightlineError('INVALID_INPUT', 'No such text.'))
          : replace(writes),
    }),
  })
  for (const [region, text] of [
    ['a', 'good'],
    ['b', 'poison'],
    ['c', 'fine'],
    ['d', 'poison too'],
  ] as const)
    k.keeper.offer(k.change(text, { key: keyOf(region) }))
  await k.clock.advance(100)
  expect(k.log.slice(0, 2)).toEqual(['stored a "good"', 'stored c "fine"'])
  // Their pollers go back to what is stored, and find the change again.
  expect(k.log.slice(2)).toEqual(['overtaken b nothing', 'overtaken d nothing'])
  expect(k.keeper.unwelcome).toBe(2)
  expect(k.keeper.counters).toMatchObject({ writes: 2, dropped: 2 })
  expect(k.keeper.buffer.writes).toBe(0)
  expect(k.errors).toEqual([
    { code: 'INVALID_INPUT', api: 'orders', region: 'b' },
    { code: 'INVALID_INPUT', api: 'orders', region: 'd' },
  ])
  // What follows is written on what is stored.
  k.keeper.offer(k.change('better', { key: keyOf('b') }))
  await k.clock.advance(100)
  expect(await k.history('b')).toEqual(['better'])
  expect(k.keeper.unwelcome).toBe(1)
})

test('a change that is refused by itself does not come again', async () => {
  let calls = 0
  const k = await setUp({
    intercept: () => ({
      replace: () => {
        calls++
        return Promise.reject(new SightlineError('INVALID_INPUT', 'No.'))
      },
    }),
  })
  k.keeper.offer(k.change('poison'))
  await k.clock.advance(1_000)
  expect(calls).toBe(1)
  expect(k.keeper.counters.dropped).toBe(1)
  expect(await k.keeper.settle(100)).toBe(true)
})

test('settling waits for what is under way as long as it may, and says whether anything is left', async () => {
  let answer = (): void => {}
  const k = await setUp({
    intercept: ({ replace }) => ({
      replace: (writes) =>
        new Promise((resolve) => {
          answer = () => resolve(replace(writes))
        }),
    }),
  })
  k.keeper.offer(k.change('one'))
  await k.clock.advance(20)
  const short = k.keeper.settle(50)
  const long = k.keeper.settle(500)
  await k.clock.advance(60)
  expect(await short).toBe(false)
  answer()
  await k.clock.advance(10)
  expect(await long).toBe(true)
  expect(k.clock.pending).toBe(0)
})

test('storage that goes away while a refused batch is tried one by one loses nothing of it', async () => {
  let calls = 0
  const k = await setUp({
    intercept: ({ replace }) => ({
      replace: async (writes) => {
        calls++
        if (writes.length > 1) throw new SightlineError('INVALID_INPUT', 'One of them.')
        if (calls === 3) throw new SightlineError('UNAVAILABLE', 'Gone.')
        return replace(writes)
      },
    }),
  })
  for (const region of ['a', 'b', 'c']) k.keeper.offer(k.change('x', { key: keyOf(region) }))
  await k.clock.advance(5_000)
  for (const region of ['a', 'b', 'c']) expect(await k.history(region)).toEqual(['x'])
  expect(k.keeper.counters).toMatchObject({ writes: 3, dropped: 0 })
})

test('a fenced write drops all that waits behind it, and says what stands there', async () => {
  const k = await setUp()
  k.keeper.offer(k.change('one', { fence: 5 }))
  await k.clock.advance(100)
  await k.other.snapshots.raiseFence([key], 9)
  k.log.length = 0
  for (const text of ['two', 'three', 'four']) k.keeper.offer(k.change(text, { fence: 5 }))
  await k.clock.advance(100)
  expect(k.log).toEqual(['overtaken us-east "one"'])
  expect(k.keeper.counters).toMatchObject({ fenced: 1, dropped: 3 })
  expect(await k.history()).toEqual(['one'])
})

test('changes that come faster than storage answers are stored one after another, and each is told once it is stored', async () => {
  const k = await setUp({
    intercept: ({ replace }) => ({
      replace: (writes) => new Promise((resolve) => void k.clock.setTimer(120, () => resolve(replace(writes)))),
    }),
  })
  for (let n = 0; n < 10; n++) {
    k.keeper.offer(k.change(`n${n}`))
    await k.clock.advance(50)
  }
  await k.clock.advance(5_000)
  expect(await k.history()).toEqual(Array.from({ length: 10 }, (_, index) => `n${9 - index}`))
  // None is held back for the one behind it, until that was shown for waiting too long; nobody is taken back behind that.
  const shownAt = k.log.findIndex((line) => line.startsWith('shown'))
  expect(k.log.slice(0, 2)).toEqual(['stored us-east "n0"', 'stored us-east "n1"'])
  expect(shownAt).toBeGreaterThan(0)
  expect(k.log.at(-1)).toBe('stored us-east "n9"')
  const order = k.log.filter((line) => !line.startsWith('kept')).map((line) => Number(/n(\d)/.exec(line)?.[1]))
  expect(order).toEqual([...order].sort((a, b) => a - b))
})

test('a change that leads back to what is stored, since what lay between had to go, is none', async () => {
  const k = await setUp({ maxBufferedWrites: 2 })
  k.keeper.offer(k.change('A'))
  await k.clock.advance(100)
  k.keeper.storageAway()
  // Over the bound the oldest that has a later one goes, so that only the last two stand.
  const { link } = k
  await link.run(() => Promise.reject(new SightlineError('UNAVAILABLE', 'away'))).catch(() => {})
  for (const text of ['B', 'C', 'A']) k.keeper.offer(k.change(text))
  k.keeper.offer(k.change('other', { key: keyOf('eu-west') }))
  await k.clock.advance(5_000)
  expect(await k.history()).toEqual(['A'])
  expect(await k.history('eu-west')).toEqual(['other'])
  expect(k.log.filter((line) => line.includes('us-east')).at(-1)).toBe('overtaken us-east "A"')
})

test('a take-over that is answered after the first change was found has the change compared with what is stored: equal is no change, other is written on top', async () => {
  for (const [text, stored] of [
    ['same', ['same']],
    ['newer', ['newer', 'same']],
  ] as const) {
    let release = (): void => {}
    const k = await setUp({
      intercept: ({ raiseFence }) => ({
        raiseFence: (...args) =>
          new Promise((resolve) => {
            release = () => resolve(raiseFence(...args))
          }),
      }),
    })
    await k.write('same', { at: k.clock.now() - 1_000 })
    const adopted = k.keeper.adopt(key, 7)
    await k.clock.advance(0)
    k.keeper.offer(k.change(text, { fence: 7 }))
    release()
    await adopted
    await k.clock.advance(100)
    expect(await k.history()).toEqual(stored)
    expect(k.log.some((line) => line.startsWith('adopted'))).toBe(false)
  }
})

test('a change that was decided without knowing what is stored is dropped where that is the later observation', async () => {
  const k = await setUp()
  await k.write('theirs', { at: k.clock.now() + 60_000 })
  k.keeper.offer(k.change('ours'))
  await k.clock.advance(100)
  expect(await k.history()).toEqual(['theirs'])
  expect(k.log).toEqual(['overtaken us-east "theirs"'])
  expect(k.keeper.counters.dropped).toBe(1)
})

test('who met a foreign document drops what waits behind, unless whoever wrote it wrote what we saw', async () => {
  const k = await setUp()
  k.keeper.offer(k.change('one'))
  await k.clock.advance(100)
  await k.write('two')
  for (const text of ['two', 'three']) k.keeper.offer(k.change(text))
  await k.clock.advance(100)
  expect(await k.history()).toEqual(['three', 'two', 'one'])
  await k.write('foreign')
  for (const text of ['four', 'five']) k.keeper.offer(k.change(text))
  await k.clock.advance(100)
  expect(await k.history()).toEqual(['foreign', 'three', 'two', 'one'])
  expect(k.keeper.counters).toMatchObject({ conflicts: 2, dropped: 2 })
  expect(k.log.at(-1)).toBe('overtaken us-east "foreign"')
})

test('what was shown is not taken back by an older change that is stored behind it', async () => {
  let isSlow = true
  const k = await setUp({
    intercept: ({ replace }) => ({ replace: (writes) => (isSlow ? new Promise<never>(() => {}) : replace(writes)) }),
  })
  k.keeper.offer(k.change('one'))
  await k.clock.advance(300)
  k.keeper.offer(k.change('two'))
  await k.clock.advance(300)
  expect(k.log).toEqual(['shown us-east "one"', 'shown us-east "two"'])
  isSlow = false
  await k.clock.advance(3_000)
  expect(k.log.slice(2)).toEqual(['kept us-east "one"', 'stored us-east "two"'])
})

test('closing while a batch is under way leaves no timer and rejects who takes over', async () => {
  const k = await setUp({ intercept: () => ({ replace: () => new Promise<never>(() => {}) }) })
  k.keeper.offer(k.change('one'))
  await k.clock.advance(50)
  k.keeper.close()
  await k.link.close()
  await expect(k.keeper.adopt(key, 1)).rejects.toMatchObject({ code: 'ABORTED' })
  await k.clock.advance(0)
  expect(k.clock.pending).toBe(0)
})

test('what was read before an own write was stored corrects nothing', async () => {
  const { clock, keeper, change, write, other, log } = await setUp()
  await keeper.adopt(key, 0)
  keeper.offer(change('first'))
  await clock.advance(10)
  const believed = keeper.settledVersion(key)
  const [old = null] = await other.snapshots.load([key])
  keeper.offer(change('second'))
  await clock.advance(10)
  log.length = 0
  keeper.correct({ key, believed, found: old })
  expect(log).toEqual([])

  const now = keeper.settledVersion(key)
  await write('foreign')
  const [found = null] = await other.snapshots.load([key])
  keeper.correct({ key, believed: now, found })
  expect(log).toEqual(['overtaken us-east "foreign"'])
  expect(keeper.settledVersion(key)).toEqual(found?.version)
})
