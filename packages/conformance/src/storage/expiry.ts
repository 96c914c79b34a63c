import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { commitOne, lost, ticketWrite, won } from './writes.ts'

const red = { team: 'red' }

/** Records that end by themselves: never returned afterwards, whether the engine has cleared them or not. */
export const expiry: Group<StorageContext> = {
  name: 'expiry',
  tests: {
    'an expired record is in no load, no list and no heads': async ({ driver, tickets, now }) => {
      const time = await now()
      won(await commitOne(driver, ticketWrite({ id: 'past', value: { title: 'a', expiresAt: time - 1 } })))
      won(await commitOne(driver, ticketWrite({ id: 'future', value: { title: 'b', expiresAt: time + 3_600_000 } })))
      won(await commitOne(driver, ticketWrite({ id: 'never', value: { title: 'c' } })))
      for (const scope of [red, 'system'] as const) {
        const loaded = await tickets.load(scope, ['past', 'future', 'never'])
        assert.deepEqual(
          loaded.map((record) => record?.id ?? null),
          [null, 'future', 'never'],
        )
        const listed = await readAll((page) => tickets.list(scope, { ...page, index: 'byTitle', equals: {}, order: 'asc' }))
        assert.deepEqual(
          listed.map(({ id }) => id),
          ['future', 'never'],
        )
        const heads = await readAll((page) => tickets.heads(scope, page))
        assert.deepEqual(
          heads
            .filter(({ deleted }) => deleted !== true)
            .map(({ id }) => id)
            .toSorted(),
          ['future', 'never'],
        )
      }
    },

    'a record expires at its time, without anybody doing anything': async ({ driver, tickets, now, elapse }) => {
      const expiresAt = (await now()) + 300
      won(await commitOne(driver, ticketWrite({ id: 'one', value: { title: 'a', expiresAt } })))
      const [before] = await tickets.load(red, ['one'])
      if (before === null) assert.ok((await now()) >= expiresAt, 'it is gone too early')
      await elapse(350)
      assert.deepEqual(await tickets.load(red, ['one']), [null])
    },

    'a replace moves the expiry': async ({ driver, tickets, now, elapse }) => {
      const time = await now()
      const first = won(await commitOne(driver, ticketWrite({ id: 'one', value: { expiresAt: time + 1_000 } })))
      won(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version, value: { expiresAt: time + 3_600_000 } })))
      await elapse(1_050)
      assert.notEqual((await tickets.load(red, ['one']))[0], null)
    },

    'an expired record makes room: its id may be inserted, its unique value is free': async ({ driver, tickets, now }) => {
      const expiresAt = (await now()) - 1
      const first = won(await commitOne(driver, ticketWrite({ id: 'one', value: { code: 'A', expiresAt } })))
      won(await commitOne(driver, ticketWrite({ id: 'two', value: { code: 'A' } })))
      const again = won(await commitOne(driver, ticketWrite({ id: 'one', value: { code: 'B' } })))
      assert.equal(again.version.revision, 1)
      assert.notEqual(again.version.epoch, first.version.epoch)
      assert.deepEqual(await tickets.load(red, ['one']), [again])
    },

    'an expired record is not what stands there': async ({ driver, now }) => {
      const expiresAt = (await now()) - 1
      const first = won(await commitOne(driver, ticketWrite({ id: 'one', value: { expiresAt } })))
      assert.equal(lost(await commitOne(driver, ticketWrite({ id: 'one', expected: first.version })), 'conflict'), null)
    },
  },
}
