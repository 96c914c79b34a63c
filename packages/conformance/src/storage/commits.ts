import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { meanwhile } from './meanwhile.ts'
import { commitOf, commitOne, lost, noteWrite, ticketWrite, won } from './writes.ts'

const red = { team: 'red' }

/** A write and what follows it: both, or neither. */
export const commits: Group<StorageContext> = {
  name: 'commits',
  tests: {
    'what follows a write that won is there with it': async ({ driver, tickets, notes }) => {
      const outcome = await commitOne(
        driver,
        ticketWrite({ id: 'one' }),
        noteWrite({ id: 'a', value: { text: 'first' } }),
        noteWrite({ id: 'b', value: { text: 'second' } }),
        ticketWrite({ id: 'follower' }) as ReturnType<typeof noteWrite>,
      )
      assert.deepEqual(won(outcome).id, 'one', 'the answer is that of the write')
      assert.notEqual((await tickets.load(red, ['one']))[0], null)
      const following = await notes.load(red, ['a', 'b'])
      assert.deepEqual(
        following.map((note) => [note?.value.text, note?.version.revision]),
        [
          ['first', 1],
          ['second', 1],
        ],
      )
      assert.equal((await tickets.load(red, ['follower']))[0]?.version.revision, 1)
    },

    'what follows a write that lost is not written': async ({ driver, notes }) => {
      won(await commitOne(driver, ticketWrite({ id: 'one', value: { code: 'A' } })))
      lost(await commitOne(driver, ticketWrite({ id: 'one' }), noteWrite({ id: 'a' })), 'conflict')
      lost(await commitOne(driver, ticketWrite({ id: 'two', value: { code: 'A' } }), noteWrite({ id: 'b' })), 'duplicate')
      assert.deepEqual(await notes.load(red, ['a', 'b']), [null, null])
      assert.deepEqual(await readAll((page) => notes.heads(red, page)), [])
    },

    'what follows a replace or a deletion is there with it': async ({ driver, notes }) => {
      const first = won(await commitOne(driver, ticketWrite({ id: 'one' })))
      const second = won(
        await commitOne(driver, ticketWrite({ id: 'one', expected: first.version }), noteWrite({ id: 'replaced' })),
      )
      won(
        await commitOne(
          driver,
          ticketWrite({ id: 'one', expected: second.version, deleted: true }),
          noteWrite({ id: 'deleted' }),
        ),
      )
      assert.deepEqual(
        (await notes.load(red, ['replaced', 'deleted'])).map((note) => note?.id),
        ['replaced', 'deleted'],
      )
    },

    'an insert that is there already was written by an earlier try and is left alone': async ({ driver, notes }) => {
      const earlier = won(await commitOne(driver, noteWrite({ id: 'a', value: { text: 'earlier' } })))
      won(
        await commitOne(
          driver,
          ticketWrite({ id: 'one' }),
          noteWrite({ id: 'a', value: { text: 'later' } }),
          noteWrite({ id: 'b' }),
        ),
      )
      const [a, b] = await notes.load(red, ['a', 'b'])
      assert.deepEqual(a, earlier)
      assert.notEqual(b, null)
    },

    'each commit of a call stands alone, answers in their order': async ({ driver, tickets, notes }) => {
      const taken = won(await commitOne(driver, ticketWrite({ id: 'taken' })))
      const outcomes = await driver.commit([
        commitOf(ticketWrite({ id: 'a' }), noteWrite({ id: 'with-a' })),
        commitOf(ticketWrite({ id: 'taken' }), noteWrite({ id: 'with-taken' })),
        commitOf(noteWrite({ id: 'b' })),
      ])
      assert.equal(outcomes.length, 3)
      assert.equal(won(outcomes[0]).id, 'a')
      assert.deepEqual(lost(outcomes[1], 'conflict'), taken)
      assert.equal(won(outcomes[2]).id, 'b')
      assert.notEqual((await tickets.load(red, ['a']))[0], null)
      assert.deepEqual(
        (await notes.load(red, ['with-a', 'with-taken', 'b'])).map((note) => note?.id),
        ['with-a', undefined, 'b'],
      )
      assert.deepEqual(await driver.commit([]), [])
    },

    'several commits of one record in a call are decided in their order': async ({ driver, tickets }) => {
      const outcomes = await driver.commit([
        commitOf(ticketWrite({ id: 'one', value: { title: 'first' } })),
        commitOf(ticketWrite({ id: 'one', value: { title: 'second' } })),
      ])
      const winner = won(outcomes[0])
      assert.deepEqual(lost(outcomes[1], 'conflict'), winner)
      assert.deepEqual(await tickets.load(red, ['one']), [winner])
    },

    'a reader never sees a write without what follows it': async ({ driver, connect }) => {
      const count = 30
      const reader = await connect()
      const notes = reader.collection({ name: 'conformance.notes', parse: (raw) => raw, indexes: {} })
      const tickets = reader.collection({ name: 'conformance.tickets', parse: (raw) => raw, indexes: {} })
      const writing = (async () => {
        for (let index = 0; index < count; index++) {
          won(
            await commitOne(
              driver,
              ticketWrite({ id: `t${index}` }),
              noteWrite({ id: `a${index}` }),
              noteWrite({ id: `b${index}` }),
            ),
          )
        }
      })()
      await meanwhile(writing, async () => {
        const seen = (
          await tickets.load(
            red,
            Array.from({ length: count }, (_, index) => `t${index}`),
          )
        ).filter((ticket) => ticket !== null)
        await reader.recover()
        const ids = seen.flatMap(({ id }) => [`a${id.slice(1)}`, `b${id.slice(1)}`])
        const following = await notes.load(red, ids)
        assert.deepEqual(
          following.map((note) => note?.id),
          ids,
        )
      })
    },

    'a call with a malformed commit is refused whole': async ({ driver, tickets }) => {
      const refused = [
        ticketWrite({ id: '\ud800' }),
        ticketWrite({ id: 'bad', store: 'conformance.unplanned' }),
        ticketWrite({ id: 'bad', value: { extra: 1n } }),
      ]
      for (const write of refused) {
        await assert.rejects(driver.commit([commitOf(ticketWrite({ id: 'good' })), commitOf(write)]), { code: 'INVALID_INPUT' })
        const follower = { ...write, expected: null }
        await assert.rejects(driver.commit([commitOf(ticketWrite({ id: 'good' }), follower)]), { code: 'INVALID_INPUT' })
      }
      assert.deepEqual(await readAll((page) => tickets.heads('system', page)), [])
    },

    'recover has nothing to do where nothing was left half done': async ({ driver, capabilities }) => {
      won(await commitOne(driver, ticketWrite({ id: 'one' }), noteWrite({ id: 'a' })))
      assert.equal(await driver.recover(), 0)
      assert.equal(typeof capabilities.transactions, 'boolean')
    },
  },
}
