import { afterEach, expect, test } from 'vitest'
import {
  allowAll,
  createSightline,
  memoryBus,
  memoryNetwork,
  memoryStorage,
  memoryStore,
  type Scheduler,
  type Sightline,
  type Tick,
} from '../../src/index.ts'
import { scriptedProbe } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'

const started: Sightline[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((sightline) => sightline.stop({ timeoutMs: 500 })))
})

/** Ticks when a test says so, with the fence it says. */
const handScheduler = (): Scheduler & { tick(fence: number): Promise<void> } => {
  let run: ((tick: Tick) => Promise<void>) | null = null
  let schedules: readonly Tick['schedule'][] = []
  return {
    name: 'hand',
    start: async (options) => {
      run = options.run
    },
    put: async (all) => {
      schedules = all
    },
    remove: async () => {},
    list: async () => ({ items: schedules, next: null }),
    close: async () => {},
    tick: async (fence) => {
      const signal = new AbortController().signal
      await Promise.all(schedules.map((schedule) => run?.({ schedule, dueAt: 0, fence, signal, confirm: async () => true })))
    },
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

const installation = () => {
  const store = memoryStore()
  const network = memoryNetwork()
  return async () => {
    const probe = scriptedProbe({ open: 1 })
    const scheduler = handScheduler()
    const sightline = createSightline({
      access: allowAll(),
      storage: memoryStorage({ store }),
      bus: memoryBus({ network }),
      scheduler,
      apis: { orders: { regions: { 'us-east': { probe } } } },
    })
    started.push(sightline)
    await sightline.start()
    const transport = recordingTransport()
    await sightline.attach(transport)
    const session = await transport.connect()
    return { sightline, probe, scheduler, transport, session }
  }
}

const historyOf = async (sightline: Sightline) =>
  (await sightline.call({ operation: 'metrics.history', input: { api: 'orders', region: 'us-east' }, as: 'system' })) as {
    items: { revision: number; data: unknown }[]
  }

test('two pollers that race for the same change: one winner, one history entry, one push at every client', async () => {
  const join = installation()
  const [east, west] = [await join(), await join()]
  await Promise.all([east.scheduler.tick(1), west.scheduler.tick(1)])
  await settled()
  for (const { transport, session } of [east, west]) await transport.subscribe(session, 'orders', 'us-east')

  for (let round = 2; round <= 30; round++) {
    for (const { probe } of [east, west]) probe.returns({ open: round })
    await Promise.all([east.scheduler.tick(1), west.scheduler.tick(1)])
    await settled()
  }
  const { items } = await historyOf(east.sightline)
  expect(items.map(({ revision }) => revision)).toEqual(Array.from({ length: 30 }, (_, index) => 30 - index))
  expect(items.map(({ data }) => data)).toEqual(Array.from({ length: 30 }, (_, index) => ({ open: 30 - index })))
  for (const { transport, session } of [east, west]) {
    const revisions = transport.framesOf(session).map((frame) => (frame.kind === 'state' ? frame.version.revision : null))
    expect(revisions).toEqual(Array.from({ length: 29 }, (_, index) => index + 2))
  }
  const writes = east.sightline.counters().snapshotWrites + west.sightline.counters().snapshotWrites
  expect(writes).toBe(30)
})

test('a poller frozen and thawed after its successor took over never gets through, and compares with what its successor stored', async () => {
  const join = installation()
  const [old, successor] = [await join(), await join()]
  await old.scheduler.tick(1)
  await settled()

  // The old one is frozen in the middle of a poll, and its answer is from before.
  let thaw = (): void => {}
  old.probe.answers(
    () =>
      new Promise((resolve) => {
        thaw = () => resolve({ outcome: 'value', value: { open: 'stale' }, latencyMs: 1, values: {} })
      }),
  )
  const frozen = old.scheduler.tick(1)
  await settled()
  successor.probe.returns({ open: 2 })
  await successor.scheduler.tick(2)
  await settled()
  thaw()
  await frozen
  await settled()

  expect((await historyOf(successor.sightline)).items.map(({ data }) => data)).toEqual([{ open: 2 }, { open: 1 }])
  expect(old.sightline.counters().writesFenced).toBe(1)

  // Its baseline is the successor's document now: what equals that is no change to it, and what does not is refused again.
  old.probe.returns({ open: 2 })
  await old.scheduler.tick(1)
  await settled()
  expect(old.sightline.counters().writesFenced).toBe(1)
  old.probe.returns({ open: 'late' })
  await old.scheduler.tick(1)
  await settled()
  expect(old.sightline.counters().writesFenced).toBe(2)
  expect((await historyOf(successor.sightline)).items).toHaveLength(2)
})
