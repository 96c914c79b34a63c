import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { ticketDefinition } from './plan.ts'
import { commitOne, keyOf, lost, replaceOne, snapshotWrite, ticketWrite, won, writeRevisions, writtenAt } from './writes.ts'

/** Where a count of revisions begins anew. */
export const epochs: Group<StorageContext> = {
  name: 'epochs',
  tests: {
    'a target written after its removal begins a new epoch at revision 1': async ({ driver }) => {
      const key = keyOf('orders')
      const [, , third] = await writeRevisions(driver, { key, count: 3 })
      await driver.snapshots.remove([key])
      const write = snapshotWrite({ key, at: writtenAt + 50, body: '"again"' })
      const again = won(await replaceOne(driver, write))
      assert.equal(again.version.revision, 1)
      assert.notEqual(again.version.epoch, third?.version.epoch)
      assert.equal(again.createdAt, writtenAt + 50, 'an epoch has its own beginning')
    },

    'no two records begin with one epoch, and none comes back': async ({ driver }) => {
      const seen = new Set<string>()
      for (let round = 0; round < 5; round++) {
        for (const api of ['a', 'b', 'c']) {
          const key = keyOf(api)
          seen.add(won(await replaceOne(driver, snapshotWrite({ key }))).version.epoch)
          await driver.snapshots.remove([key])
          const ticket = won(await commitOne(driver, ticketWrite({ id: api })))
          seen.add(ticket.version.epoch)
          won(await commitOne(driver, ticketWrite({ id: api, expected: ticket.version, deleted: true })))
        }
        const later = { before: (await driver.ping()).serverTime + 60_000, limit: 100 }
        await driver.snapshots.prune(later)
      }
      assert.equal(seen.size, 30)
    },

    'a version of an earlier epoch is never the present one': async ({ driver }) => {
      const key = keyOf('orders')
      const [first] = await writeRevisions(driver, { key, count: 1 })
      await driver.snapshots.remove([key])
      const again = won(await replaceOne(driver, snapshotWrite({ key, body: '"again"' })))
      const stale = snapshotWrite({ key, expected: first?.version ?? null, body: '"stale"' })
      assert.deepEqual(lost(await replaceOne(driver, stale), 'conflict'), again)
    },

    'a write against the version of a removed target conflicts with nothing': async ({ driver }) => {
      const key = keyOf('orders')
      const [first] = await writeRevisions(driver, { key, count: 1 })
      await driver.snapshots.remove([key])
      assert.equal(lost(await replaceOne(driver, snapshotWrite({ key, expected: first?.version ?? null })), 'conflict'), null)
      assert.deepEqual(await driver.snapshots.load([key]), [null])
    },

    'history shows the present epoch first, then the earlier ones, each newest first': async ({ driver }) => {
      const key = keyOf('orders')
      const one = await writeRevisions(driver, { key, count: 2, at: 3_000 })
      await driver.snapshots.remove([key])
      const two = await writeRevisions(driver, { key, count: 3, at: 1_000 })
      await driver.snapshots.remove([key])
      const three = await writeRevisions(driver, { key, count: 1, at: 2_000 })
      const expected = [...three.toReversed(), ...two.toReversed(), ...one.toReversed()]
      assert.deepEqual(await readAll((page) => driver.snapshots.history(key, page), { limit: 5 }), expected)
      const asOf = await readAll((page) => driver.snapshots.history(key, { ...page, asOf: 1_001 }), { limit: 2 })
      assert.deepEqual(asOf, expected.slice(2), 'as of a time of an earlier epoch')
      const versions = expected.map(({ version }) => version)
      assert.deepEqual(await driver.snapshots.revisions(key, versions), expected)
    },

    'every record begins a new epoch at a restore from a backup': async ({ subject, driver, connect }) => {
      assert.ok(subject.backUp !== undefined, 'the factory makes no backups (`backUp`)')
      const key = keyOf('orders')
      const before = await writeRevisions(driver, { key, count: 3 })
      const ticket = won(await commitOne(driver, ticketWrite({ id: 'one', value: { title: 'backed up' } })))
      const restore = await subject.backUp()
      const after = await writeRevisions(driver, { key, count: 2, from: before[2]?.version ?? null, at: writtenAt + 50 })
      won(await commitOne(driver, ticketWrite({ id: 'one', expected: ticket.version, value: { title: 'lost' } })))
      await driver.close()
      await restore()
      const restored = await connect()
      const [latest] = await restored.snapshots.load([key])
      assert.deepEqual([latest?.body, latest?.key], [before[2]?.body, key])
      assert.notEqual(latest?.version.epoch, before[2]?.version.epoch)
      const stale = snapshotWrite({ key, expected: after[1]?.version ?? null })
      assert.deepEqual(lost(await replaceOne(restored, stale), 'conflict'), latest)
      const entries = await readAll((page) => restored.snapshots.history(key, page))
      assert.deepEqual(entries[0], latest)
      assert.deepEqual(
        entries.map(({ body }) => body),
        before.map(({ body }) => body).toReversed(),
      )
      const [loaded] = await restored.collection(ticketDefinition).load({ team: 'red' }, ['one'])
      assert.deepEqual(loaded?.value, { title: 'backed up' })
      assert.notEqual(loaded.version.epoch, ticket.version.epoch)
    },

    'a record inserted after its deletion begins a new epoch at revision 1': async ({ driver }) => {
      const first = won(await commitOne(driver, ticketWrite({ id: 'one' })))
      const second = won(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version })))
      assert.deepEqual(second.version, { epoch: first.version.epoch, revision: 2 })
      won(await commitOne(driver, ticketWrite({ id: 'one', expected: second.version, deleted: true })))
      const again = won(await commitOne(driver, ticketWrite({ id: 'one' })))
      assert.equal(again.version.revision, 1)
      assert.notEqual(again.version.epoch, first.version.epoch)
      assert.deepEqual(lost(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version })), 'conflict'), again)
    },
  },
}
