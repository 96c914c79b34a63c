import assert from 'node:assert/strict'
import { type Snapshot, snapshotId } from '@sightline/core/ports'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { keyOf, lost, replaceOne, snapshotWrite, won, writeRevisions, writtenAt } from './writes.ts'

/** Latest documents and their history, by one writer. */
export const snapshots: Group<StorageContext> = {
  name: 'snapshots',
  tests: {
    'a target that was never stored loads as null': async ({ driver }) => {
      assert.deepEqual(await driver.snapshots.load([keyOf('orders')]), [null])
      assert.deepEqual(await readAll((page) => driver.snapshots.history(keyOf('orders'), page)), [])
    },

    'what was written is what loads, every field of it': async ({ driver }) => {
      const write = snapshotWrite({ key: keyOf('orders'), at: writtenAt + 5, body: '{"open":7}', fence: 3, detector: 'rules-9' })
      const { expected: _, ...written } = write
      const snapshot = won(await replaceOne(driver, write))
      const { version, ...rest } = snapshot
      assert.deepEqual(rest, { ...written, createdAt: writtenAt + 5 })
      assert.equal(version.revision, 1)
      assert.ok(typeof version.epoch === 'string' && version.epoch.length > 0, 'an epoch is a non-empty string')
      assert.deepEqual(await driver.snapshots.load([write.key]), [snapshot])
    },

    'a revision grows by one with each change, within one epoch': async ({ driver }) => {
      const written = await writeRevisions(driver, { key: keyOf('orders'), count: 5 })
      assert.deepEqual(
        written.map(({ version }) => version.revision),
        [1, 2, 3, 4, 5],
      )
      assert.equal(new Set(written.map(({ version }) => version.epoch)).size, 1, 'all in one epoch')
      assert.deepEqual(await driver.snapshots.load([keyOf('orders')]), [written[4]])
    },

    'createdAt stays the time of the first revision': async ({ driver }) => {
      const written = await writeRevisions(driver, { key: keyOf('orders'), count: 3 })
      assert.deepEqual(
        written.map(({ at }) => at),
        [writtenAt, writtenAt + 1, writtenAt + 2],
      )
      assert.deepEqual(
        written.map(({ createdAt }) => createdAt),
        [writtenAt, writtenAt, writtenAt],
      )
    },

    'load answers in the order of the keys, repeated ones too': async ({ driver }) => {
      const [a, b] = [keyOf('a'), keyOf('b')]
      const [storedA] = await writeRevisions(driver, { key: a, count: 1 })
      const [storedB] = await writeRevisions(driver, { key: b, count: 1 })
      assert.deepEqual(await driver.snapshots.load([b, keyOf('none'), a, b]), [storedB, null, storedA, storedB])
      assert.deepEqual(await driver.snapshots.load([]), [])
    },

    'a write against another version conflicts, shows what stands there and changes nothing': async ({ driver }) => {
      const key = keyOf('orders')
      const [first, second] = await writeRevisions(driver, { key, count: 2 })
      assert.ok(first !== undefined && second !== undefined)
      const stale = [null, first.version, { ...second.version, revision: 3 }, { epoch: 'other', revision: 2 }]
      for (const expected of stale) {
        assert.deepEqual(lost(await replaceOne(driver, snapshotWrite({ key, expected, body: '"late"' })), 'conflict'), second)
      }
      assert.deepEqual(await driver.snapshots.load([key]), [second])
      assert.equal((await readAll((page) => driver.snapshots.history(key, page))).length, 2)
    },

    'a write against a version of a target that was never stored conflicts with nothing': async ({ driver }) => {
      const write = snapshotWrite({ key: keyOf('orders'), expected: { epoch: 'gone', revision: 1 } })
      assert.equal(lost(await replaceOne(driver, write), 'conflict'), null)
      assert.deepEqual(await driver.snapshots.load([write.key]), [null])
    },

    'each write of a call stands by itself, answers in their order': async ({ driver }) => {
      const [taken] = await writeRevisions(driver, { key: keyOf('taken'), count: 1 })
      const outcomes = await driver.snapshots.replace([
        snapshotWrite({ key: keyOf('a') }),
        snapshotWrite({ key: keyOf('taken') }),
        snapshotWrite({ key: keyOf('b') }),
      ])
      assert.equal(outcomes.length, 3)
      assert.deepEqual(won(outcomes[0]).key, keyOf('a'))
      assert.deepEqual(lost(outcomes[1], 'conflict'), taken)
      assert.deepEqual(won(outcomes[2]).key, keyOf('b'))
      assert.deepEqual(await driver.snapshots.replace([]), [])
    },

    'several writes of one key in a call are decided in their order': async ({ driver }) => {
      const key = keyOf('orders')
      const [first] = await writeRevisions(driver, { key, count: 1 })
      const expected = first?.version ?? null
      const outcomes = await driver.snapshots.replace([
        snapshotWrite({ key, expected, body: '"first"' }),
        snapshotWrite({ key, expected, body: '"second"' }),
      ])
      const winner = won(outcomes[0])
      assert.deepEqual(lost(outcomes[1], 'conflict'), winner)
      assert.deepEqual(await readAll((page) => driver.snapshots.history(key, page)), [winner, first])
    },

    'every change is one history entry, newest first, each exactly as it was': async ({ driver }) => {
      const written = await writeRevisions(driver, { key: keyOf('orders'), count: 5 })
      const entries = await readAll((page) => driver.snapshots.history(keyOf('orders'), page))
      assert.deepEqual(entries, written.toReversed())
      await writeRevisions(driver, { key: keyOf('orders'), count: 1, from: written[4]?.version ?? null, at: writtenAt + 99 })
      const later = await readAll((page) => driver.snapshots.history(keyOf('orders'), page))
      assert.deepEqual(later.slice(1), entries, 'entries never change')
    },

    'history as of a time starts at the entry that was the latest then': async ({ driver }) => {
      const written = await writeRevisions(driver, { key: keyOf('orders'), count: 4, at: 1_000 })
      const asOf = async (time: number): Promise<readonly Snapshot[]> =>
        readAll((page) => driver.snapshots.history(keyOf('orders'), { ...page, asOf: time }), { limit: 2 })
      assert.deepEqual(await asOf(999), [])
      assert.deepEqual(await asOf(1_000), written.slice(0, 1))
      assert.deepEqual(await asOf(1_002), written.slice(0, 3).toReversed())
      assert.deepEqual(await asOf(9_999), written.toReversed())
    },

    'history as of a time knows no entry twice where the clock stepped back': async ({ driver }) => {
      const key = keyOf('orders')
      const first = won(await replaceOne(driver, snapshotWrite({ key, at: 1_000 })))
      const early = won(await replaceOne(driver, snapshotWrite({ key, at: 500, expected: first.version, body: '2' })))
      const third = won(await replaceOne(driver, snapshotWrite({ key, at: 2_000, expected: early.version, body: '3' })))
      const asOf = async (time: number): Promise<readonly Snapshot[]> =>
        readAll((page) => driver.snapshots.history(key, { ...page, asOf: time }), { limit: 1 })
      assert.deepEqual(await asOf(2_000), [third, early, first])
      assert.deepEqual(await asOf(1_500), [early, first])
      assert.deepEqual(await asOf(500), [early, first], 'the newest entry observed by then, and everything before it')
    },

    'revisions finds single entries, in the order asked for, and null for what never was': async ({ driver }) => {
      const key = keyOf('orders')
      const [first, second, third] = await writeRevisions(driver, { key, count: 3 })
      assert.ok(first !== undefined && second !== undefined && third !== undefined)
      const unknown = [
        { ...first.version, revision: 4 },
        { epoch: 'other', revision: 1 },
      ]
      assert.deepEqual(
        await driver.snapshots.revisions(key, [third.version, ...unknown, first.version, first.version, second.version]),
        [third, null, null, first, first, second],
      )
      assert.deepEqual(
        await driver.snapshots.revisions(keyOf('other'), [first.version]),
        [null],
        'another target has no such entry',
      )
      assert.deepEqual(await driver.snapshots.revisions(key, []), [])
    },

    'heads lists every target by the id of its key, with its version and no body': async ({ driver }) => {
      const [a] = await writeRevisions(driver, { key: keyOf('a', 'eu west/1'), count: 1 })
      const [, b] = await writeRevisions(driver, { key: keyOf('b'), count: 2 })
      const heads = await readAll((page) => driver.snapshots.heads({ team: 'red' }, page))
      assert.deepEqual(
        new Map(heads.map((head) => [head.id, head])),
        new Map([
          [snapshotId(keyOf('a', 'eu west/1')), { id: 'a/eu%20west%2F1', team: 'red', version: a?.version }],
          [snapshotId(keyOf('b')), { id: 'b/eu-west', team: 'red', version: b?.version }],
        ]),
      )
    },

    'targets differ by team, api and region': async ({ driver }) => {
      const keys = [keyOf('a', 'b', 'c'), keyOf('a', 'b', 'd'), keyOf('a', 'e', 'c'), keyOf('f', 'b', 'c')]
      const outcomes = await driver.snapshots.replace(keys.map((key, index) => snapshotWrite({ key, body: String(index) })))
      assert.deepEqual(
        outcomes.map((outcome) => won(outcome).version.revision),
        [1, 1, 1, 1],
      )
      assert.deepEqual(
        (await driver.snapshots.load(keys)).map((snapshot) => snapshot?.body),
        ['0', '1', '2', '3'],
      )
    },
  },
}
