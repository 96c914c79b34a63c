import { expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import type { RecordChange } from '../../src/operations/operation-context.ts'
import { createIntervalStore, TARGETS } from '../../src/polling/target-intervals.ts'

const key = { team: 'default', api: 'orders', region: 'us-east' }

const setUp = async () => {
  const driver = memoryStorage({ store: memoryStore() })
  await driver.connect({ collections: [TARGETS] as never, format: { writes: 1, reads: 1 } })
  const store = createIntervalStore({ link: { run: (call) => call(driver) } })
  let id = 0
  const commit = async ({ store: name, id: record, expected, value }: RecordChange) => {
    const [outcome] = await driver.commit([
      { write: { store: name, id: record, team: 'default', expected, writeId: `w${++id}`, at: 0, value }, then: [] },
    ])
    if (outcome === undefined) throw new Error('no answer')
    return outcome
  }
  return { store, commit }
}

test('an interval is saved over the one before, and loaded in the order asked', async () => {
  const { store, commit } = await setUp()
  await store.save(key, 500, { commit })
  await store.save(key, 700, { commit })
  expect(await store.load([{ ...key, region: 'mars' }, key])).toEqual([null, 700])
  expect(await store.load([])).toEqual([])
})

test('who loses the race tries again on what the winner wrote, and gives up where it never wins', async () => {
  const { store, commit } = await setUp()
  let races = 0
  await store.save(key, 900, {
    commit: async (change) => {
      if (races++ < 3) await store.save(key, 100 * races, { commit })
      return commit(change)
    },
  })
  expect(races).toBe(4)
  expect(await store.load([key])).toEqual([900])
  const losing = store.save(key, 1_000, { commit: async () => ({ ok: false, reason: 'conflict', current: null }) })
  await expect(losing).rejects.toBeInstanceOf(SightlineError)
  await expect(losing).rejects.toMatchObject({ code: 'CONFLICT' })
})
