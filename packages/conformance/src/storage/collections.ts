import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { type Ticket, ticketDefinition } from './plan.ts'
import { commitOne, lost, ticketWrite, won, writtenAt } from './writes.ts'

const red = { team: 'red' }

/** Records by id, by one writer. */
export const collections: Group<StorageContext> = {
  name: 'collections',
  tests: {
    'a record that was never written loads as null': async ({ tickets }) => {
      assert.deepEqual(await tickets.load(red, ['none']), [null])
      assert.deepEqual(await tickets.load('system', ['none']), [null])
      assert.deepEqual(await readAll((page) => tickets.heads(red, page)), [])
    },

    'what was written is what loads: head, time and value': async ({ driver, tickets }) => {
      const value = { title: 'printer on fire', priority: 2, extra: { nested: [1, { deep: null }] } }
      const stored = won(await commitOne(driver, ticketWrite({ id: 'one', at: writtenAt + 5, value })))
      const { version, ...rest } = stored
      assert.deepEqual(rest, { id: 'one', team: 'red', at: writtenAt + 5, value })
      assert.equal(version.revision, 1)
      assert.deepEqual(await tickets.load(red, ['one']), [stored])
      assert.deepEqual(await tickets.load('system', ['one']), [stored])
      assert.deepEqual(await readAll((page) => tickets.heads(red, page)), [{ id: 'one', team: 'red', version }])
    },

    'a write over the present version replaces the whole value, one revision on': async ({ driver, tickets }) => {
      const first = won(await commitOne(driver, ticketWrite({ id: 'one', value: { title: 'a', priority: 1 } })))
      const second = won(
        await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, at: writtenAt + 9, value: { title: 'b' } })),
      )
      assert.deepEqual(second.version, { epoch: first.version.epoch, revision: 2 })
      assert.deepEqual(await tickets.load(red, ['one']), [second])
      assert.deepEqual(second.value, { title: 'b' })
      assert.equal(second.at, writtenAt + 9)
    },

    'a write against another version conflicts, shows what stands there and changes nothing': async ({ driver, tickets }) => {
      const first = won(await commitOne(driver, ticketWrite({ id: 'one' })))
      const second = won(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, value: { title: 'now' } })))
      for (const expected of [null, first.version, { ...second.version, revision: 3 }, { epoch: 'other', revision: 2 }]) {
        const late = ticketWrite({ id: 'one', expected, value: { title: 'late' } })
        assert.deepEqual(lost(await commitOne(driver, late), 'conflict'), second)
      }
      assert.deepEqual(await tickets.load(red, ['one']), [second])
      assert.equal(lost(await commitOne(driver, ticketWrite({ id: 'none', expected: first.version })), 'conflict'), null)
    },

    'load answers in the order of the ids, repeated ones too': async ({ driver, tickets }) => {
      const a = won(await commitOne(driver, ticketWrite({ id: 'a' })))
      const b = won(await commitOne(driver, ticketWrite({ id: 'b' })))
      assert.deepEqual(await tickets.load(red, ['b', 'none', 'a', 'b']), [b, null, a, b])
      assert.deepEqual(await tickets.load(red, []), [])
    },

    'a record is read through its definition, and keeps what that does not know': async ({ driver, connect }) => {
      const raw = { title: 'a', addedByANewerVersion: { keep: true } }
      won(await commitOne(driver, ticketWrite({ id: 'one', value: raw as Ticket })))
      const other = await connect()
      const shouting = other.collection({
        ...ticketDefinition,
        parse: (value) => {
          const ticket = value as Ticket
          return { ...ticket, title: `${ticket.title}!` }
        },
      })
      const [loaded] = await shouting.load(red, ['one'])
      assert.deepEqual(loaded?.value, { ...raw, title: 'a!' })
      const [listed] = await readAll((page) => shouting.list(red, { ...page, index: 'byTitle', equals: {}, order: 'asc' }))
      assert.deepEqual(listed?.value, { ...raw, title: 'a!' })
    },

    'nobody changes a stored value by changing what was written or read': async ({ driver, tickets }) => {
      const value = { title: 'a', extra: { list: [1] } }
      const stored = won(await commitOne(driver, ticketWrite({ id: 'one', value })))
      value.extra.list.push(2)
      ;(stored.value as typeof value).extra.list.push(3)
      const [loaded] = await tickets.load(red, ['one'])
      assert.deepEqual(loaded?.value.extra, { list: [1] })
      ;(loaded as { readonly value: typeof value }).value.extra.list.push(4)
      assert.deepEqual((await tickets.load(red, ['one']))[0]?.value.extra, { list: [1] })
    },

    'of racers over one version exactly one wins': async ({ driver, connect, tickets }) => {
      const drivers = [driver, await connect()]
      for (let round = 0; round < 5; round++) {
        const [before] = await tickets.load(red, ['one'])
        const outcomes = await Promise.all(
          Array.from({ length: 16 }, (_, racer) =>
            commitOne(
              drivers[racer % 2] ?? driver,
              ticketWrite({ id: 'one', expected: before?.version ?? null, value: { priority: racer } }),
            ),
          ),
        )
        const winners = outcomes.filter(({ ok }) => ok)
        assert.equal(winners.length, 1, `${winners.length} racers won`)
        const winner = won(winners[0])
        for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(lost(outcome, 'conflict'), winner)
        assert.deepEqual(await tickets.load(red, ['one']), [winner])
        assert.equal(winner.version.revision, round + 1)
      }
    },
  },
}
