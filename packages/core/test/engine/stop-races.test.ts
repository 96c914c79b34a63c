import { afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { directTransport } from '../../src/direct/direct-transport.ts'
import {
  type AccessOptions,
  allowAll,
  type Bus,
  createSightline,
  defineMutation,
  definePlugin,
  memoryBus,
  memoryStorage,
  type Plugins,
  type Sightline,
  SightlineError,
  type StorageDriver,
} from '../../src/index.ts'
import type { Spool } from '../../src/ports/spool.ts'
import { scriptedProbe, type TestClock, testClock } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'
import { switchableStorage, type Trouble } from './support/switchable-storage.ts'

const params = { api: 'orders', region: 'us-east' }

interface Setting {
  readonly trouble?: Trouble
  readonly storage?: (driver: StorageDriver) => StorageDriver
  readonly bus?: Bus
  readonly plugins?: Plugins
  readonly maxPerSecond?: number
  readonly intervalMs?: number
  readonly access?: AccessOptions
  readonly spool?: Spool
}

/** Lets the clock run until the work is over, however long it waits. */
const during = async <T>(clock: TestClock, work: Promise<T>): Promise<T> => {
  let isOver = false
  const over = work.finally(() => {
    isOver = true
  })
  over.catch(() => {})
  for (let step = 0; !isOver && step < 3_000; step++) await clock.advance(50)
  return over
}

const setUp = ({
  trouble = 'none',
  storage: wrap = (driver) => driver,
  maxPerSecond,
  intervalMs = 1_000,
  ...config
}: Setting = {}) => {
  const clock = testClock()
  const probe = scriptedProbe({ n: 0 })
  const storage = switchableStorage(wrap(memoryStorage({ clock })), trouble)
  const region = { probe }
  const sightline = createSightline({
    access: allowAll(),
    ...config,
    clock,
    storage,
    random: () => 0.5,
    apis: {
      orders: {
        intervalMs,
        ...(maxPerSecond === undefined ? {} : { maxPerSecond }),
        regions: { 'us-east': region, 'eu-west': region },
      },
    },
  }) as unknown as Sightline
  return { clock, probe, storage, sightline }
}

/** Nothing is left: no timer, no session, no subscription. */
const expectNothingLeft = (clock: TestClock, sightline: Sightline): void => {
  expect(clock.pending).toBe(0)
  expect(sightline.counters()).toMatchObject({ sessions: 0, subscriptions: 0 })
}

const rejections: unknown[] = []
const note = (reason: unknown): void => void rejections.push(reason)
process.on('unhandledRejection', note)
afterEach(() => {
  expect(rejections.splice(0)).toEqual([])
})

test('stop while storage hangs: what is under way is given up, and no timer outlives it', async () => {
  const { clock, probe, storage, sightline } = setUp()
  await during(clock, sightline.start())
  await clock.advance(1_000)
  storage.trouble = 'hangs'
  probe.returns({ n: 1 })
  await clock.advance(1_100)
  const stopped = sightline.stop({ timeoutMs: 300 })
  const startedAt = clock.monotonic()
  await during(clock, stopped)
  expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(2_000)
  expectNothingLeft(clock, sightline)
})

for (const trouble of ['hangs', 'refuses'] as const) {
  test(`stop while storage that ${trouble} is being connected: start says so, and nothing begins after it`, async () => {
    const { clock, probe, sightline } = setUp({ trouble })
    const started = sightline.start()
    started.catch(() => {})
    await clock.advance(0)
    const stopped = during(clock, sightline.stop({ timeoutMs: 100 }))
    if (trouble === 'hangs') await expect(started).rejects.toMatchObject({ code: 'ABORTED' })
    else await started.catch(() => {})
    await stopped
    const { asked } = probe
    await clock.advance(60_000)
    expect(probe.asked).toBe(asked)
    expectNothingLeft(clock, sightline)
  })
}

test('stop while services wait for their spool: none of their parts begins after it', async () => {
  const read = Promise.withResolvers<void>()
  const spool: Spool = {
    append: async () => {},
    // biome-ignore lint/correctness/useYield: it is empty.
    read: async function* () {
      await read.promise
    },
    trim: async () => {},
    close: async () => {},
  }
  const { clock, sightline } = setUp({ spool })
  const started = sightline.start()
  started.catch(() => {})
  await clock.advance(1_000)
  await during(clock, sightline.stop({ timeoutMs: 100 }))
  read.resolve()
  await expect(started).rejects.toMatchObject({ code: 'ABORTED' })
  await clock.advance(60_000)
  expectNothingLeft(clock, sightline)
})

test('stop at every moment of a start and of the polls after it leaves nothing behind', async () => {
  for (let moment = 0; moment < 60; moment++) {
    const { clock, probe, sightline } = setUp({ intervalMs: 100 })
    const started = sightline.start().catch(() => {})
    for (let turn = 0; turn < moment % 6; turn++) await Promise.resolve()
    if (moment >= 6) await clock.advance((moment - 6) * 7)
    await during(clock, sightline.stop({ timeoutMs: 200 }))
    await during(clock, started)
    const { asked } = probe
    await clock.advance(2_000)
    expect(probe.asked, `moment ${moment}`).toBe(asked)
    expectNothingLeft(clock, sightline)
  }
})

test('a start that fails leaves nothing running', async () => {
  const { clock, sightline } = setUp({
    plugins: [definePlugin({ name: 'broken', start: () => Promise.reject(new Error('no licence')) })] as never,
  })
  await expect(during(clock, sightline.start())).rejects.toThrow('no licence')
  expectNothingLeft(clock, sightline)
  await expect(sightline.start()).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('stop waits for the plugin that is starting, stops in the other order those that were started, and starts no other', async () => {
  const log: string[] = []
  let finish = (): void => {}
  const plugin = (name: string, start: () => void | Promise<void> = () => {}) =>
    definePlugin({
      name,
      start: async () => {
        log.push(`${name} starts`)
        await start()
        log.push(`${name} started`)
      },
      stop: () => void log.push(`${name} stops`),
    })
  const slow = () =>
    new Promise<void>((resolve) => {
      finish = resolve
    })
  const { clock, sightline } = setUp({ plugins: [plugin('a'), plugin('b', slow), plugin('c')] as never })
  const started = sightline.start()
  started.catch(() => {})
  await clock.advance(10)
  const stopped = sightline.stop({ timeoutMs: 100 })
  await clock.advance(10)
  expect(log).toEqual(['a starts', 'a started', 'b starts'])
  finish()
  await during(clock, stopped)
  await expect(started).rejects.toMatchObject({ code: 'ABORTED' })
  expect(log).toEqual(['a starts', 'a started', 'b starts', 'b started', 'b stops', 'a stops'])
  expectNothingLeft(clock, sightline)
})

test('a part that throws or hangs when it is stopped keeps no other from being stopped', async () => {
  const closed: string[] = []
  const bus = {
    ...memoryBus(),
    close: () => {
      throw new Error('bus')
    },
  }
  const { clock, sightline } = setUp({
    bus,
    storage: (driver) => ({
      ...driver,
      close: async () => {
        closed.push('storage')
        await driver.close()
      },
    }),
    plugins: [
      definePlugin({ name: 'a', stop: () => void closed.push('a') }),
      definePlugin({ name: 'hangs', stop: () => new Promise<never>(() => {}) }),
    ] as never,
  })
  const transport = Object.assign(recordingTransport(), { close: () => Promise.reject(new Error('transport')) })
  await sightline.attach(transport)
  await during(clock, sightline.start())
  await during(clock, sightline.stop({ timeoutMs: 100 }))
  expect(closed).toEqual(['a', 'storage'])
  expectNothingLeft(clock, sightline)
})

test('stop while a session is let in, subscribes, waits for its answer and calls: each is answered, none stays', async () => {
  let admit = (): void => {}
  const slowDoor = {
    authenticate: () =>
      new Promise<null>((resolve) => {
        admit = () => resolve(null)
      }),
    allows: () => true,
  }
  const { clock, storage, sightline } = setUp({ access: slowDoor })
  await during(clock, sightline.start())
  await clock.advance(1_000)
  const transport = recordingTransport()
  await sightline.attach(transport)
  const inside = transport.connect()
  admit()
  const session = await inside
  const late = transport.connect()
  storage.trouble = 'hangs'
  const pending = transport.subscribe(session, 'orders', 'us-east')
  const called = transport.gateway.call(session, { operation: 'metrics.get', input: params })
  called.catch(() => {})
  await clock.advance(10)
  await during(clock, sightline.stop({ timeoutMs: 100 }))
  admit()
  await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(during(clock, pending)).resolves.toMatchObject({ frame: { provisional: true, data: { data: { n: 0 } } } })
  await expect(during(clock, called)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expectNothingLeft(clock, sightline)
  expect([...transport.rooms.values()].every((members) => members.size === 0)).toBe(true)
})

test('sessions whose transport does not tell that they ended are forgotten at stop, with the timers of their expiry', async () => {
  const clock = testClock()
  const sightline = createSightline({
    access: allowAll(),
    clock,
    storage: memoryStorage({ clock }),
    apis: { orders: { regions: { 'us-east': { probe: scriptedProbe() } } } },
  })
  await during(clock, sightline.start())
  const transport = recordingTransport()
  await sightline.attach(transport, { as: { id: 'ada', roles: [], teams: [], expiresAt: clock.now() + 86_400_000 } })
  const session = await transport.connect()
  await transport.subscribe(session, 'orders', 'us-east')
  const closed: string[] = []
  sightline.on('session:closed', ({ id }) => void closed.push(id))
  await during(clock, sightline.stop({ timeoutMs: 100 }))
  expect(closed).toEqual([session])
  expectNothingLeft(clock, sightline as unknown as Sightline)
})

test('a detached transport takes its sessions with it, and nobody comes in through it any more', async () => {
  const { clock, sightline } = setUp()
  await during(clock, sightline.start())
  const transport = recordingTransport()
  const detach = await sightline.attach(transport)
  const session = await transport.connect()
  await transport.subscribe(session, 'orders', 'us-east')
  await detach()
  await detach()
  expect(sightline.counters()).toMatchObject({ sessions: 0, subscriptions: 0 })
  await expect(transport.connect()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(sightline.info().adapters.transports).toEqual([])
  await during(clock, sightline.stop())
})

test('a transport that does not open is not kept', async () => {
  const { clock, sightline } = setUp()
  const transport = Object.assign(recordingTransport(), {
    open: () => Promise.reject(new SightlineError('UNAVAILABLE', 'port taken')),
  })
  await expect(sightline.attach(transport)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(sightline.info().adapters.transports).toEqual([])
  await during(clock, sightline.stop())
})

test('after stop: attach, call, read and ready are refused, a direct client is told', async () => {
  const { clock, sightline } = setUp()
  await during(clock, sightline.start())
  await during(clock, sightline.stop())
  await expect(sightline.attach(recordingTransport())).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(sightline.call({ operation: 'metrics.get', input: params, as: 'system' })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  })
  await expect(sightline.start()).rejects.toMatchObject({ code: 'CONFLICT' })
  const refused = vi.fn()
  directTransport(sightline, { as: null }).open({ connected: () => {}, disconnected: () => {}, refused, frame: () => {} })
  await expect.poll(() => refused.mock.calls.length).toBe(1)
  expect(refused.mock.calls[0]?.[0]).toMatchObject({ code: 'UNAVAILABLE' })
})

test('ready: given up by signal or time or stop it rejects and leaves no timer; where the first load fails it is tried again', async () => {
  const { clock, storage, sightline } = setUp({ trouble: 'refuses' })
  await expect(sightline.ready({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  const controller = new AbortController()
  const aborted = sightline.ready({ signal: controller.signal })
  controller.abort()
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
  await expect(during(clock, sightline.ready({ timeoutMs: 100 }))).rejects.toMatchObject({ code: 'TIMEOUT' })
  expect(clock.pending).toBe(0)
  await during(clock, sightline.start())
  const waiting = sightline.ready({ timeoutMs: 60_000 })
  await clock.advance(2_000)
  // It connects, but the first load is answered too late, and storage never counts as away.
  storage.trouble = 'loses-answers'
  await clock.advance(5_000)
  storage.trouble = 'none'
  await during(clock, waiting)
  await during(clock, sightline.stop())
  expectNothingLeft(clock, sightline)

  const other = setUp({ trouble: 'refuses' })
  const never = other.sightline.ready()
  never.catch(() => {})
  await during(other.clock, other.sightline.stop())
  await expect(never).rejects.toMatchObject({ code: 'ABORTED' })
  expectNothingLeft(other.clock, other.sightline)
})

test('stop does not wait for a rate limit, for a pause between two tries, or for a probe that does not heed its signal', async () => {
  const { clock, probe, sightline } = setUp({ maxPerSecond: 0.2, intervalMs: 3_600_000 })
  await during(clock, sightline.start())
  const polling = ['us-east', 'eu-west'].map((region) =>
    sightline
      .call({ operation: 'metrics.pollNow', input: { api: 'orders', region }, as: 'system' })
      .catch((error: unknown) => error),
  )
  probe.hangs()
  await clock.advance(10)
  // One is being asked, the other waits five seconds for its turn.
  expect(probe.asked).toBe(1)
  const startedAt = clock.monotonic()
  await during(clock, sightline.stop({ timeoutMs: 100 }))
  expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(2_000)
  await Promise.all(polling)
  expectNothingLeft(clock, sightline)
})

test('a store that turns out to be of a later format when it comes back does not take the process down', async () => {
  let format = 0
  const { clock, storage, sightline } = setUp({
    trouble: 'refuses',
    storage: (driver) => ({
      ...driver,
      connect: async (plan) => {
        if (format++ < 3) throw new SightlineError('INCOMPATIBLE', 'The store has format 9.')
        return driver.connect(plan)
      },
    }),
  })
  await during(clock, sightline.start())
  storage.trouble = 'none'
  await clock.advance(3_000)
  expect(format).toBeGreaterThan(0)
  await during(clock, sightline.ready())
  await during(clock, sightline.stop())
  expectNothingLeft(clock, sightline)
})

test('a store of a later format at the first connect refuses the start', async () => {
  const { clock, sightline } = setUp({
    storage: (driver) => ({
      ...driver,
      connect: () => Promise.reject(new SightlineError('INCOMPATIBLE', 'The store has format 9.')),
    }),
  })
  await expect(during(clock, sightline.start())).rejects.toMatchObject({ code: 'INCOMPATIBLE' })
  expectNothingLeft(clock, sightline)
})

test('a command that waits for a commit when Sightline stops is told that its outcome is unknown', async () => {
  const NOTE = { name: 'notes.note', parse: (raw: unknown) => raw, indexes: {} }
  const save = defineMutation({
    permission: 'notes:write',
    input: z.object({}),
    output: z.object({}),
    handle: async (_, { commit }) => {
      await commit({ store: NOTE.name, id: 'a', expected: null, value: 1 })
      return {}
    },
  })
  const { clock, storage, sightline } = setUp({
    plugins: [definePlugin({ name: 'notes', collections: [NOTE] as never, operations: { 'notes.save': save } })] as never,
  })
  await during(clock, sightline.start())
  storage.trouble = 'hangs'
  const saved = sightline.call({ operation: 'notes.save', input: {}, as: 'system' })
  saved.catch(() => {})
  await clock.advance(10)
  await during(clock, sightline.stop({ timeoutMs: 100 }))
  await expect(saved).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expectNothingLeft(clock, sightline)
})
