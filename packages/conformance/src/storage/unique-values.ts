import assert from 'node:assert/strict'
import type { StorageDriver } from '@sightline/core/ports'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { commitOne, lost, noteWrite, ticketWrite, won } from './writes.ts'

const red = { team: 'red' }

/** Values that no two live records of a team share. */
export const uniqueValues: Group<StorageContext> = {
  name: 'unique values',
  tests: {
    'a second record with a unique value is a duplicate, shown its holder, and not written': async ({
      driver,
      tickets,
      notes,
    }) => {
      const holder = won(await commitOne(driver, ticketWrite({ id: 'one', value: { code: 'A' } })))
      const outcome = await commitOne(driver, ticketWrite({ id: 'two', value: { code: 'A' } }), noteWrite({ id: 'after' }))
      assert.deepEqual(lost(outcome, 'duplicate'), holder)
      assert.deepEqual(await tickets.load(red, ['two']), [null])
      assert.deepEqual(await notes.load(red, ['after']), [null])
    },

    'a replace may not take a value that is held either': async ({ driver, tickets }) => {
      const holder = won(await commitOne(driver, ticketWrite({ id: 'one', value: { code: 'A' } })))
      const other = won(await commitOne(driver, ticketWrite({ id: 'two', value: { code: 'B' } })))
      const taking = ticketWrite({ id: 'two', expected: other.version, value: { code: 'A' } })
      assert.deepEqual(lost(await commitOne(driver, taking), 'duplicate'), holder)
      assert.deepEqual(await tickets.load(red, ['two']), [other])
    },

    'a record keeps its own value over a replace': async ({ driver }) => {
      const first = won(await commitOne(driver, ticketWrite({ id: 'one', value: { code: 'A' } })))
      won(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, value: { code: 'A', title: 'b' } })))
      lost(await commitOne(driver, ticketWrite({ id: 'two', value: { code: 'A' } })), 'duplicate')
    },

    'a value is free once its record has another, none, or is deleted': async ({ driver }) => {
      const first = won(await commitOne(driver, ticketWrite({ id: 'one', value: { code: 'A' } })))
      const second = won(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, value: { code: 'B' } })))
      won(await commitOne(driver, ticketWrite({ id: 'two', value: { code: 'A' } })))
      const third = won(await commitOne(driver, ticketWrite({ id: 'one', expected: second.version, value: {} })))
      const b = won(await commitOne(driver, ticketWrite({ id: 'three', value: { code: 'B' } })))
      won(await commitOne(driver, ticketWrite({ id: 'three', expected: b.version, deleted: true })))
      won(await commitOne(driver, ticketWrite({ id: 'one', expected: third.version, value: { code: 'B' } })))
    },

    'no value is no value: any number of records may have none': async ({ driver }) => {
      for (const id of ['one', 'two', 'three']) won(await commitOne(driver, ticketWrite({ id, value: {} })))
    },

    "a value may be another record's id, which stands in for no value": async ({ driver }) => {
      won(await commitOne(driver, ticketWrite({ id: 'one', value: {} })))
      won(await commitOne(driver, ticketWrite({ id: 'two', value: { code: 'one' } })))
      won(await commitOne(driver, ticketWrite({ id: 'three', value: { code: 'four' } })))
      won(await commitOne(driver, ticketWrite({ id: 'four', value: {} })))
    },

    'teams do not share values': async ({ driver }) => {
      won(await commitOne(driver, ticketWrite({ id: 'one', value: { code: 'A' } })))
      won(await commitOne(driver, ticketWrite({ id: 'two', team: 'blue', value: { code: 'A' } })))
    },

    'of racers for one value exactly one wins': async ({ driver, connect, tickets }) => {
      const drivers = [driver, await connect()]
      for (let round = 0; round < 5; round++) {
        const ids = Array.from({ length: 12 }, (_, racer) => `${round}-${racer}`)
        const outcomes = await Promise.all(
          ids.map((id, racer) => commitOne(drivers[racer % 2] ?? driver, ticketWrite({ id, value: { code: `code-${round}` } }))),
        )
        const winners = outcomes.filter(({ ok }) => ok)
        assert.equal(winners.length, 1, `${winners.length} racers won`)
        for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(lost(outcome, 'duplicate'), won(winners[0]))
        const stored = (await tickets.load(red, ids)).filter((record) => record !== null)
        assert.equal(stored.length, 1)
      }
    },

    'of writers who wait for a value to be free no two end up sharing it': async ({ driver, connect, tickets }) => {
      const other = await connect()
      for (let round = 0; round < 10; round++) {
        const code = `passed-${round}`
        const holder = won(await commitOne(driver, ticketWrite({ id: `a${round}`, value: { code } })))
        const take = async (own: StorageDriver, id: string): Promise<void> => {
          for (let attempt = 0; attempt < 5; attempt++) {
            const outcome = await commitOne(own, ticketWrite({ id, value: { code } }))
            if (outcome.ok) return
            lost(outcome, 'duplicate')
          }
        }
        await Promise.all([
          commitOne(driver, ticketWrite({ id: `a${round}`, expected: holder.version, value: {} })),
          take(other, `b${round}`),
          take(driver, `c${round}`),
        ])
        const holders = (await tickets.load(red, [`a${round}`, `b${round}`, `c${round}`])).filter(
          (record) => record?.value.code === code,
        )
        assert.ok(holders.length <= 1, `${holders.length} records share a value`)
      }
    },
  },
}
