import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import type { StorageDriver } from '../../src/ports/storage.ts'
import { expectedOutline, openAtOnce, outlineOf } from './support/open-at-once.ts'

test('fifty concurrent openers make one open incident: storage in memory', async () => {
  const store = memoryStore()
  expect(outlineOf(await openAtOnce(() => memoryStorage({ store })))).toEqual(expectedOutline())
})

test('so they do where storage answers so late that what is decided goes through the spool', async () => {
  const store = memoryStore()
  let calls = 0
  const late = (): StorageDriver => {
    const driver = memoryStorage({ store })
    return {
      ...driver,
      // Some before it takes effect, some after.
      commit: async (commits) => {
        const part = (++calls % 7) / 6
        await wait(260 * part)
        const outcomes = await driver.commit(commits)
        await wait(260 * (1 - part))
        return outcomes
      },
    }
  }
  expect(outlineOf(await openAtOnce(late))).toEqual(expectedOutline())
})
