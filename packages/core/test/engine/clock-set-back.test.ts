import { expect, test } from 'vitest'
import { allowAll, createSightline, memoryStorage, memoryStore } from '../../src/index.ts'
import { scriptedProbe, testClock } from '../../src/testing/index.ts'

test('a process whose clock is an hour behind its last run stores what changes', async () => {
  const store = memoryStore()
  const runOnce = async (document: object, setBackMs: number) => {
    const clock = testClock()
    clock.step(-setBackMs)
    const probe = scriptedProbe(document)
    const sightline = createSightline({
      access: allowAll(),
      storage: memoryStorage({ store, clock }),
      clock,
      apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { probe } } } },
    })
    await sightline.start()
    await clock.advance(3_000)
    const history = (await sightline.call({
      operation: 'metrics.history',
      input: { api: 'orders', region: 'us-east' },
      as: 'system',
    })) as { items: readonly { data: unknown }[] }
    await sightline.stop({ timeoutMs: 100 })
    return history.items.map(({ data }) => data)
  }
  expect(await runOnce({ open: 1 }, 0)).toEqual([{ open: 1 }])
  expect(await runOnce({ open: 2 }, 3_600_000)).toEqual([{ open: 2 }, { open: 1 }])
})
