import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { commitOne, keyOf, lost, noteWrite, replaceOne, snapshotWrite, ticketWrite, won, writeRevisions } from './writes.ts'

/** How many of its latest writes a record remembers. */
const remembered = 8

/** Writes that are repeated because nobody knows whether they happened. */
export const unknownOutcomes: Group<StorageContext> = {
  name: 'unknown outcomes',
  tests: {
    'a repeated snapshot write answers as the first did and writes nothing': async ({ driver }) => {
      const write = snapshotWrite({ key: keyOf('orders') })
      const first = await replaceOne(driver, write)
      won(first)
      assert.deepEqual(await replaceOne(driver, write), first)
      assert.deepEqual(await driver.snapshots.replace([write, write]), [first, first])
      assert.equal((await readAll((page) => driver.snapshots.history(write.key, page))).length, 1)
      assert.deepEqual(await driver.snapshots.load([write.key]), [won(first)])
    },

    'a snapshot write that is repeated at the same time writes once': async ({ driver, connect }) => {
      const other = await connect()
      const write = snapshotWrite({ key: keyOf('orders') })
      const outcomes = await Promise.all([driver, other, driver, other].map((own) => replaceOne(own, write)))
      for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0])
      assert.equal(won(outcomes[0]).version.revision, 1)
      assert.equal((await readAll((page) => driver.snapshots.history(write.key, page))).length, 1)
    },

    'a snapshot write twice in one call writes once': async ({ driver }) => {
      const write = snapshotWrite({ key: keyOf('orders') })
      const [first, second] = await driver.snapshots.replace([write, write])
      won(first)
      assert.deepEqual(second, first)
      assert.equal((await readAll((page) => driver.snapshots.history(write.key, page))).length, 1)
    },

    'a target remembers its last eight writes and its first': async ({ driver }) => {
      const key = keyOf('orders')
      const insert = snapshotWrite({ key })
      const answers = [await replaceOne(driver, insert)]
      const writes = [insert]
      for (let index = 0; index < 20; index++) {
        const write = snapshotWrite({ key, expected: won(answers.at(-1)).version, body: String(index) })
        writes.push(write)
        answers.push(await replaceOne(driver, write))
      }
      const latest = won(answers.at(-1))
      for (const index of [0, ...Array.from({ length: remembered }, (_, back) => writes.length - 1 - back)]) {
        const write = writes[index]
        assert.ok(write !== undefined)
        assert.deepEqual(await replaceOne(driver, write), answers[index], `write ${index + 1} of ${writes.length} is remembered`)
      }
      assert.deepEqual(await driver.snapshots.load([key]), [latest])
      assert.equal((await readAll((page) => driver.snapshots.history(key, page))).length, writes.length)
    },

    'a repeat answers as the first did whatever has happened since': async ({ driver }) => {
      const write = snapshotWrite({ key: keyOf('orders'), fence: 3 })
      const first = await replaceOne(driver, write)
      await writeRevisions(driver, { key: keyOf('other'), count: 1 })
      won(await replaceOne(driver, snapshotWrite({ key: write.key, expected: won(first).version, fence: 5, body: '2' })))
      await driver.snapshots.raiseFence([write.key], 9)
      assert.deepEqual(await replaceOne(driver, write), first, 'also below a fence that was raised since')
    },

    'a process that starts anew remembers what others wrote': async ({ driver, connect }) => {
      const write = snapshotWrite({ key: keyOf('orders') })
      const ticket = ticketWrite({ id: 'one' })
      const first = await replaceOne(driver, write)
      const firstTicket = await commitOne(driver, ticket)
      await driver.close()
      const successor = await connect()
      assert.deepEqual(await replaceOne(successor, write), first)
      assert.deepEqual(await commitOne(successor, ticket), firstTicket)
    },

    'a write that lost may win when it is repeated: only what won is remembered': async ({ driver }) => {
      const key = keyOf('orders')
      await writeRevisions(driver, { key, count: 1 })
      const late = snapshotWrite({ key })
      lost(await replaceOne(driver, late), 'conflict')
      await driver.snapshots.remove([key])
      assert.equal(won(await replaceOne(driver, late)).version.revision, 1)
    },

    'the same id on another target is another write': async ({ driver }) => {
      const write = snapshotWrite({ key: keyOf('orders') })
      won(await replaceOne(driver, write))
      assert.deepEqual(won(await replaceOne(driver, { ...write, key: keyOf('other') })).key, keyOf('other'))
      assert.deepEqual(won(await replaceOne(driver, { ...write, key: keyOf('orders', 'eu-west', 'blue') })).key.team, 'blue')
    },

    'a repeated commit answers as the first did and writes nothing': async ({ driver, notes }) => {
      const write = ticketWrite({ id: 'one', value: { code: 'A' } })
      const note = noteWrite({ id: 'after' })
      const first = await commitOne(driver, write, note)
      won(first)
      assert.deepEqual(await commitOne(driver, write, note), first)
      const [stored] = await notes.load({ team: 'red' }, ['after'])
      assert.equal(stored?.version.revision, 1)
    },

    'a commit that is repeated at the same time writes once': async ({ driver, connect, tickets }) => {
      const other = await connect()
      const write = ticketWrite({ id: 'one' })
      const outcomes = await Promise.all(
        [driver, other, driver, other].map((own) => commitOne(own, write, noteWrite({ id: 'after' }))),
      )
      for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0])
      assert.equal((await tickets.load({ team: 'red' }, ['one']))[0]?.version.revision, 1)
    },

    'a record remembers its last eight writes and its insert': async ({ driver, tickets }) => {
      const writes = [ticketWrite({ id: 'one', value: { priority: 0 } })]
      const answers = [await commitOne(driver, writes[0] as (typeof writes)[0])]
      for (let index = 1; index <= 20; index++) {
        const write = ticketWrite({ id: 'one', expected: won(answers.at(-1)).version, value: { priority: index } })
        writes.push(write)
        answers.push(await commitOne(driver, write))
      }
      for (const index of [0, ...Array.from({ length: remembered }, (_, back) => writes.length - 1 - back)]) {
        const write = writes[index]
        assert.ok(write !== undefined)
        assert.deepEqual(await commitOne(driver, write), answers[index], `write ${index + 1} of ${writes.length} is remembered`)
      }
      assert.deepEqual((await tickets.load({ team: 'red' }, ['one']))[0]?.value, { priority: 20 })
    },

    'a repeated deletion answers as the first did': async ({ driver, tickets }) => {
      const inserted = won(await commitOne(driver, ticketWrite({ id: 'one' })))
      const deletion = ticketWrite({ id: 'one', expected: inserted.version, deleted: true })
      const first = await commitOne(driver, deletion)
      won(first)
      assert.deepEqual(await commitOne(driver, deletion), first)
      assert.deepEqual(await tickets.load({ team: 'red' }, ['one']), [null])
    },

    'an insert that is repeated after the record was deleted does not bring it back': async ({ driver, tickets }) => {
      const insert = ticketWrite({ id: 'one' })
      const first = await commitOne(driver, insert)
      won(await commitOne(driver, ticketWrite({ id: 'one', expected: won(first).version, deleted: true })))
      assert.deepEqual(await commitOne(driver, insert), first)
      assert.deepEqual(await tickets.load({ team: 'red' }, ['one']), [null])

      const write = snapshotWrite({ key: keyOf('orders') })
      const firstSnapshot = await replaceOne(driver, write)
      won(firstSnapshot)
      await driver.snapshots.remove([write.key])
      assert.deepEqual(await replaceOne(driver, write), firstSnapshot)
      assert.deepEqual(await driver.snapshots.load([write.key]), [null])
    },
  },
}
