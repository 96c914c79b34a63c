import assert from 'node:assert/strict'
import { snapshotId } from '@sightline/core/ports'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { commitOne, keyOf, lost, replaceOne, snapshotWrite, ticketWrite, won, writeRevisions } from './writes.ts'

const red = { team: 'red' }

/** What remains of what was removed. */
export const tombstones: Group<StorageContext> = {
  name: 'tombstones',
  tests: {
    'a removed target loads as null and stays in heads as a tombstone, one revision on': async ({ driver }) => {
      const key = keyOf('orders')
      const [, second] = await writeRevisions(driver, { key, count: 2 })
      await writeRevisions(driver, { key: keyOf('stays'), count: 1 })
      await driver.snapshots.remove([key])
      assert.deepEqual(await driver.snapshots.load([key]), [null])
      const heads = await readAll((page) => driver.snapshots.heads(red, page))
      const tombstone = heads.find(({ id }) => id === snapshotId(key))
      assert.deepEqual(tombstone, {
        id: snapshotId(key),
        team: 'red',
        version: { ...second?.version, revision: 3 },
        deleted: true,
      })
      assert.equal(heads.filter(({ deleted }) => deleted === true).length, 1, 'only what was removed')
    },

    'removal leaves the history as it was': async ({ driver }) => {
      const key = keyOf('orders')
      const written = await writeRevisions(driver, { key, count: 3 })
      await driver.snapshots.remove([key])
      assert.deepEqual(await readAll((page) => driver.snapshots.history(key, page)), written.toReversed())
    },

    'removing what is not there is no error and leaves nothing': async ({ driver }) => {
      const key = keyOf('orders')
      await driver.snapshots.remove([key, keyOf('other')])
      await driver.snapshots.remove([])
      assert.deepEqual(await readAll((page) => driver.snapshots.heads('system', page)), [])
      await writeRevisions(driver, { key, count: 1 })
      await driver.snapshots.remove([key])
      const tombstone = await readAll((page) => driver.snapshots.heads('system', page))
      await driver.snapshots.remove([key])
      assert.deepEqual(
        await readAll((page) => driver.snapshots.heads('system', page)),
        tombstone,
        'a tombstone is not removed again',
      )
    },

    'a target that is written again is no tombstone any more': async ({ driver }) => {
      const key = keyOf('orders')
      await writeRevisions(driver, { key, count: 1 })
      await driver.snapshots.remove([key])
      const again = won(await replaceOne(driver, snapshotWrite({ key, body: '"again"' })))
      assert.deepEqual(await readAll((page) => driver.snapshots.heads(red, page)), [
        { id: snapshotId(key), team: 'red', version: again.version },
      ])
    },

    'a deleted record is gone from loads and lists and stays in heads, one revision on': async ({ driver, tickets }) => {
      const first = won(await commitOne(driver, ticketWrite({ id: 'one', value: { title: 'a' } })))
      won(await commitOne(driver, ticketWrite({ id: 'two', value: { title: 'b' } })))
      const deletion = won(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, deleted: true })))
      assert.deepEqual(deletion.version, { epoch: first.version.epoch, revision: 2 })
      assert.equal(deletion.deleted, true)
      assert.equal(deletion.value, null)
      assert.deepEqual(await tickets.load(red, ['one']), [null])
      const listed = await readAll((page) => tickets.list(red, { ...page, index: 'byTitle', equals: {}, order: 'asc' }))
      assert.deepEqual(
        listed.map(({ id }) => id),
        ['two'],
      )
      const heads = await readAll((page) => tickets.heads(red, page))
      assert.deepEqual(
        heads.find(({ id }) => id === 'one'),
        { id: 'one', team: 'red', version: deletion.version, deleted: true },
      )
      assert.equal(heads.length, 2)
    },

    'a deletion against another version conflicts and deletes nothing': async ({ driver, tickets }) => {
      const first = won(await commitOne(driver, ticketWrite({ id: 'one' })))
      const second = won(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, value: { title: 'newer' } })))
      assert.deepEqual(
        lost(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, deleted: true })), 'conflict'),
        second,
      )
      assert.deepEqual((await tickets.load(red, ['one']))[0]?.version, second.version)
    },

    'what is deleted conflicts with nothing': async ({ driver }) => {
      const first = won(await commitOne(driver, ticketWrite({ id: 'one' })))
      const deletion = won(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, deleted: true })))
      for (const expected of [first.version, deletion.version]) {
        assert.equal(lost(await commitOne(driver, ticketWrite({ id: 'one', expected })), 'conflict'), null)
      }
    },
  },
}
