import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import {
  allowAll,
  type Bus,
  type BusEvent,
  createSightline,
  definePlugin,
  defineTopic,
  type KeyedPut,
  memoryBus,
  memoryNetwork,
  memoryStorage,
  memoryStore,
  type Sightline,
  type SnapshotKey,
} from '../../src/index.ts'
import type { PluginContext } from '../../src/plugin-context.ts'
import { scriptedProbe, type TestClock, testClock } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'
import { switchableStorage, type Trouble } from './support/switchable-storage.ts'

const key: SnapshotKey = { team: 'default', api: 'orders', region: 'us-east' }

/** What a bus may do to an event of others. */
type Fate = 'arrives' | 'is lost' | 'comes twice' | 'comes late'

/** A bus that does to each event what the test says, and tells of a gap when the test says. */
const fickleBus = (bus: Bus) => {
  let fate: Fate = 'arrives'
  let late: BusEvent[] = []
  let listener: Parameters<Bus['open']>[0] | null = null
  const fickle: Bus = {
    ...bus,
    open: async (on) => {
      listener = on
      await bus.open({
        ...on,
        event: (event) => {
          if (fate === 'comes late') late.push(event)
          if (fate === 'is lost' || fate === 'comes late') return
          on.event(event)
          if (fate === 'comes twice') on.event(event)
        },
      })
    },
  }
  return {
    bus: fickle,
    become: (next: Fate) => {
      fate = next
    },
    /** What comes late comes now, the other way round. */
    release: () => {
      for (const event of late.splice(0).reverse()) listener?.event(event)
      late = []
    },
    gap: () => listener?.gap('the test says so'),
    deliver: (event: BusEvent) => listener?.event(event),
  }
}

const disposals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose()
})

const items = new Map<string, KeyedPut>()
const lines: { readonly id: string }[] = []

const installation = () => {
  const store = memoryStore()
  const network = memoryNetwork()
  const clock = testClock()
  items.clear()
  lines.length = 0

  return {
    clock,
    store,
    join: async ({ poll = true } = {}) => {
      const fickle = fickleBus(memoryBus({ network }))
      const probe = scriptedProbe({ n: 0 })
      const storage = switchableStorage(memoryStorage({ store, clock }))
      let context: PluginContext | null = null
      const things = definePlugin({
        name: 'things',
        topics: {
          list: defineTopic({
            kind: 'keyed',
            permission: 'things:view',
            data: z.array(z.unknown()),
            load: async () => ({ items: [...items.values()] }),
          }),
          lines: defineTopic({
            kind: 'log',
            permission: 'things:view',
            data: z.array(z.unknown()),
            load: async (_: unknown, { since }) => {
              const page =
                since === undefined ? lines.slice(-5) : lines.slice(lines.findIndex(({ id }) => id === since) + 1).slice(0, 5)
              return { entries: page, cursor: page.at(-1)?.id ?? since ?? '' }
            },
          }),
        } as never,
        start: (started) => {
          context = started
        },
      })
      const sightline = createSightline({
        access: allowAll(),
        clock,
        random: () => 0.5,
        storage,
        tuning: { storageTimeoutMs: 300 },
        bus: fickle.bus,
        plugins: [things] as never,
        apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { probe } } } },
      }) as unknown as Sightline
      await sightline.start({ poll })
      const transport = recordingTransport()
      await sightline.attach(transport)
      const session = await transport.connect()
      disposals.push(async () => {
        const stopped = sightline.stop({ timeoutMs: 100 })
        await clock.advance(1_000)
        await stopped
      })
      const publish: PluginContext['publish'] = (...change) => (context as PluginContext | null)?.publish(...change)
      return { ...fickle, storage, probe, sightline, transport, session, publish }
    },
  }
}

const digestsOf = async (sightlines: readonly Sightline[], topic: string, params?: unknown): Promise<unknown[]> =>
  Promise.all(
    sightlines.map(async (sightline) => {
      const frame = await sightline.read({ topic, ...(params === undefined ? {} : { params }), as: 'system' })
      return frame === null || frame.kind === 'log' ? null : frame.digest
    }),
  )

const change = async (clock: TestClock, probe: { returns(value: unknown): void }, n: number): Promise<void> => {
  probe.returns({ n })
  await clock.advance(1_000)
}

test('a process that does not poll shows what another stores: by event, and within a second where the event is lost, doubled or late', async () => {
  const { clock, join } = installation()
  const poller = await join()
  const server = await join({ poll: false })
  await change(clock, poller.probe, 1)
  await server.transport.subscribe(server.session, 'orders', 'us-east')
  const shown = (): unknown[] =>
    server.transport
      .framesOf(server.session)
      .map((frame) => (frame.kind === 'state' ? (frame.data as { data: unknown }).data : null))
  await change(clock, poller.probe, 2)
  expect(shown()).toEqual([{ n: 2 }])
  server.become('comes twice')
  await change(clock, poller.probe, 3)
  expect(shown()).toEqual([{ n: 2 }, { n: 3 }])
  server.become('is lost')
  await change(clock, poller.probe, 4)
  await clock.advance(1_000)
  expect(shown()).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }])
  server.become('comes late')
  await change(clock, poller.probe, 5)
  await change(clock, poller.probe, 6)
  server.release()
  await clock.advance(1_000)
  expect(shown().at(-1)).toEqual({ n: 6 })
  const revisions = server.transport
    .framesOf(server.session)
    .map((frame) => (frame.kind === 'state' ? frame.version.revision : 0))
  expect(revisions).toEqual([...revisions].sort((a, b) => a - b))
  expect(
    new Set(await digestsOf([poller.sightline, server.sightline], 'metrics', { api: 'orders', region: 'us-east' })).size,
  ).toBe(1)
})

test('a gap has everything that may have been missed compared and read again, once however many gaps there are', async () => {
  const { clock, join } = installation()
  const [a, b] = [await join(), await join({ poll: false })]
  for (const topic of ['list', 'lines']) await b.transport.gateway.subscribe(b.session, { topic })
  b.become('is lost')
  items.set('x', ['x', { epoch: 'e', revision: 1 }, 1])
  a.publish('default', 'list', { kind: 'keyed', put: [items.get('x') as KeyedPut], drop: [] })
  lines.push({ id: 'l1' }, { id: 'l2' })
  a.publish('default', 'lines', { kind: 'log', entries: lines })
  await clock.advance(0)
  expect(b.transport.received).toEqual([])
  const { resyncs } = b.sightline.counters()
  for (let count = 0; count < 50; count++) b.gap()
  await clock.advance(500)
  expect(b.transport.received.map(({ frame }) => frame)).toMatchObject([
    { kind: 'keyed', reset: true, put: [['x', expect.anything(), 1]] },
    { kind: 'log', entries: [{ id: 'l1' }, { id: 'l2' }] },
  ])
  expect(b.sightline.counters().resyncs - resyncs).toBeLessThanOrEqual(4)
})

test('who missed more of a log than can be caught up with is given the newest page, with `reset`', async () => {
  const { clock, join } = installation()
  const [a, b] = [await join(), await join({ poll: false })]
  await b.transport.gateway.subscribe(b.session, { topic: 'lines' })
  lines.push({ id: 'first' })
  a.publish('default', 'lines', { kind: 'log', entries: [{ id: 'first' }] })
  await clock.advance(0)
  b.become('is lost')
  for (let n = 0; n < 3_000; n++) lines.push({ id: `l${n}` })
  b.gap()
  await clock.advance(1_000)
  expect(b.transport.received.map(({ frame }) => frame)).toMatchObject([
    { entries: [{ id: 'first' }] },
    { kind: 'log', reset: true, cursor: 'l2999', entries: { length: 5 } },
  ])
})

test('a plugin’s topics are told in every process: lists and logs, also what is too large for an event', async () => {
  const { clock, join } = installation()
  const [a, b] = [await join(), await join({ poll: false })]
  for (const topic of ['list', 'lines']) await b.transport.gateway.subscribe(b.session, { topic })
  const put: KeyedPut = ['x', { epoch: 'e', revision: 1 }, 'small']
  items.set('x', put)
  a.publish('default', 'list', { kind: 'keyed', put: [put], drop: [] })
  lines.push({ id: 'l1' })
  a.publish('default', 'lines', { kind: 'log', entries: [{ id: 'l1' }] })
  await clock.advance(0)
  expect(b.transport.received.map(({ frame }) => frame)).toMatchObject([
    { kind: 'keyed', put: [put] },
    { kind: 'log', entries: [{ id: 'l1' }] },
  ])
  b.transport.clear()

  const large: KeyedPut = ['y', { epoch: 'e', revision: 1 }, 'x'.repeat(100_000)]
  items.set('y', large)
  a.publish('default', 'list', { kind: 'keyed', put: [large], drop: [] })
  const line = { id: 'l2', text: 'x'.repeat(100_000) }
  lines.push(line)
  a.publish('default', 'lines', { kind: 'log', entries: [line] })
  await clock.advance(0)
  expect(b.transport.received.map(({ frame }) => frame)).toMatchObject([
    { kind: 'keyed', put: { length: 2 } },
    { kind: 'log', entries: [{ id: 'l2' }] },
  ])
})

test('a document too large for an event is read by who shows it', async () => {
  const { clock, join } = installation()
  const [a, b] = [await join(), await join({ poll: false })]
  await change(clock, a.probe, 1)
  await b.transport.subscribe(b.session, 'orders', 'us-east')
  a.probe.returns({ large: 'x'.repeat(100_000) })
  await clock.advance(1_020)
  const [frame] = b.transport.framesOf(b.session)
  expect(frame).toMatchObject({ version: { revision: 2 } })
  expect(JSON.stringify(frame).length).toBeGreaterThan(100_000)
})

test('events that cannot be read, or are of a later version of this software, are met by comparing, and harm nobody', async () => {
  const { clock, join } = installation()
  const a = await join()
  const head = { id: 'orders/us-east', team: 'default', version: { epoch: 'e', revision: 1 } }
  const event = { id: 'x', origin: 'elsewhere', v: 1, type: 'snapshot:changed', head, at: 0 }
  for (const bad of [
    { ...event, payload: '{not json' },
    { ...event, head: { ...head, id: '%E0%A4%A' } },
    { ...event, type: 'topic:changed', payload: 'null' },
    { ...event, v: 2 },
    { ...event, type: 'incident:opened' },
  ]) {
    expect(() => a.deliver(bad)).not.toThrow()
  }
  await clock.advance(2_000)
  await change(clock, a.probe, 7)
  expect(
    await a.sightline.call({ operation: 'metrics.get', input: { api: 'orders', region: 'us-east' }, as: 'system' }),
  ).toMatchObject({ data: { n: 7 } })
})

test('a bus that does not open keeps nobody from starting, and is opened as soon as it can be', async () => {
  const clock = testClock()
  let isThere = false
  let opened = 0
  const inner = memoryBus()
  const bus: Bus = {
    ...inner,
    open: async (on) => {
      if (!isThere) throw new Error('no broker')
      opened++
      await inner.open(on)
    },
  }
  const sightline = createSightline({
    access: allowAll(),
    clock,
    bus,
    random: () => 0.5,
    storage: memoryStorage({ clock }),
    apis: { orders: { regions: { 'us-east': { probe: scriptedProbe() } } } },
  })
  const started = sightline.start()
  await clock.advance(3_000)
  await started
  expect(await sightline.health()).toMatchObject({ status: 'degraded', checks: { bus: { status: 'degraded' } } })
  isThere = true
  await clock.advance(10_000)
  expect(opened).toBe(1)
  expect(await sightline.health()).toMatchObject({ checks: { bus: { status: 'healthy' } } })
  const stopped = sightline.stop({ timeoutMs: 100 })
  await clock.advance(1_000)
  await stopped
  expect(clock.pending).toBe(0)
})

test('a store put back to an older copy by hand, its epoch the same, is what a process shows that does not poll, within two seconds', async () => {
  const { clock, store, join } = installation()
  const a = await join()
  const b = await join({ poll: false })
  for (let n = 1; n <= 5; n++) await change(clock, a.probe, n)
  await b.transport.subscribe(b.session, 'orders', 'us-east')
  a.probe.fails(new Error('down'))
  await clock.advance(1_000)
  // As from a backup: the rows of revision 2.
  const rows = store.snapshots
  const [id, target] =
    [...rows.targets].find(
      ([
        ,
        {
          key: { region },
        },
      ]) => region === key.region,
    ) ?? []
  const older = rows.history.get(id ?? '')?.[1]
  if (id === undefined || target === undefined || older === undefined) throw new Error('nothing to restore')
  rows.targets.set(id, { ...target, latest: older.snapshot })
  rows.history.set(id, (rows.history.get(id) ?? []).slice(0, 2))
  await clock.advance(2_000)
  expect(b.transport.framesOf(b.session).at(-1)).toMatchObject({ reset: true, version: { revision: 2 } })
  // And who polls goes on from there.
  a.probe.returns({ n: 9 })
  await clock.advance(120_000)
  expect(b.transport.framesOf(b.session).at(-1)).toMatchObject({ version: { revision: 3 }, data: { data: { n: 9 } } })
})

test('two processes that poll the same target, over a bus and a storage that do as they like: one history without repetition, and both end with the same', async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('provider' as const), n: fc.nat({ max: 3 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('bus' as const),
        who: fc.nat({ max: 1 }),
        fate: fc.constantFrom<Fate>('arrives', 'is lost', 'comes twice', 'comes late'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('storage' as const),
        who: fc.nat({ max: 1 }),
        trouble: fc.constantFrom<Trouble>('none', 'refuses', 'hangs', 'loses-answers'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3_000 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), who: fc.nat({ max: 1 }) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), fc.boolean(), async (steps, endsWithChange) => {
      const { clock, store, join } = installation()
      const both = [await join(), await join()]
      for (const { transport, session } of both) await transport.subscribe(session, 'orders', 'us-east')
      for (const each of steps) {
        if (each.do === 'provider') for (const { probe } of both) probe.returns({ n: each.n })
        else if (each.do === 'bus') both[each.who]?.become(each.fate)
        else if (each.do === 'storage') Object.assign(both[each.who]?.storage ?? {}, { trouble: each.trouble })
        else if (each.do === 'release') both[each.who]?.release()
        await clock.advance(each.do === 'pass' ? each.ms : 300)
      }
      for (const { storage, become, release } of both) {
        storage.trouble = 'none'
        become('arrives')
        release()
      }
      if (endsWithChange) for (const { probe } of both) probe.returns({ n: 9 })
      await clock.advance(70_000)
      const reader = memoryStorage({ store })
      await reader.connect({ collections: [], format: { writes: 1, reads: 1 } })
      const { items } = await reader.snapshots.history(key, { limit: 500 })
      expect(items.map(({ version }) => version.revision)).toEqual(items.map((_, index) => items.length - index))
      expect(items.filter(({ hash }, index) => hash === items[index + 1]?.hash)).toEqual([])
      const digests = await digestsOf(
        both.map(({ sightline }) => sightline),
        'metrics',
        { api: 'orders', region: 'us-east' },
      )
      expect(new Set(digests).size).toBe(1)
      for (const { sightline, transport, session } of both) {
        const [frame] = [await sightline.read({ topic: 'metrics', params: { api: 'orders', region: 'us-east' }, as: 'system' })]
        expect(frame).toMatchObject({ version: items[0]?.version })
        const last = transport.framesOf(session).at(-1)
        if (last !== undefined)
          expect(last).toMatchObject({ version: items[0]?.version, digest: frame?.kind === 'state' ? frame.digest : '' })
      }
      for (const dispose of disposals.splice(0)) await dispose()
    }),
    { numRuns: 30 },
  )
}, 120_000)
