import { afterEach, expect, test } from 'vitest'
import {
  allowAll,
  createSightline,
  memoryBus,
  memoryNetwork,
  memoryStorage,
  memoryStore,
  type PollerStatus,
  type Sightline,
} from '../../src/index.ts'
import { scriptedProbe, testClock } from '../../src/testing/index.ts'
import { switchableStorage } from './support/switchable-storage.ts'

const disposals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

/** Processes on one store and one bus, whose storage has no change feed. */
const installation = () => {
  const store = memoryStore()
  const network = memoryNetwork()
  const clock = testClock()
  return {
    clock,
    join: async ({ poll = true } = {}) => {
      const probe = scriptedProbe({ n: 0 })
      const sightline = createSightline({
        access: allowAll(),
        clock,
        random: () => 0.5,
        storage: switchableStorage(memoryStorage({ store, clock })),
        bus: memoryBus({ network }),
        apis: { orders: { intervalMs: 1_000, retries: 0, regions: { 'us-east': { probe }, 'eu-west': { probe } } } },
      }) as unknown as Sightline
      await sightline.start({ poll })
      disposals.push(async () => {
        const stopped = sightline.stop({ timeoutMs: 100 })
        await clock.advance(2_000)
        await stopped
      })
      return { sightline, probe }
    },
  }
}

const target = { api: 'orders', region: 'us-east' }

const pollersOf = async (sightline: Sightline): Promise<readonly PollerStatus[]> => {
  const frame = await sightline.read({ topic: 'pollers', as: 'system' })
  if (frame?.kind !== 'keyed') throw new Error('no list')
  return frame.put.map(([, , item]) => item as PollerStatus)
}
const pollerOf = async (sightline: Sightline) => (await pollersOf(sightline)).find(({ region }) => region === target.region)

test('a process that only serves shows how the targets are doing that another polls, a failure at once', async () => {
  const { clock, join } = installation()
  const poller = await join()
  const web = await join({ poll: false })
  await clock.advance(5_000)
  expect(await pollerOf(web.sightline)).toEqual(await pollerOf(poller.sightline))
  expect(await pollerOf(web.sightline)).toMatchObject({ state: 'up', failures: 0 })
  expect(web.sightline.status().polls.map(({ state, revision }) => [state, revision])).toEqual([
    ['up', 1],
    ['up', 1],
  ])

  poller.probe.fails(new Error('down'))
  const failing = new Promise<void>((resolve) => {
    const unsubscribe = poller.sightline.on('target:checked', () => {
      unsubscribe()
      resolve()
    })
  })
  while ((await pollerOf(poller.sightline))?.state === 'up') await clock.advance(50)
  await failing
  await clock.advance(1)
  expect(await pollerOf(web.sightline)).toMatchObject({ state: 'failing', consecutiveFailures: 1 })
})

test('a process that only serves stays out of who polls, whichever starts first', async () => {
  const { clock, join } = installation()
  const web = await join({ poll: false })
  await clock.advance(1_000)
  const poller = await join()
  await clock.advance(20_000)
  expect(web.probe.asked).toBe(0)
  expect(poller.probe.asked).toBeGreaterThan(30)
})

test('who comes later asks, and knows before the next poll', async () => {
  const { clock, join } = installation()
  const { sightline, probe } = await join()
  await clock.advance(3_000)
  for (const region of ['us-east', 'eu-west'])
    await sightline.call({
      operation: 'metrics.setInterval',
      input: { api: 'orders', region, intervalMs: 600_000 },
      as: 'system',
    })
  await clock.advance(1_000)
  const asked = probe.asked
  const web = await join({ poll: false })
  await clock.advance(10)
  expect(probe.asked).toBe(asked)
  expect(await pollerOf(web.sightline)).toMatchObject({ state: 'up', checkedAt: expect.any(Number) })
})

test('each process counts its own polls, and shows those of all', async () => {
  const { clock, join } = installation()
  const poller = await join()
  const web = await join({ poll: false })
  await clock.advance(10_000)
  expect(poller.sightline.counters().polls).toBe(poller.probe.asked)
  expect(web.sightline.counters().polls).toBe(0)
  expect((await pollerOf(web.sightline))?.polls).toBeGreaterThan(5)
})

test('a poll by hand in a process that only serves is stored under the owner’s fence, and once', async () => {
  const { clock, join } = installation()
  const poller = await join()
  const web = await join({ poll: false })
  await clock.advance(3_000)
  for (const { probe } of [poller, web]) probe.returns({ n: 1 })
  const answer = await web.sightline.call({ operation: 'metrics.pollNow', input: target, as: 'system' })
  expect(answer).toMatchObject({ changed: true })
  await clock.advance(3_000)
  poller.probe.returns({ n: 2 })
  await clock.advance(3_000)
  for (const { sightline } of [poller, web]) {
    const history = (await sightline.call({ operation: 'metrics.history', input: target, as: 'system' })) as {
      readonly items: readonly { readonly data: unknown }[]
    }
    expect(history.items.map(({ data }) => data)).toEqual([{ n: 2 }, { n: 1 }, { n: 0 }])
    expect(sightline.counters().writesFenced).toBe(0)
  }
})

test('an interval that is set in one process holds in the one that polls', async () => {
  const { clock, join } = installation()
  const poller = await join()
  const web = await join({ poll: false })
  await clock.advance(3_000)
  await web.sightline.call({ operation: 'metrics.setInterval', input: { ...target, intervalMs: 30_000 }, as: 'system' })
  await clock.advance(500)
  const { polls = 0 } = (await pollerOf(poller.sightline)) ?? {}
  await clock.advance(60_000)
  expect(((await pollerOf(poller.sightline))?.polls ?? 0) - polls).toBe(2)
})

test('a circuit that one process opened is open in the other', async () => {
  const { clock, join } = installation()
  const [first, second] = [await join(), await join()]
  for (const { probe } of [first, second]) probe.fails(new Error('down'), { retryAfterMs: 60_000 })
  while ((await pollerOf(first.sightline))?.state !== 'open') await clock.advance(100)
  await clock.advance(1_000)
  const asked = [first.probe.asked, second.probe.asked]
  await clock.advance(30_000)
  expect([first.probe.asked, second.probe.asked]).toEqual(asked)
  expect((await pollerOf(second.sightline))?.retryAt).toBe((await pollerOf(first.sightline))?.retryAt)
})
