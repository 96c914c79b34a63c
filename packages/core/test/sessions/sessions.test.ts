import { expect, test } from 'vitest'
import { createSightline, memoryStorage, type Principal, type Sightline } from '../../src/index.ts'
import { scriptedProbe, testClock } from '../../src/testing/index.ts'
import { recordingTransport } from '../engine/support/recording-transport.ts'

const HOUR_MS = 3_600_000

const setUp = async () => {
  const clock = testClock()
  let principal: Principal | null = null
  const sightline = createSightline({
    clock,
    storage: memoryStorage({ clock }),
    access: { authenticate: () => principal, allows: () => true },
    apis: { orders: { regions: { 'us-east': { probe: scriptedProbe({ n: 1 }) } } } },
    // Days are to pass without a heartbeat each second.
    tuning: { heartbeatMs: 24 * HOUR_MS, reconcileMs: 24 * HOUR_MS },
  }) as unknown as Sightline
  await sightline.start({ poll: false })
  const transport = recordingTransport()
  await sightline.attach(transport)
  const connectAs = (as: Principal | null) => {
    principal = as
    return transport.connect()
  }
  const user = (id: string, expiresInMs?: number): Principal => ({
    id,
    roles: [],
    teams: [],
    ...(expiresInMs === undefined ? {} : { expiresAt: clock.now() + expiresInMs }),
  })
  const dispose = async (): Promise<void> => {
    const stopped = sightline.stop({ timeoutMs: 100 })
    await clock.advance(2_000)
    await stopped
    expect(clock.pending).toBe(0)
  }
  return { clock, sightline, transport, connectAs, user, [Symbol.asyncDispose]: dispose }
}

test('a session ends when its principal does, and leaves its rooms', async () => {
  await using s = await setUp()
  const short = await s.connectAs(s.user('ada', HOUR_MS))
  const long = await s.connectAs(s.user('bob', 40 * 24 * HOUR_MS))
  for (const session of [short, long]) await s.transport.gateway.subscribe(session, { topic: 'regions' })
  await s.clock.advance(HOUR_MS - 1)
  expect(s.transport.cut).toEqual([])
  await s.clock.advance(1)
  expect(s.transport.cut).toEqual([short])
  expect(s.sightline.counters()).toMatchObject({ sessions: 1, subscriptions: 1 })
  await expect(s.transport.gateway.call(short, { operation: 'metrics.listApis', input: {} })).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  })
})

test('an expiry further off than a timer can wait is met in the end, and not before', async () => {
  await using s = await setUp()
  const days = 24 * HOUR_MS
  const session = await s.connectAs(s.user('ada', 30 * days))
  /** Days without every second of them. */
  const pass = async (ms: number): Promise<void> => {
    s.clock.stall(ms - 1_000)
    await s.clock.advance(1_000)
  }
  await pass(29 * days)
  expect(s.transport.cut).toEqual([])
  await pass(days)
  expect(s.transport.cut).toEqual([session])
})

test('credentials that have expired, or whose end cannot be read, let nobody in', async () => {
  await using s = await setUp()
  for (const expiresAt of [s.clock.now(), s.clock.now() - 1, Number.NaN, Number.NEGATIVE_INFINITY]) {
    await expect(s.connectAs({ id: 'ada', roles: [], teams: [], expiresAt })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  }
  await s.connectAs({ id: 'ada', roles: [], teams: [], expiresAt: Number.POSITIVE_INFINITY })
  expect(s.sightline.sessions.count).toBe(1)
})

test('a session that was cut is refused everything, also where its transport has not ended it yet', async () => {
  await using s = await setUp()
  const session = await s.connectAs(s.user('ada'))
  Object.assign(s.transport, { disconnect: () => {} })
  expect(s.sightline.sessions.revoke({ userId: 'ada' })).toBe(1)
  await expect(s.transport.gateway.subscribe(session, { topic: 'regions' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(s.transport.gateway.call(session, { operation: 'metrics.listApis', input: {} })).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  })
})

test('revoking a user cuts that user’s sessions alone', async () => {
  await using s = await setUp()
  const [ada, bob] = [await s.connectAs(s.user('ada')), await s.connectAs(s.user('bob'))]
  await s.connectAs(s.user('ada'))
  expect(s.sightline.sessions.revoke({ userId: 'ada' })).toBe(2)
  expect(s.transport.cut).toContain(ada)
  expect(s.transport.cut).not.toContain(bob)
  expect(s.sightline.sessions.count).toBe(1)
})

test('a session holds two thousand subscriptions and no more; one that is asked for again counts once', async () => {
  const names = Array.from({ length: 2_001 }, (_, index) => `r${index}`)
  const clock = testClock()
  const probe = scriptedProbe()
  const sightline = createSightline({
    clock,
    storage: memoryStorage({ clock }),
    access: { authenticate: () => null, allows: () => true },
    apis: {
      orders: { intervalMs: HOUR_MS, timeoutMs: 1_000, regions: Object.fromEntries(names.map((name) => [name, { probe }])) },
    },
  })
  await sightline.start({ poll: false })
  const transport = recordingTransport()
  await sightline.attach(transport)
  const session = await transport.connect()
  for (const name of names.slice(0, 2_000)) await transport.subscribe(session, 'orders', name)
  await transport.subscribe(session, 'orders', 'r0')
  await expect(transport.subscribe(session, 'orders', 'r2000')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
  transport.gateway.unsubscribe(session, { topic: 'metrics', params: { api: 'orders', region: 'r0' } })
  await clock.advance(0)
  await transport.subscribe(session, 'orders', 'r2000')
  const stopped = sightline.stop({ timeoutMs: 100 })
  await clock.advance(1_000)
  await stopped
})

test('what a transport tells of sessions it does not have is ignored', async () => {
  await using s = await setUp()
  const { gateway } = s.transport
  for (const act of [gateway.disconnect, gateway.lagging, gateway.drained]) expect(() => act('nobody')).not.toThrow()
  expect(() => gateway.unsubscribe('nobody', { topic: 'regions' })).not.toThrow()
  const session = await s.connectAs(null)
  gateway.drained(session)
  gateway.lagging(session)
  gateway.lagging(session)
  gateway.unsubscribe(session, { topic: 'nope' })
  gateway.drained(session)
  await s.clock.advance(0)
  expect(s.transport.received).toEqual([])
})

test('a session that lags while it subscribes is in no room, and has the state when it is back', async () => {
  await using s = await setUp()
  const session = await s.connectAs(null)
  s.transport.gateway.lagging(session)
  await s.transport.gateway.subscribe(session, { topic: 'regions' })
  expect([...s.transport.rooms.values()].every(({ size }) => size === 0)).toBe(true)
  s.transport.gateway.drained(session)
  await s.clock.advance(0)
  expect(s.transport.framesOf(session)).toMatchObject([{ kind: 'keyed', reset: true }])
  expect([...s.transport.rooms.values()].some(({ size }) => size === 1)).toBe(true)
})

test('version 1, which has no marks, gets the latest after a lag where anything was new since it was last sent for certain', async () => {
  const clock = testClock()
  const probe = scriptedProbe({ n: 0 })
  const sightline = createSightline({
    clock,
    storage: memoryStorage({ clock }),
    access: { authenticate: () => null, allows: () => true },
    apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { probe } } } },
  })
  await sightline.start()
  await clock.advance(1_100)
  const transport = recordingTransport()
  await sightline.attach(transport)
  const session = await transport.connect()
  await transport.subscribe(session, 'orders', 'us-east', { variant: 'v1' })
  // The frame that did not fit any more is gone before the gateway hears of the full buffer.
  const { broadcast } = transport
  Object.assign(transport, { broadcast: () => {} })
  probe.returns({ n: 1 })
  await clock.advance(1_100)
  Object.assign(transport, { broadcast })
  transport.gateway.lagging(session)
  transport.gateway.drained(session)
  await clock.advance(0)
  expect(transport.framesOf(session)).toMatchObject([{ data: { data: { n: 1 } } }])
  const stopped = sightline.stop({ timeoutMs: 100 })
  await clock.advance(1_000)
  await stopped
})

test('who is connected is listed a page at a time, each once, and only to their team', async () => {
  await using s = await setUp()
  const opened = [await s.connectAs(s.user('ada')), await s.connectAs(s.user('bob')), await s.connectAs(null)]
  await s.transport.gateway.subscribe(opened[0] as string, { topic: 'regions' })
  const list = async (input: object, team = 'default') =>
    (await s.sightline.call({ operation: 'sessions.list', input, as: 'system', team })) as {
      readonly items: readonly {
        readonly id: string
        readonly userId: string | null
        readonly subscriptions: readonly unknown[]
      }[]
      readonly next: string | null
    }
  const first = await list({ limit: 2 })
  const second = await list({ limit: 2, cursor: first.next })
  const all = [...first.items, ...second.items]
  expect(all.map(({ id }) => id)).toEqual(opened.toSorted())
  expect(second.next).toBeNull()
  expect(all.find(({ id }) => id === opened[0])).toMatchObject({
    userId: 'ada',
    subscriptions: [{ topic: 'regions', params: {} }],
  })
  expect((await list({}, 'red')).items).toEqual([])
  expect(s.sightline.info()).toMatchObject({
    sessions: { here: 3, everywhere: { processes: 1, sessions: 3 } },
    adapters: { sessions: null },
  })
})
