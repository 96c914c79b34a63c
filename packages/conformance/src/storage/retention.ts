import assert from 'node:assert/strict'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { commitOne, keyOf, lost, replaceOne, snapshotWrite, ticketWrite, won, writeRevisions } from './writes.ts'

const red = { team: 'red' }

/** Runs a prune to its end, as `limit` at a time, and returns how many it deleted in all. */
const pruneAll = async (
  prune: (request: { readonly before: number; readonly limit: number }) => Promise<number>,
  before: number,
  limit = 3,
): Promise<number> => {
  for (let total = 0; ; ) {
    const count = await prune({ before, limit })
    assert.ok(count <= limit, `a prune of ${limit} deleted ${count}`)
    total += count
    if (count < limit) return total
  }
}

/** What is deleted for its age, and what never is. */
export const retention: Group<StorageContext> = {
  name: 'retention',
  tests: {
    'history older than the limit goes, oldest first, at most so many at a time': async ({ driver }) => {
      const a = await writeRevisions(driver, { key: keyOf('a'), count: 4, at: 1_000 })
      const b = await writeRevisions(driver, { key: keyOf('b', 'us', 'blue'), count: 2, at: 500 })
      assert.equal(await driver.snapshots.prune({ before: 1_002, limit: 2 }), 2)
      assert.deepEqual(
        await readAll((page) => driver.snapshots.history(keyOf('b', 'us', 'blue'), page)),
        b.slice(1),
        'the oldest of all first',
      )
      assert.deepEqual(await readAll((page) => driver.snapshots.history(keyOf('a'), page)), a.slice(1).toReversed())
      assert.equal(await driver.snapshots.prune({ before: 1_002, limit: 2 }), 1)
      assert.deepEqual(
        await readAll((page) => driver.snapshots.history(keyOf('a'), page)),
        a.slice(2).toReversed(),
        'at the limit is not older',
      )
      assert.equal(await driver.snapshots.prune({ before: 1_002, limit: 2 }), 0)
    },

    'the entry of the latest document is never pruned': async ({ driver }) => {
      const key = keyOf('orders')
      const written = await writeRevisions(driver, { key, count: 5, at: 1_000 })
      assert.equal(await pruneAll((request) => driver.snapshots.prune(request), 9_999), 4)
      assert.deepEqual(await driver.snapshots.load([key]), [written[4]])
      assert.deepEqual(await readAll((page) => driver.snapshots.history(key, page)), [written[4]])
      assert.deepEqual(
        await driver.snapshots.revisions(
          key,
          [written[4]?.version, written[0]?.version].filter((version) => version !== undefined),
        ),
        [written[4], null],
      )
      const next = won(await replaceOne(driver, snapshotWrite({ key, expected: written[4]?.version ?? null, at: 1_005 })))
      assert.equal(next.version.revision, 6)
      assert.equal(
        await pruneAll((request) => driver.snapshots.prune(request), 9_999),
        1,
        'once it is no longer the latest it may go',
      )
    },

    'entries that stay are not disturbed by what goes while they are paged': async ({ driver }) => {
      const key = keyOf('orders')
      const written = await writeRevisions(driver, { key, count: 12, at: 1_000 })
      const entries = await readAll((page) => driver.snapshots.history(key, page), {
        limit: 2,
        between: async (round) => void (await driver.snapshots.prune({ before: 1_000 + round, limit: 1 })),
      })
      const kept = written.slice(entries.length < 12 ? 12 - entries.length : 0).toReversed()
      assert.deepEqual(entries, kept)
      assert.ok(entries.length >= 6, 'only what was older was pruned')
    },

    'the history of a removed target may all go, its tombstone stays until it is old': async ({ driver, now }) => {
      const key = keyOf('orders')
      await writeRevisions(driver, { key, count: 3, at: 1_000 })
      await driver.snapshots.remove([key])
      await pruneAll((request) => driver.snapshots.prune(request), 9_999)
      assert.deepEqual(await readAll((page) => driver.snapshots.history(key, page)), [])
      assert.deepEqual(
        (await readAll((page) => driver.snapshots.heads(red, page))).map(({ deleted }) => deleted),
        [true],
      )
      await driver.snapshots.prune({ before: (await now()) + 60_000, limit: 100 })
      assert.deepEqual(await readAll((page) => driver.snapshots.heads(red, page)), [])
      assert.equal(won(await replaceOne(driver, snapshotWrite({ key }))).version.revision, 1)
    },

    'pruning takes no latest document, no live head and no fence': async ({ driver, now }) => {
      const key = keyOf('orders')
      const latest = won(await replaceOne(driver, snapshotWrite({ key, fence: 5 })))
      const heads = await readAll((page) => driver.snapshots.heads('system', page))
      await driver.snapshots.prune({ before: (await now()) + 60_000, limit: 100 })
      assert.deepEqual(await driver.snapshots.load([key]), [latest])
      assert.deepEqual(await readAll((page) => driver.snapshots.heads('system', page)), heads)
      lost(await replaceOne(driver, snapshotWrite({ key, expected: latest.version, fence: 4 })), 'fenced')
    },

    'a target remembers its writes also where their history is pruned': async ({ driver }) => {
      const key = keyOf('orders')
      const insert = snapshotWrite({ key, at: 1_000 })
      const first = await replaceOne(driver, insert)
      const second = snapshotWrite({ key, expected: won(first).version, at: 1_001, body: '2' })
      const answer = await replaceOne(driver, second)
      await writeRevisions(driver, { key, from: won(answer).version, count: 3, at: 2_000 })
      await pruneAll((request) => driver.snapshots.prune(request), 9_999)
      assert.deepEqual(await replaceOne(driver, insert), first)
      assert.deepEqual(await replaceOne(driver, second), answer)
    },

    'tombstones and expired records go once they are old, at most so many at a time; live ones never': async ({
      driver,
      tickets,
      now,
    }) => {
      const time = await now()
      for (const id of ['a', 'b', 'c', 'd']) {
        const ticket = won(await commitOne(driver, ticketWrite({ id, at: 1_000 })))
        if (id !== 'd')
          won(await commitOne(driver, ticketWrite({ id, expected: ticket.version, at: time - 5_000, deleted: true })))
      }
      won(await commitOne(driver, ticketWrite({ id: 'past', at: time - 9_000, value: { expiresAt: time - 5_000 } })))
      won(await commitOne(driver, ticketWrite({ id: 'future', at: 1_000, value: { expiresAt: time + 3_600_000 } })))
      const prune = (before: number, limit: number) => tickets.prune({ before, limit })
      assert.equal(await prune(time - 10_000, 100), 0, 'not old enough')
      assert.equal(await prune(time, 3), 3)
      assert.equal(await prune(time, 3), 1)
      assert.equal(await prune(time, 3), 0)
      const heads = await readAll((page) => tickets.heads(red, page))
      assert.deepEqual(
        heads.map(({ id, deleted }) => [id, deleted]),
        [
          ['d', undefined],
          ['future', undefined],
        ],
      )
      assert.deepEqual(
        (await tickets.load(red, ['a', 'd', 'past', 'future'])).map((record) => record?.id ?? null),
        [null, 'd', null, 'future'],
      )
    },

    'pruning one collection leaves the others alone': async ({ driver, tickets, notes, now }) => {
      for (const store of ['conformance.tickets', 'conformance.notes']) {
        const written = won(await commitOne(driver, ticketWrite({ id: 'one', store, at: 1_000 })))
        won(await commitOne(driver, ticketWrite({ id: 'one', store, at: 1_001, expected: written.version, deleted: true })))
      }
      assert.equal(await tickets.prune({ before: await now(), limit: 100 }), 1)
      assert.equal((await readAll((page) => notes.heads(red, page))).length, 1)
    },

    'points and buckets older than the limit go, each resolution by itself': async ({ driver }) => {
      const seriesOf = (service: string) => ({ team: 'red', service, region: 'eu' })
      const all = [seriesOf('a'), seriesOf('b')]
      await driver.samples.append(all.flatMap((series) => [100, 200, 300].map((at) => ({ series, at, values: {} }))))
      await driver.samples.putBuckets(
        [10, 20].flatMap((resolutionMs) =>
          all.flatMap((series) => [100, 200].map((start) => ({ series, resolutionMs, start, stats: Uint8Array.of(1) }))),
        ),
      )
      const points = async () =>
        (await readAll((page) => driver.samples.points({ series: all, from: 0, to: 999 }, page))).map(({ at }) => at)
      const buckets = async (resolutionMs: number) =>
        (await driver.samples.buckets({ series: all, from: 0, to: 999, resolutionMs })).map(({ start }) => start)

      assert.equal(await driver.samples.prune({ resolutionMs: 0, before: 300, limit: 3 }), 3)
      assert.deepEqual(await points(), [200, 300, 300], 'oldest first')
      assert.equal(await driver.samples.prune({ resolutionMs: 0, before: 300, limit: 3 }), 1)
      assert.deepEqual(await points(), [300, 300], 'at the limit is not older')
      assert.deepEqual(await buckets(10), [100, 100, 200, 200])
      assert.equal(await driver.samples.prune({ resolutionMs: 10, before: 200, limit: 100 }), 2)
      assert.deepEqual(await buckets(10), [200, 200])
      assert.deepEqual(await buckets(20), [100, 100, 200, 200])
      assert.equal(await driver.samples.prune({ resolutionMs: 10, before: 999, limit: 1 }), 1)
      assert.deepEqual(await buckets(10), [200])
    },

    'log lines older than the limit go, oldest first, of every team': async ({ driver }) => {
      const entry = (id: string, at: number) => ({ id, at, service: 'api', severity: 9, terms: [], body: '{}' })
      await driver.logs.append(red, [entry('a', 100), entry('c', 300), entry('e', 500)])
      await driver.logs.append({ team: 'blue' }, [entry('b', 200), entry('d', 400)])
      const left = async () =>
        (await readAll((page) => driver.logs.search('system', { ...page, from: 0, to: 999, budgetMs: 10_000 }))).map(
          ({ id }) => id,
        )
      assert.equal(await driver.logs.prune({ before: 500, limit: 3 }), 3)
      assert.deepEqual(await left(), ['e', 'd'])
      assert.equal(await driver.logs.prune({ before: 500, limit: 3 }), 1)
      assert.deepEqual(await left(), ['e'])
      assert.equal(await driver.logs.prune({ before: 500, limit: 3 }), 0)
    },

    'a prune of less than one is refused': async ({ driver, tickets }) => {
      for (const limit of [0, -1, 1.5]) {
        const request = { before: 1, limit }
        await rejectsWith('INVALID_INPUT', () => driver.snapshots.prune(request))
        await rejectsWith('INVALID_INPUT', () => tickets.prune(request))
        await rejectsWith('INVALID_INPUT', () => driver.samples.prune({ ...request, resolutionMs: 0 }))
        await rejectsWith('INVALID_INPUT', () => driver.logs.prune(request))
      }
    },
  },
}
