import { afterEach, expect, test } from 'vitest'
import {
  allowAll,
  createSightline,
  type Logger,
  memoryStorage,
  memoryStore,
  type Sightline,
  SightlineError,
  type StorageDriver,
} from '../../src/index.ts'
import { scriptedProbe, testClock } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'
import { type SwitchableStorage, switchableStorage } from './support/switchable-storage.ts'

type Watch = NonNullable<StorageDriver['watch']>

const disposals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

/** Processes on one store, each with a bus of its own: what one stores, the others learn from storage alone. */
const installation = () => {
  const store = memoryStore()
  const clock = testClock()
  return {
    clock,
    join: async ({ poll = true, watch }: { readonly poll?: boolean; readonly watch?: Watch } = {}) => {
      const probe = scriptedProbe({ n: 0 })
      const memory = memoryStorage({ store, clock, feed: true })
      const counted = switchableStorage(memory)
      const storage: StorageDriver = Object.defineProperties({} as SwitchableStorage, {
        ...Object.getOwnPropertyDescriptors(counted),
        watch: { value: watch ?? memory.watch?.bind(memory) },
      })
      const logged: string[] = []
      const take = (_: object, message: string): void => void logged.push(message)
      const logger: Logger = { debug: () => {}, info: take, warn: take, error: take, child: () => logger }
      const sightline = createSightline({
        access: allowAll(),
        clock,
        random: () => 0.5,
        storage,
        logger,
        tuning: { reconcileMs: 60_000 },
        apis: { orders: { intervalMs: 1_000, retries: 0, regions: { 'us-east': { probe } } } },
      }) as unknown as Sightline
      await sightline.start({ poll })
      const transport = recordingTransport()
      await sightline.attach(transport)
      const session = await transport.connect()
      disposals.push(async () => {
        const stopped = sightline.stop({ timeoutMs: 100 })
        await clock.advance(2_000)
        await stopped
      })
      return { sightline, probe, transport, session, logged, calls: counted.calls }
    },
  }
}

const target = { api: 'orders', region: 'us-east' }
const feedLines = (logged: readonly string[]) => logged.filter((line) => line.includes('change feed'))

test('what another process stores is on this one’s screens through the feed alone, long before heads are compared', async () => {
  const { clock, join } = installation()
  const poller = await join()
  const web = await join({ poll: false })
  await clock.advance(2_000)
  await web.transport.subscribe(web.session, 'orders', 'us-east')
  const learned: unknown[] = []
  web.sightline.on('snapshot:changed', ({ data }, { origin }) => learned.push([origin, data]))
  web.transport.clear()
  poller.probe.returns({ n: 1 })
  await clock.advance(1_200)
  const [frame] = web.transport.framesOf(web.session)
  expect(frame).toMatchObject({ kind: 'state' })
  expect(learned).toEqual([['remote', { n: 1 }]])
  expect(web.sightline.status().polls[0]).toMatchObject({ revision: 2 })
  expect(web.sightline.info().feed).toMatchObject({ mode: 'stream' })
  expect((await web.sightline.health()).checks.feed).toMatchObject({ status: 'healthy', details: { mode: 'stream' } })
  expect(feedLines(web.logged)).toHaveLength(1)
})

test('two processes that poll one target keep one history, each told of the other’s changes', async () => {
  const { clock, join } = installation()
  const [first, second] = [await join(), await join()]
  for (let n = 1; n <= 20; n++) {
    for (const { probe } of [first, second]) probe.returns({ n })
    await clock.advance(1_000)
  }
  const history = (await first.sightline.call({
    operation: 'metrics.history',
    input: { ...target, limit: 100 },
    as: 'system',
  })) as { readonly items: readonly { readonly data: { readonly n: number } }[] }
  const counted = history.items.map(({ data }) => data.n)
  expect(counted).toEqual([...new Set(counted)])
  expect(counted[0]).toBe(20)
})

test('one’s own writes are not read again', async () => {
  const { clock, join } = installation()
  const { probe, calls } = await join()
  await clock.advance(3_000)
  const loads = calls.get('load') ?? 0
  for (let n = 1; n <= 10; n++) {
    probe.returns({ n })
    await clock.advance(1_000)
  }
  expect(calls.get('replace')).toBeGreaterThanOrEqual(10)
  expect((calls.get('load') ?? 0) - loads).toBe(0)
})

test('a feed that breaks is tried again with growing pauses and said to be off, in one line; heads are compared after each', async () => {
  const { clock, join } = installation()
  let tries = 0
  const { sightline, logged, calls } = await join({
    watch: async () => {
      tries++
      throw new SightlineError('UNAVAILABLE', 'The stream was cut')
    },
  })
  await clock.advance(60_000)
  expect(tries).toBeGreaterThan(5)
  expect(tries).toBeLessThan(20)
  expect(sightline.info().feed).toEqual({ mode: 'off', reason: 'The stream was cut' })
  expect(feedLines(logged)).toEqual(['The change feed is off: The stream was cut.'])
  expect(calls.get('heads')).toBeGreaterThan(5)
})

test('a server without a feed is asked once a minute, and becomes one that has it', async () => {
  const { clock, join } = installation()
  let tries = 0
  const watch: Watch = async ({ signal }, sink) => {
    tries++
    if (tries < 3) throw new SightlineError('UNSUPPORTED', 'No replica set')
    sink({ kind: 'mode', mode: 'stream', reason: 'a replica set' })
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  const { sightline, logged } = await join({ watch })
  await clock.advance(59_000)
  expect([tries, sightline.info().feed.mode]).toEqual([1, 'off'])
  await clock.advance(62_000)
  expect([tries, sightline.info().feed.mode]).toEqual([3, 'stream'])
  expect(feedLines(logged)).toEqual(['The change feed is off: No replica set.', 'The change feed is stream: a replica set.'])
})

test('a feed that comes and goes makes no storm of lines', async () => {
  const { clock, join } = installation()
  const { logged } = await join({
    watch: async (_, sink) => {
      sink({ kind: 'mode', mode: 'stream', reason: 'it opened' })
      throw new SightlineError('UNAVAILABLE', 'it was cut')
    },
  })
  await clock.advance(300_000)
  expect(feedLines(logged).length).toBeLessThan(50)
})

test('it is resumed where it was; a position that is not known any more is given up', async () => {
  const { clock, join } = installation()
  const asked: (string | undefined)[] = []
  const { sightline } = await join({
    watch: async ({ since }, sink) => {
      asked.push(since)
      if (asked.length === 1) {
        sink({ kind: 'position', token: 'here' })
        throw new SightlineError('UNAVAILABLE', 'cut')
      }
      throw new SightlineError('INVALID_INPUT', 'unknown position')
    },
  })
  await clock.advance(3_000)
  expect(asked.slice(0, 3)).toEqual([undefined, 'here', undefined])
  expect(sightline.info().feed.mode).toBe('off')
})
