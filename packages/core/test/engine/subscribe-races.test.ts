import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  createSightline,
  definePlugin,
  defineTopic,
  type KeyedPut,
  memoryStorage,
  type Sightline,
  SightlineError,
} from '../../src/index.ts'
import { createTestSightline, scriptedProbe, testClock } from '../../src/testing/index.ts'
import type { TopicStates } from '../../src/topics/define-topic.ts'
import { recordingTransport } from './support/recording-transport.ts'
import { switchableStorage } from './support/switchable-storage.ts'

const params = { api: 'orders', region: 'us-east' }
const url = 'http://127.0.0.1:1/'
const apis = { orders: { intervalMs: 1_000, regions: { 'us-east': { url } } } }

const turns = async (count = 5): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A door whose keeper takes as long as the test says. */
const slowAccess = () => {
  const asked: ((answer: boolean) => void)[] = []
  return {
    access: { authenticate: () => null, allows: () => new Promise<boolean>((resolve) => void asked.push(resolve)) },
    asked,
    answer: (allowed = true) => {
      for (const resolve of asked.splice(0)) resolve(allowed)
    },
  }
}

const setUpSlow = async () => {
  const clock = testClock()
  const door = slowAccess()
  const probe = scriptedProbe({ n: 0 })
  const sightline = createSightline({
    access: door.access,
    clock,
    storage: memoryStorage({ clock }),
    apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { probe } } } },
  }) as unknown as Sightline
  await sightline.start()
  await clock.advance(1_100)
  const transport = recordingTransport()
  await sightline.attach(transport)
  const session = await transport.connect()
  const dispose = async () => {
    const stopped = sightline.stop({ timeoutMs: 100 })
    await clock.advance(5_000)
    await stopped
  }
  return { clock, door, probe, sightline, transport, session, [Symbol.asyncDispose]: dispose }
}

const members = (transport: ReturnType<typeof recordingTransport>): number =>
  [...transport.rooms.values()].reduce((sum, { size }) => sum + size, 0)

test('unsubscribing before the subscription is answered leaves nothing subscribed, however long the access port takes', async () => {
  await using s = await setUpSlow()
  const subscribed = s.transport.subscribe(s.session, 'orders', 'us-east')
  await turns()
  s.transport.gateway.unsubscribe(s.session, { topic: 'metrics', params })
  await turns()
  s.door.answer()
  await expect(subscribed).rejects.toMatchObject({ code: 'ABORTED' })
  expect(members(s.transport)).toBe(0)
  expect(s.sightline.counters().subscriptions).toBe(0)
})

test('subscribing again behind an unsubscription that overtook the first subscribes', async () => {
  await using s = await setUpSlow()
  const first = s.transport.subscribe(s.session, 'orders', 'us-east')
  await turns()
  s.transport.gateway.unsubscribe(s.session, { topic: 'metrics', params })
  const second = s.transport.subscribe(s.session, 'orders', 'us-east')
  await turns()
  s.door.answer()
  await expect(first).rejects.toMatchObject({ code: 'ABORTED' })
  await expect(second).resolves.toMatchObject({ frame: { version: { revision: 1 } } })
  expect(s.sightline.counters().subscriptions).toBe(1)
  expect(members(s.transport)).toBe(1)
})

test('a session that ends while the access port thinks about its subscription leaves no room, no topic and no member behind', async () => {
  await using s = await setUpSlow()
  const subscribed = s.transport.subscribe(s.session, 'orders', 'us-east')
  await turns()
  s.transport.gateway.disconnect(s.session)
  s.door.answer()
  await expect(subscribed).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(members(s.transport)).toBe(0)
  s.probe.returns({ n: 1 })
  const { broadcasts } = s.sightline.counters()
  await s.clock.advance(2_000)
  expect(s.sightline.counters().broadcasts).toBe(broadcasts)
})

test('subscribing twice at once: both are answered, one subscription stands, and one unsubscription ends it', async () => {
  await using s = await setUpSlow()
  const both = [s.transport.subscribe(s.session, 'orders', 'us-east'), s.transport.subscribe(s.session, 'orders', 'us-east')]
  await turns()
  s.door.answer()
  for (const answered of await Promise.all(both)) expect(answered).toMatchObject({ frame: { version: { revision: 1 } } })
  expect(s.sightline.counters().subscriptions).toBe(1)
  s.probe.returns({ n: 1 })
  await s.clock.advance(1_100)
  expect(s.transport.framesOf(s.session)).toHaveLength(1)
  s.transport.gateway.unsubscribe(s.session, { topic: 'metrics', params })
  await turns()
  expect(members(s.transport)).toBe(0)
  expect(s.sightline.counters().subscriptions).toBe(0)
})

test('a subscription in each variant is a subscription of its own', async () => {
  await using t = await createTestSightline({ apis })
  await t.clock.advance(1_100)
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  for (const variant of ['whole', 'patch', 'v1'] as const) await transport.subscribe(session, 'orders', 'us-east', { variant })
  expect(t.sightline.counters().subscriptions).toBe(3)
  t.probe('orders', 'us-east').returns({ n: 1 })
  await t.clock.advance(1_100)
  expect(transport.received.map(({ room }) => room?.split(':')[0]).sort()).toEqual(['metrics', 'patch', 'whole'])
  transport.gateway.unsubscribe(session, { topic: 'metrics', params, variant: 'v1' })
  await turns()
  expect(t.sightline.counters().subscriptions).toBe(2)
  await expect(transport.gateway.subscribe(session, { topic: 'regions', variant: 'v1' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  })
})

/** A plugin topic whose `load` is answered when the test says. */
const slowTopic = <Kind extends 'state' | 'keyed' | 'log'>(kind: Kind) => {
  const loads: { resolve(state: TopicStates[Kind]): void; reject(error: Error): void; since: string | undefined }[] = []
  const topic = defineTopic({
    kind,
    permission: 'things:view',
    data: z.unknown(),
    load: (_: unknown, { since }) =>
      new Promise<TopicStates[Kind]>((resolve, reject) => void loads.push({ resolve, reject, since })),
  })
  return { topic, loads }
}

const setUpTopic = async <Kind extends 'state' | 'keyed' | 'log'>(kind: Kind) => {
  const { topic, loads } = slowTopic(kind)
  let publish: (change: Parameters<Parameters<NonNullable<ReturnType<typeof definePlugin>['start']>>[0]['publish']>[2]) => void =
    () => {}
  const plugin = definePlugin({
    name: 'things',
    topics: { things: topic } as never,
    start: (context) => {
      publish = (change) => context.publish('default', 'things', change)
    },
  })
  const t = await createTestSightline({ apis, plugins: [plugin] as never })
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  return { t, transport, loads, publish: (change: Parameters<typeof publish>[0]) => publish(change) }
}

const at = (revision: number) => ({ epoch: 'e', revision })
const put = (key: string, revision: number): KeyedPut => [key, at(revision), { key, revision }]
const unavailable = () => new SightlineError('UNAVAILABLE', 'away')

test('many sessions on one topic that is being read: it is read once, and all are answered', async () => {
  const { t, transport, loads } = await setUpTopic('state')
  await using _ = t
  const sessions = await Promise.all(Array.from({ length: 50 }, () => transport.connect()))
  const answers = sessions.map((id) => transport.gateway.subscribe(id, { topic: 'things' }))
  await turns()
  expect(loads).toHaveLength(1)
  loads[0]?.resolve({ version: at(1), data: 'x' })
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ frame: { version: at(1), data: 'x' } })
  expect(transport.received).toEqual([])
})

test('sessions that end while a topic is being read: the others are answered, and nothing is left', async () => {
  const { t, transport, loads } = await setUpTopic('state')
  await using _ = t
  const [going, staying] = [await transport.connect(), await transport.connect()]
  const answers = [going, staying].map((id) => transport.gateway.subscribe(id, { topic: 'things' }))
  await turns()
  transport.gateway.disconnect(going)
  loads[0]?.resolve({ version: at(1), data: 'x' })
  expect(await answers[1]).toMatchObject({ frame: { data: 'x' } })
  await answers[0]
  transport.gateway.disconnect(staying)
  expect([...transport.rooms.values()].every(({ size }) => size === 0)).toBe(true)
  // Whoever comes next starts from storage, not from what was known then.
  const next = transport.gateway.subscribe(await transport.connect(), { topic: 'things' })
  await turns()
  loads[1]?.resolve({ version: at(2), data: 'y' })
  expect(await next).toMatchObject({ frame: { data: 'y' } })
})

test('who was told to wait is sent the topic by whichever read succeeds first', async () => {
  const { t, transport, loads } = await setUpTopic('state')
  await using _ = t
  const [early, late] = [await transport.connect(), await transport.connect()]
  const pending = transport.gateway.subscribe(early, { topic: 'things' })
  await turns()
  loads[0]?.reject(unavailable())
  expect(await pending).toMatchObject({ pending: true })
  const answered = transport.gateway.subscribe(late, { topic: 'things' })
  await turns()
  loads[1]?.resolve({ version: at(1), data: 'x' })
  expect(await answered).toMatchObject({ frame: { data: 'x' } })
  expect(transport.framesOf(early)).toMatchObject([{ version: at(1), data: 'x' }])
})

test('one slow read that storage itself survived is made good by the next comparison, without an outage', async () => {
  const storage = switchableStorage(memoryStorage())
  await using t = await createTestSightline({ apis, tuning: { storageTimeoutMs: 500 } }, { storage })
  t.probe('orders', 'us-east').returns({ n: 1 })
  await t.clock.advance(1_100)
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  const { load } = storage.snapshots
  let isSlow = true
  Object.assign(storage.snapshots, {
    load: (...keys: Parameters<typeof load>) => (isSlow ? new Promise<never>(() => {}) : load(...keys)),
  })
  const lost: unknown[] = []
  t.sightline.on('storage:lost', (error) => void lost.push(error))
  const subscribed = transport.subscribe(session, 'orders', 'us-east')
  await t.clock.advance(600)
  // The baseline is known, so that something can be shown; what is stored is not known.
  expect(await subscribed).toMatchObject({ frame: { provisional: true } })
  isSlow = false
  await t.clock.advance(1_500)
  expect(lost).toEqual([])
  expect(transport.framesOf(session).at(-1)).toMatchObject({ version: { revision: 1 }, data: { data: { n: 1 } } })
  expect(transport.framesOf(session).at(-1)).not.toHaveProperty('provisional')
})

test('changes of a list that come while it is read are neither lost nor doubled, whichever of the two is newer', async () => {
  const { t, transport, loads, publish } = await setUpTopic('keyed')
  await using _ = t
  const session = await transport.connect()
  const answered = transport.gateway.subscribe(session, { topic: 'things' })
  await turns()
  publish({ kind: 'keyed', put: [put('a', 2), put('b', 1)], drop: [] })
  publish({ kind: 'keyed', put: [put('c', 1)], drop: [['d', at(3)]] })
  expect(transport.received).toEqual([])
  // What storage says of `c` is from after, of `a` from before what was published.
  loads[0]?.resolve({ items: [put('a', 1), put('c', 5), put('d', 2)] })
  await answered
  const frame = await t.sightline.read({ topic: 'things', as: 'system' })
  expect(frame).toMatchObject({ put: expect.arrayContaining([put('a', 2), put('b', 1), put('c', 5)]) })
  expect(frame?.kind === 'keyed' ? frame.put : []).toHaveLength(3)
})

test('a list that could not be read is not mistaken for what was published of it meanwhile', async () => {
  const { t, transport, loads, publish } = await setUpTopic('keyed')
  await using _ = t
  const session = await transport.connect()
  const pending = transport.gateway.subscribe(session, { topic: 'things' })
  await turns()
  publish({ kind: 'keyed', put: [put('a', 1)], drop: [] })
  loads[0]?.reject(unavailable())
  expect(await pending).toMatchObject({ pending: true })
  publish({ kind: 'keyed', put: [put('b', 1)], drop: [] })
  expect(transport.received).toEqual([])
  await t.clock.advance(1_100)
  loads.at(-1)?.resolve({ items: [put('a', 1), put('b', 1), put('z', 1)] })
  await turns()
  expect(transport.framesOf(session)).toMatchObject([{ kind: 'keyed', reset: true, put: { length: 3 } }])
})

test('a topic whose read fails for good refuses who asked, and keeps nobody', async () => {
  const { t, transport, loads } = await setUpTopic('state')
  await using _ = t
  const session = await transport.connect()
  const refused = transport.gateway.subscribe(session, { topic: 'things' })
  await turns()
  loads[0]?.reject(new Error('a fault of the plugin'))
  await expect(refused).rejects.toMatchObject({ code: 'INTERNAL' })
  expect(t.sightline.counters().subscriptions).toBe(0)
  expect([...transport.rooms.values()].every(({ size }) => size === 0)).toBe(true)
})

test('a first subscription that fails late does not end the one that took its place', async () => {
  const { t, transport, loads } = await setUpTopic('state')
  await using _ = t
  const session = await transport.connect()
  const first = transport.gateway.subscribe(session, { topic: 'things' })
  await turns()
  transport.gateway.unsubscribe(session, { topic: 'things' })
  await turns()
  const second = transport.gateway.subscribe(session, { topic: 'things' })
  await turns()
  loads[0]?.reject(new Error('late'))
  await expect(first).rejects.toMatchObject({ code: 'INTERNAL' })
  loads[1]?.resolve({ version: at(1), data: 'x' })
  expect(await second).toMatchObject({ frame: { data: 'x' } })
  expect(t.sightline.counters().subscriptions).toBe(1)
})

test('a read that is overtaken by a change takes nobody back to before it', async () => {
  const { t, transport, loads, publish } = await setUpTopic('state')
  await using _ = t
  const session = await transport.connect()
  const answered = transport.gateway.subscribe(session, { topic: 'things' })
  await turns()
  publish({ kind: 'state', version: at(6), data: 'six' })
  loads[0]?.resolve({ version: at(5), data: 'five' })
  expect(await answered).toMatchObject({ frame: { version: at(6), data: 'six' } })
  expect(transport.framesOf(session)).toMatchObject([{ version: at(6) }])
})

test('a read that began before a new epoch is not believed; storage is asked again', async () => {
  const { t, transport, loads, publish } = await setUpTopic('state')
  await using _ = t
  const session = await transport.connect()
  const answered = transport.gateway.subscribe(session, { topic: 'things' })
  await turns()
  publish({ kind: 'state', version: { epoch: 'new', revision: 1 }, data: 'new' })
  loads[0]?.resolve({ version: at(5), data: 'old' })
  await turns()
  loads[1]?.resolve({ version: { epoch: 'new', revision: 2 }, data: 'newer' })
  expect(await answered).toMatchObject({ frame: { version: { epoch: 'new', revision: 2 } } })
  expect(transport.framesOf(session).map((frame) => frame.kind === 'state' && frame.data)).toEqual(['new', 'newer'])
})

test('a client that waits with a later revision than the first one there is takes that one, since it is told to forget its own', async () => {
  await using t = await createTestSightline({ apis })
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  const since = { version: { epoch: 'the same', revision: 9 }, digest: 'x' }
  expect(await transport.subscribe(session, 'orders', 'us-east', { since })).toMatchObject({ pending: true })
  await t.clock.advance(1_100)
  expect(transport.framesOf(session)).toMatchObject([{ reset: true, version: { revision: 1 } }])
})
