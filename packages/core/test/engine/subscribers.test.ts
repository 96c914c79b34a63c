import { expect, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import { applyPatch } from '../../src/protocol/apply-patch.ts'
import type { Frame } from '../../src/protocol/frame.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'

const url = 'http://127.0.0.1:1/'
const one = { apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { url } } } } }
const params = { api: 'orders', region: 'us-east' }

const setUp = async (store = memoryStore()) => {
  const t = await createTestSightline({ ...one }, { storage: memoryStorage({ store }) })
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  return { t, transport, session, store }
}

const big = (n: number) => ({ n, filler: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, index])) })

test('who subscribes before the first document waits, and is sent it; who subscribes later is answered it; who has it is told so', async () => {
  const { t, transport, session } = await setUp()
  await using _ = t
  const key = 'metrics?api=orders&region=us-east'
  t.probe('orders', 'us-east').returns({ open: 1 })
  expect(await transport.subscribe(session, 'orders', 'us-east')).toEqual({ topic: key, pending: true })
  await t.clock.advance(1_000)
  expect(transport.framesOf(session)).toMatchObject([
    { topic: key, kind: 'state', version: { revision: 1 }, data: { data: { open: 1 } } },
  ])
  const late = await transport.connect()
  const answered = await transport.subscribe(late, 'orders', 'us-east')
  expect(answered).toMatchObject({ topic: key, frame: { version: { revision: 1 } } })
  const frame = 'frame' in answered && answered.frame.kind === 'state' ? answered.frame : null
  const again = await transport.subscribe(late, 'orders', 'us-east', {
    since: { version: frame?.version ?? { epoch: '', revision: 0 }, digest: frame?.digest ?? '' },
  })
  expect(again).toEqual({ topic: key, upToDate: true })
})

test('patches go to who takes them and fit the version before; the whole to the others', async () => {
  const { t, transport, session } = await setUp()
  await using _ = t
  const patching = await transport.connect()
  t.probe('orders', 'us-east').returns(big(1))
  await t.clock.advance(1_000)
  await transport.subscribe(session, 'orders', 'us-east')
  const first = await transport.subscribe(patching, 'orders', 'us-east', { variant: 'patch' })
  let shown = 'frame' in first && first.frame.kind === 'state' ? first.frame.data : null
  t.probe('orders', 'us-east').returns(big(2))
  await t.clock.advance(1_000)
  const [whole] = transport.framesOf(session)
  const [patched] = transport.framesOf(patching)
  expect(whole).toMatchObject({ kind: 'state', data: { data: big(2) } })
  expect(patched).toMatchObject({ kind: 'state', base: { revision: 1 }, version: { revision: 2 }, patch: expect.any(Array) })
  expect(patched).not.toHaveProperty('data')
  if (patched?.kind === 'state') shown = applyPatch(shown, patched.patch ?? [])
  expect(shown).toEqual(whole?.kind === 'state' ? whole.data : null)
  expect(JSON.stringify(patched).length).toBeLessThan(JSON.stringify(whole).length / 2)
})

test('a session that lags is in no room, and comes back to the latest state of each topic, not to the backlog', async () => {
  const { t, transport, session } = await setUp()
  await using _ = t
  await t.clock.advance(1_000)
  await transport.subscribe(session, 'orders', 'us-east')
  const v1 = await transport.connect()
  await transport.subscribe(v1, 'orders', 'us-east', { variant: 'v1' })
  for (const id of [session, v1]) transport.gateway.lagging(id)
  for (let n = 1; n <= 5; n++) {
    t.probe('orders', 'us-east').returns({ n })
    await t.clock.advance(1_000)
  }
  expect(transport.received).toEqual([])
  for (const id of [session, v1]) transport.gateway.drained(id)
  await t.clock.advance(0)
  for (const id of [session, v1]) expect(transport.framesOf(id)).toMatchObject([{ data: { data: { n: 5 } } }])
  transport.clear()
  for (const id of [session, v1]) transport.gateway.lagging(id)
  for (const id of [session, v1]) transport.gateway.drained(id)
  await t.clock.advance(0)
  // Nothing happened meanwhile: version 1, which has no marks, is not told twice.
  expect(transport.framesOf(v1)).toEqual([])
  t.probe('orders', 'us-east').returns({ n: 6 })
  await t.clock.advance(1_000)
  expect(transport.framesOf(v1)).toMatchObject([{ data: { data: { n: 6 } } }])
})

test('a wiped store begins a new epoch, which everybody is told with `reset`, within two seconds', async () => {
  const { t, transport, session, store } = await setUp()
  await using _ = t
  t.probe('orders', 'us-east').returns({ open: 1 })
  await t.clock.advance(1_000)
  await transport.subscribe(session, 'orders', 'us-east')
  const wiping = memoryStorage({ store })
  await wiping.connect({ collections: [], format: { writes: 1, reads: 1 } })
  await wiping.snapshots.remove([{ team: 'default', ...params }])
  await t.clock.advance(2_000)
  const [frame] = transport.framesOf(session)
  expect(frame).toMatchObject({ kind: 'state', reset: true, version: { revision: 1 }, data: { data: { open: 1 } } })
  expect(t.changes.map(({ epoch }) => epoch)[0]).not.toBe(t.changes.at(-1)?.epoch)
})

test('a foreign write is shown within the reconcile interval, without a bus', async () => {
  const { t, transport, session, store } = await setUp()
  await using _ = t
  t.probe('orders', 'us-east').returns({ open: 1 })
  await t.clock.advance(1_000)
  await transport.subscribe(session, 'orders', 'us-east')
  const foreign = memoryStorage({ store })
  await foreign.connect({ collections: [], format: { writes: 1, reads: 1 } })
  const key = { team: 'default', ...params }
  const [current] = await foreign.snapshots.load([key])
  t.probe('orders', 'us-east').fails(new Error('down'))
  await foreign.snapshots.replace([
    {
      key,
      expected: current?.version ?? null,
      writeId: 'f',
      at: t.clock.now(),
      body: '{"open":2}',
      hash: 'a'.repeat(40),
      fence: current?.fence ?? 0,
      detector: 'x',
    },
  ])
  await t.clock.advance(2_000)
  expect(transport.framesOf(session)).toMatchObject([{ version: { revision: 2 }, data: { data: { open: 2 } } }])
})

test('a client that claims a later revision than storage has is given what storage has, with `reset`', async () => {
  const { t, transport, session } = await setUp()
  await using _ = t
  t.probe('orders', 'us-east').returns({ open: 1 })
  await t.clock.advance(1_000)
  const epoch = t.changes[0]?.epoch ?? ''
  const answered = await transport.subscribe(session, 'orders', 'us-east', {
    since: { version: { epoch, revision: 9 }, digest: 'x' },
  })
  expect(answered).toMatchObject({ frame: { reset: true, version: { epoch, revision: 1 } } })
})

test('a keyed topic of 1,000 items sends under 2 % of the whole for one changed field; unchanged items are refreshed by heartbeat', async () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `r${index}`)
  await using t = await createTestSightline({
    apis: {
      orders: {
        intervalMs: 3_600_000,
        timeoutMs: 1_000,
        retries: 0,
        regions: Object.fromEntries(names.map((name) => [name, { url }])),
      },
    },
  })
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  const session = await transport.connect()
  const answered = await transport.gateway.subscribe(session, { topic: 'regions' })
  const whole = 'frame' in answered ? answered.frame : null
  expect(whole).toMatchObject({ kind: 'keyed', reset: true, put: { length: 1_000 } })
  t.probe('orders', 'r7').fails(new Error('down'))
  await Promise.allSettled([
    t.sightline.call({ operation: 'metrics.pollNow', input: { api: 'orders', region: 'r7' }, as: 'system' }),
    t.clock.advance(10),
  ])
  const [frame] = transport.framesOf(session)
  expect(frame).toMatchObject({
    kind: 'keyed',
    put: [[expect.any(String), expect.anything(), { region: 'r7', state: 'failing' }]],
    drop: [],
  })
  expect(JSON.stringify(frame).length).toBeLessThan(JSON.stringify(whole).length * 0.02)
  const still = await transport.gateway.subscribe(session, {
    topic: 'regions',
    since: { digest: (frame as Frame & { digest: string }).digest },
  })
  expect(still).toMatchObject({ upToDate: true })
})

test('unknown topics, bad params, unknown regions and too many subscriptions are refused by code, and leave no room behind', async () => {
  const { t, transport, session } = await setUp()
  await using _ = t
  const { gateway } = transport
  await expect(gateway.subscribe(session, { topic: 'nope' })).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' })
  await expect(gateway.subscribe(session, { topic: 'metrics', params: { api: 1 } })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    fields: expect.any(Array),
  })
  await expect(transport.subscribe(session, 'orders', 'mars')).rejects.toMatchObject({ code: 'UNKNOWN_REGION' })
  await expect(gateway.subscribe('nobody', { topic: 'regions' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  expect([...transport.rooms.values()].every((members) => members.size === 0)).toBe(true)
  expect(t.sightline.counters().subscriptions).toBe(0)
})

test('a session that is cut leaves its rooms', async () => {
  const { t, transport, session } = await setUp()
  await using _ = t
  await t.clock.advance(1_000)
  await transport.subscribe(session, 'orders', 'us-east')
  expect(t.sightline.counters()).toMatchObject({ sessions: 1, subscriptions: 1 })
  expect(t.sightline.sessions.revoke()).toBe(1)
  expect(t.sightline.counters()).toMatchObject({ sessions: 0, subscriptions: 0 })
  expect([...transport.rooms.values()].every((members) => members.size === 0)).toBe(true)
})
