import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha1 } from '../../../client/src/topics/sha1.ts'
import { applyAnswer, applyFrame, type TopicState } from '../../../client/src/topics/topic-state.ts'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import type { StorageDriver } from '../../src/ports/storage.ts'
import type { Variant } from '../../src/ports/transport.ts'
import type { MetricsSnapshot } from '../../src/protocol/contract.ts'
import type { Frame } from '../../src/protocol/frame.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'
import { switchableStorage } from './support/switchable-storage.ts'

const ref = { api: 'orders', region: 'us-east' }
const key = { team: 'default', ...ref }
const context = { sha1, maxLogEntries: 10 }

const setUp = async () => {
  const store = memoryStore()
  const storage = switchableStorage(memoryStorage({ store }))
  const foreign = memoryStorage({ store })
  await foreign.connect({ collections: [], format: { writes: 1, reads: 1 } })
  const t = await createTestSightline(
    {
      apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { url: 'http://127.0.0.1:1/' } } } },
      tuning: { storageTimeoutMs: 500 },
    },
    { storage },
  )
  t.probe('orders', 'us-east').returns(documentOf(0))
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  return { t, storage, foreign, transport }
}

/** A document large enough that a patch is worth it. */
const documentOf = (n: number) => ({
  n,
  filler: Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, index])),
})

/** A client that follows the rules of the real one, and asks again where it is told to. */
const follow = async (transport: ReturnType<typeof recordingTransport>, variant: Variant) => {
  const session = await transport.connect()
  let state: TopicState = null
  let applied = 0
  let resyncs = 0
  const shown: MetricsSnapshot[] = []
  const note = (): void => {
    const data = state?.kind === 'state' ? (state.data as MetricsSnapshot | undefined) : undefined
    if (data !== undefined && shown.at(-1) !== data) shown.push(data)
  }
  const ask = async (): Promise<void> => {
    const answer = await transport.subscribe(session, 'orders', 'us-east', { variant })
    ;({ state } = applyAnswer(state, 'frame' in answer ? answer.frame : 'upToDate' in answer ? 'upToDate' : null, [], {
      ...context,
      mayGoBack: true,
    }))
    note()
  }
  await ask()
  return {
    session,
    shown,
    get resyncs() {
      return resyncs
    },
    get state() {
      return state
    },
    catchUp: async () => {
      for (const frames = transport.framesOf(session); applied < frames.length; applied++) {
        const result = applyFrame(state, frames[applied] as Frame, context)
        state = result.state
        note()
        if (result.resync === undefined) continue
        resyncs++
        await ask()
      }
    },
  }
}

const writeAsAnother = async (foreign: StorageDriver, { n, at }: { n: number; at: number }): Promise<void> => {
  const [current] = await foreign.snapshots.load([key])
  const body = JSON.stringify(documentOf(n))
  if (current?.body === body) return
  await foreign.snapshots.replace([
    {
      key,
      expected: current?.version ?? null,
      writeId: `foreign ${n} ${at}`,
      at,
      body,
      hash: n.toString(16).padStart(40, 'f'),
      fence: current?.fence ?? 0,
      detector: 'another',
    },
  ])
}

const contentsOf = (frames: readonly Frame[]): number[] =>
  frames.map((frame) => (frame.kind === 'state' ? ((frame.data as MetricsSnapshot).data as { n: number }).n : Number.NaN))

test('stored, provisional, stored again: whole and patch end equal to the server, version 1 is told each content once', async () => {
  const { t, storage, transport } = await setUp()
  await using _ = t
  t.probe('orders', 'us-east').returns(documentOf(1))
  await t.clock.advance(1_100)
  const clients = [await follow(transport, 'whole'), await follow(transport, 'patch')]
  const v1 = await transport.connect()
  await transport.subscribe(v1, 'orders', 'us-east', { variant: 'v1' })
  let n = 1
  for (let round = 0; round < 6; round++) {
    storage.trouble = round % 2 === 0 ? 'refuses' : 'hangs'
    for (let change = 0; change < 3; change++) {
      t.probe('orders', 'us-east').returns(documentOf(++n))
      await t.clock.advance(1_000)
      for (const client of clients) await client.catchUp()
    }
    storage.trouble = 'none'
    await t.clock.advance(8_000)
    for (const client of clients) await client.catchUp()
  }
  const server = await t.sightline.read({ topic: 'metrics', params: ref, as: 'system' })
  for (const { state, resyncs, shown } of clients) {
    expect(state).toMatchObject({ digest: server?.kind === 'state' ? server.digest : null, provisional: null })
    expect(resyncs).toBe(0)
    // Nobody is taken back through what they have been shown.
    const seen = shown.map(({ data }) => (data as { n: number }).n)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
  }
  expect(contentsOf(transport.framesOf(v1))).toEqual(Array.from({ length: n - 1 }, (_, index) => index + 2))
})

test('provisional, then overtaken by another writer: everybody is shown what is stored, and the next poll’s document on top of it', async () => {
  const { t, storage, foreign, transport } = await setUp()
  await using _ = t
  t.probe('orders', 'us-east').returns(documentOf(1))
  await t.clock.advance(1_100)
  const clients = [await follow(transport, 'whole'), await follow(transport, 'patch')]
  storage.trouble = 'refuses'
  t.probe('orders', 'us-east').returns(documentOf(2))
  await t.clock.advance(1_000)
  await writeAsAnother(foreign, { n: 100, at: t.clock.now() + 60_000 })
  t.probe('orders', 'us-east').fails(new Error('down'))
  storage.trouble = 'none'
  await t.clock.advance(3_000)
  for (const client of clients) {
    await client.catchUp()
    expect(client.state).toMatchObject({ provisional: null, data: { data: { n: 100 } } })
  }
  t.probe('orders', 'us-east').returns(documentOf(3))
  await t.clock.advance(60_000)
  const server = await t.sightline.read({ topic: 'metrics', params: ref, as: 'system' })
  for (const client of clients) {
    await client.catchUp()
    expect(client.state).toMatchObject({ digest: server?.kind === 'state' ? server.digest : null, data: { data: { n: 3 } } })
  }
})

test('a change that waits is not taken back by whoever subscribes meanwhile', async () => {
  const { t, storage, transport } = await setUp()
  await using _ = t
  t.probe('orders', 'us-east').returns(documentOf(1))
  await t.clock.advance(1_100)
  const first = await transport.connect()
  await transport.subscribe(first, 'orders', 'us-east')
  // Reads answer, writes do not.
  const { replace } = storage.snapshots
  Object.assign(storage.snapshots, { replace: () => new Promise<never>(() => {}) })
  t.probe('orders', 'us-east').returns(documentOf(2))
  await t.clock.advance(1_400)
  expect(transport.framesOf(first)).toMatchObject([{ provisional: true, data: { data: { n: 2 } } }])
  transport.gateway.disconnect(first)
  const second = await transport.connect()
  const answer = await transport.subscribe(second, 'orders', 'us-east')
  expect(answer).toMatchObject({ frame: { provisional: true, data: { data: { n: 2 } } } })
  Object.assign(storage.snapshots, { replace })
  await t.clock.advance(3_000)
  expect(transport.framesOf(second).at(-1)).toMatchObject({ version: { revision: 2 }, data: { data: { n: 2 } } })
  expect(transport.framesOf(second).at(-1)).not.toHaveProperty('provisional')
})

test('what is shown from the poller alone while storage is away stops being provisional when storage is back, although nothing was changed', async () => {
  const { t, storage, transport } = await setUp()
  await using _ = t
  t.probe('orders', 'us-east').returns(documentOf(1))
  await t.clock.advance(1_100)
  storage.trouble = 'refuses'
  await t.clock.advance(2_000)
  const client = await follow(transport, 'patch')
  const v1 = await transport.connect()
  await transport.subscribe(v1, 'orders', 'us-east', { variant: 'v1' })
  expect(client.state).toMatchObject({ provisional: expect.anything(), data: { data: { n: 1 } } })
  storage.trouble = 'none'
  await t.clock.advance(4_000)
  await client.catchUp()
  expect(client.state).toMatchObject({ provisional: null, version: { revision: 1 } })
  expect(transport.framesOf(v1)).toEqual([])
})

test('whatever happens to storage, by whomever, clients of either variant end equal to the server, and version 1 is never told the same twice running', async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('change' as const), n: fc.integer({ min: 1, max: 4 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('trouble' as const),
        to: fc.constantFrom('none' as const, 'refuses' as const, 'hangs' as const, 'loses-answers' as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('foreign' as const),
        n: fc.integer({ min: 100, max: 103 }),
        aheadMs: fc.integer({ min: -5_000, max: 5_000 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const { t, storage, foreign, transport } = await setUp()
      await using _ = t
      const clients = [await follow(transport, 'whole'), await follow(transport, 'patch')]
      const v1 = await transport.connect()
      await transport.subscribe(v1, 'orders', 'us-east', { variant: 'v1' })
      for (const each of steps) {
        if (each.do === 'change') t.probe('orders', 'us-east').returns(documentOf(each.n))
        else if (each.do === 'fail') t.probe('orders', 'us-east').fails(new Error('down'))
        else if (each.do === 'trouble') storage.trouble = each.to
        else if (each.do === 'foreign') await writeAsAnother(foreign, { n: each.n, at: t.clock.now() + each.aheadMs })
        else if (each.do === 'wipe') await foreign.snapshots.remove([key])
        await t.clock.advance(each.do === 'pass' ? each.ms : 400)
        for (const client of clients) await client.catchUp()
      }
      storage.trouble = 'none'
      t.probe('orders', 'us-east').returns(documentOf(9))
      // Long enough for the longest pause of a circuit.
      await t.clock.advance(70_000)
      for (const client of clients) await client.catchUp()
      const [stored] = await foreign.snapshots.load([key])
      const server = await t.sightline.read({ topic: 'metrics', params: ref, as: 'system' })
      expect(server).toMatchObject({ version: stored?.version, data: { data: { n: 9 } } })
      for (const client of clients) {
        expect(client.state).toMatchObject({ digest: server?.kind === 'state' ? server.digest : null, provisional: null })
      }
      const told = contentsOf(transport.framesOf(v1))
      expect(told.filter((n, index) => n === told[index - 1])).toEqual([])
      expect(told.at(-1)).toBe(9)
      // The history: no revision missing or doubled within an epoch, no entry that repeats the one before it.
      const { items } = await foreign.snapshots.history(key, { limit: 500 })
      for (const [index, { version, hash }] of items.entries()) {
        const before = items[index + 1]
        if (before === undefined || before.version.epoch !== version.epoch) continue
        expect(version.revision).toBe(before.version.revision + 1)
        expect(hash).not.toBe(before.hash)
      }
      expect(items[0]?.version).toEqual(stored?.version)
    }),
    { numRuns: 60 },
  )
}, 120_000)
