import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { keyOf, lost, replaceOne, snapshotWrite, won } from './writes.ts'

/** Keeping out an owner that was replaced while it was frozen. */
export const fences: Group<StorageContext> = {
  name: 'fences',
  tests: {
    'a write below the fence of the last winner is refused and changes nothing': async ({ driver }) => {
      const key = keyOf('orders')
      const current = won(await replaceOne(driver, snapshotWrite({ key, fence: 5 })))
      const thawed = snapshotWrite({ key, expected: current.version, fence: 4, body: '"thawed"' })
      assert.deepEqual(lost(await replaceOne(driver, thawed), 'fenced'), current)
      assert.deepEqual(await driver.snapshots.load([key]), [current])
      assert.equal((await readAll((page) => driver.snapshots.history(key, page))).length, 1)
    },

    'the same fence goes on writing, a higher one takes over': async ({ driver }) => {
      const key = keyOf('orders')
      const first = won(await replaceOne(driver, snapshotWrite({ key, fence: 5 })))
      const second = won(await replaceOne(driver, snapshotWrite({ key, expected: first.version, fence: 5, body: '2' })))
      const third = won(await replaceOne(driver, snapshotWrite({ key, expected: second.version, fence: 6, body: '3' })))
      lost(await replaceOne(driver, snapshotWrite({ key, expected: third.version, fence: 5, body: '4' })), 'fenced')
      assert.equal(third.fence, 6)
    },

    'the fence is judged before the version': async ({ driver }) => {
      const key = keyOf('orders')
      const current = won(await replaceOne(driver, snapshotWrite({ key, fence: 5 })))
      assert.deepEqual(lost(await replaceOne(driver, snapshotWrite({ key, expected: null, fence: 4 })), 'fenced'), current)
      assert.deepEqual(lost(await replaceOne(driver, snapshotWrite({ key, expected: null, fence: 5 })), 'conflict'), current)
    },

    'a write that lost raises no fence': async ({ driver }) => {
      const key = keyOf('orders')
      const current = won(await replaceOne(driver, snapshotWrite({ key, fence: 1 })))
      lost(await replaceOne(driver, snapshotWrite({ key, expected: null, fence: 50 })), 'conflict')
      won(await replaceOne(driver, snapshotWrite({ key, expected: current.version, fence: 1, body: '2' })))
    },

    'a raised fence refuses what is below it, without a revision or an event': async ({ driver }) => {
      const key = keyOf('orders')
      const current = won(await replaceOne(driver, snapshotWrite({ key, fence: 1 })))
      const heads = await readAll((page) => driver.snapshots.heads('system', page))
      await driver.snapshots.raiseFence([key], 7)
      assert.deepEqual(await driver.snapshots.load([key]), [current])
      assert.deepEqual(await readAll((page) => driver.snapshots.heads('system', page)), heads)
      assert.deepEqual(await readAll((page) => driver.snapshots.history(key, page)), [current])
      assert.deepEqual(
        lost(await replaceOne(driver, snapshotWrite({ key, expected: current.version, fence: 6 })), 'fenced'),
        current,
      )
      won(await replaceOne(driver, snapshotWrite({ key, expected: current.version, fence: 7, body: '2' })))
    },

    'raising keeps the higher of the two': async ({ driver }) => {
      const key = keyOf('orders')
      await driver.snapshots.raiseFence([key], 9)
      await driver.snapshots.raiseFence([key], 3)
      lost(await replaceOne(driver, snapshotWrite({ key, fence: 8 })), 'fenced')
      won(await replaceOne(driver, snapshotWrite({ key, fence: 9 })))
    },

    'a fence holds for a target that was never stored, and does not show it': async ({ driver }) => {
      const keys = [keyOf('orders'), keyOf('stock')]
      await driver.snapshots.raiseFence(keys, 4)
      assert.deepEqual(await driver.snapshots.load(keys), [null, null])
      assert.deepEqual(await readAll((page) => driver.snapshots.heads('system', page)), [])
      for (const key of keys) {
        assert.equal(lost(await replaceOne(driver, snapshotWrite({ key, fence: 3 })), 'fenced'), null)
        assert.equal(won(await replaceOne(driver, snapshotWrite({ key, fence: 4 }))).version.revision, 1)
      }
    },

    'a fence survives the removal of its target': async ({ driver }) => {
      const [raised, written] = [keyOf('raised'), keyOf('written')]
      await driver.snapshots.replace([snapshotWrite({ key: raised, fence: 1 }), snapshotWrite({ key: written, fence: 6 })])
      await driver.snapshots.raiseFence([raised], 6)
      await driver.snapshots.remove([raised, written])
      for (const key of [raised, written]) {
        assert.equal(lost(await replaceOne(driver, snapshotWrite({ key, fence: 5 })), 'fenced'), null)
        won(await replaceOne(driver, snapshotWrite({ key, fence: 6 })))
      }
    },

    'a fence holds for its own target alone': async ({ driver }) => {
      await driver.snapshots.raiseFence([keyOf('orders', 'eu-west', 'red')], 9)
      for (const key of [keyOf('orders', 'eu-west', 'blue'), keyOf('orders', 'us-east'), keyOf('stock')]) {
        won(await replaceOne(driver, snapshotWrite({ key })))
      }
    },

    'a fence holds for every process, and after a restart': async ({ driver, connect }) => {
      const key = keyOf('orders')
      const other = await connect()
      await driver.snapshots.raiseFence([key], 5)
      lost(await replaceOne(other, snapshotWrite({ key, fence: 4 })), 'fenced')
      await driver.close()
      await other.close()
      lost(await replaceOne(await connect(), snapshotWrite({ key, fence: 4 })), 'fenced')
    },

    'a fence as large as a time in microseconds keeps every digit': async ({ driver }) => {
      const key = keyOf('orders')
      const fence = Number.MAX_SAFE_INTEGER
      await driver.snapshots.raiseFence([key], fence)
      lost(await replaceOne(driver, snapshotWrite({ key, fence: fence - 1 })), 'fenced')
      assert.equal(won(await replaceOne(driver, snapshotWrite({ key, fence }))).fence, fence)
      assert.equal((await driver.snapshots.load([key]))[0]?.fence, fence)
    },

    'a raise that races a write never lets a later write below it through': async ({ driver, connect }) => {
      const other = await connect()
      for (let round = 0; round < 10; round++) {
        const key = keyOf(`race-${round}`)
        const current = won(await replaceOne(driver, snapshotWrite({ key, fence: 1 })))
        const [racing] = await Promise.all([
          replaceOne(driver, snapshotWrite({ key, expected: current.version, fence: 1, body: '"racing"' })),
          other.snapshots.raiseFence([key], 2),
        ])
        const [latest] = await driver.snapshots.load([key])
        if (!racing.ok) lost(racing, 'fenced')
        assert.equal(latest?.version.revision, racing.ok ? 2 : 1)
        lost(await replaceOne(driver, snapshotWrite({ key, expected: latest?.version ?? null, fence: 1 })), 'fenced')
      }
    },
  },
}
