import assert from 'node:assert/strict'
import type { Outcome, Snapshot, StorageDriver } from '@sightline/core/ports'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { meanwhile } from './meanwhile.ts'
import { keyOf, lost, replaceOne, snapshotWrite, won, writeRevisions } from './writes.ts'

const racers = 16

/** Writers that meet at one target: in one process and in two. */
export const snapshotRaces: Group<StorageContext> = {
  name: 'snapshot races',
  tests: {
    'of racers over one version exactly one wins and makes one history entry': async ({ driver }) => {
      const key = keyOf('orders')
      for (let round = 0; round < 5; round++) {
        const [before] = await driver.snapshots.load([key])
        const expected = before?.version ?? null
        const outcomes = await Promise.all(
          Array.from({ length: racers }, (_, racer) =>
            replaceOne(driver, snapshotWrite({ key, expected, body: `{"by":${racer}}` })),
          ),
        )
        await oneWinner(driver, outcomes, round + 1)
      }
    },

    'of racers in two processes exactly one wins and makes one history entry': async ({ driver, connect }) => {
      const key = keyOf('orders')
      const drivers = [driver, await connect()]
      for (let round = 0; round < 5; round++) {
        const [before] = await driver.snapshots.load([key])
        const expected = before?.version ?? null
        const outcomes = await Promise.all(
          Array.from({ length: racers }, (_, racer) =>
            replaceOne(drivers[racer % 2] as StorageDriver, snapshotWrite({ key, expected, body: `{"by":${racer}}` })),
          ),
        )
        await oneWinner(driver, outcomes, round + 1)
      }
    },

    'racers who try again until they win lose no write': async ({ driver, connect }) => {
      const key = keyOf('counter')
      const drivers = [driver, await connect()]
      await writeRevisions(driver, { key, count: 1 })
      const increment = async (own: StorageDriver): Promise<void> => {
        let [current] = await own.snapshots.load([key])
        // Every round one of them wins, so that none needs more rounds than there are racers.
        for (let round = 0; round < racers; round++) {
          assert.ok(current !== null && current !== undefined)
          const body = `{"n":${JSON.parse(current.body).n + 1}}`
          const outcome = await replaceOne(own, snapshotWrite({ key, expected: current.version, body }))
          if (outcome.ok) return
          current = lost(outcome, 'conflict')
        }
        assert.fail('a racer lost more often than there are others')
      }
      await Promise.all(Array.from({ length: racers }, (_, racer) => increment(drivers[racer % 2] as StorageDriver)))
      const [latest] = await driver.snapshots.load([key])
      assert.equal(latest?.body, `{"n":${racers}}`)
      assert.equal(latest.version.revision, racers + 1)
    },

    'a reader sees latest and its history entry appear in one step': async ({ driver, connect }) => {
      const key = keyOf('orders')
      const reader = await connect()
      await meanwhile(writeRevisions(driver, { key, count: 40 }), async () => {
        const [latest] = await reader.snapshots.load([key])
        const entries = await readAll((page) => reader.snapshots.history(key, page))
        const [newest] = entries
        if (latest !== null && latest !== undefined) {
          assert.ok(newest !== undefined && newest.version.revision >= latest.version.revision, 'latest has its entry')
        }
        if (newest !== undefined) {
          const [after] = await reader.snapshots.load([key])
          assert.ok(
            after !== null && after !== undefined && after.version.revision >= newest.version.revision,
            'an entry is or was latest',
          )
        }
        assert.deepEqual(
          entries.map(({ version }) => version.revision),
          Array.from(entries, (_, index) => entries.length - index),
          'no entry missing, none twice',
        )
      })
    },

    'racing removals and writes leave latest, head and history in agreement': async ({ driver, connect }) => {
      const other = await connect()
      const key = keyOf('orders')
      for (let round = 0; round < 10; round++) {
        const [before] = await driver.snapshots.load([key])
        await Promise.all([
          replaceOne(driver, snapshotWrite({ key, expected: before?.version ?? null, body: `"${round}"` })),
          other.snapshots.remove([key]),
        ])
        const [latest] = await driver.snapshots.load([key])
        const [head] = await readAll((page) => driver.snapshots.heads({ team: 'red' }, page))
        const [newest] = await readAll((page) => driver.snapshots.history(key, page))
        if (latest === null || latest === undefined)
          assert.ok(head === undefined || head.deleted === true, 'what is removed is a tombstone')
        else {
          assert.deepEqual(head?.version, latest.version)
          assert.deepEqual(newest, latest)
        }
      }
    },
  },
}

const oneWinner = async (driver: StorageDriver, outcomes: readonly Outcome<Snapshot>[], revisions: number): Promise<void> => {
  const winners = outcomes.filter(({ ok }) => ok)
  assert.equal(winners.length, 1, `${winners.length} racers won`)
  const winner = won(winners[0])
  for (const outcome of outcomes)
    if (!outcome.ok) assert.deepEqual(lost(outcome, 'conflict'), winner, 'losers are shown the winner')
  assert.deepEqual(await driver.snapshots.load([winner.key]), [winner])
  const entries = await readAll((page) => driver.snapshots.history(winner.key, page))
  assert.equal(entries.length, revisions, 'one history entry for each revision')
  assert.deepEqual(entries[0], winner)
}
