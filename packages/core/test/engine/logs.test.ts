import { expect, test } from 'vitest'
import { z } from 'zod'
import { sha1 } from '../../../client/src/topics/sha1.ts'
import { applyAnswer, applyFrame, type TopicState } from '../../../client/src/topics/topic-state.ts'
import { definePlugin, defineTopic, SightlineError } from '../../src/index.ts'
import type { PluginContext } from '../../src/plugin-context.ts'
import { createTestSightline } from '../../src/testing/index.ts'
import { recordingTransport } from './support/recording-transport.ts'

const apis = { orders: { intervalMs: 60_000, regions: { 'us-east': { url: 'http://127.0.0.1:1/' } } } }

interface Entry {
  readonly id: string
}

const PAGE = 10

/** A log as a plugin keeps it, whose cursors are no ids. */
const logPlugin = () => {
  const stored: Entry[] = []
  const loads: (string | undefined)[] = []
  let context: PluginContext | null = null
  let fault: SightlineError | null = null
  /** What happens in the middle of a read. */
  let meanwhile = (): void => {}

  const topic = defineTopic({
    kind: 'log',
    permission: 'log:view',
    data: z.array(z.object({ id: z.string() })),
    load: async (_, { since }) => {
      loads.push(since)
      if (fault !== null) throw fault
      const from = since === undefined ? Math.max(0, stored.length - PAGE) : Number(since.slice('after:'.length))
      if (!Number.isInteger(from)) throw new SightlineError('INVALID_INPUT', 'No cursor of this log.')
      const page = stored.slice(from, from + PAGE)
      const cursor = `after:${from + page.length}`
      meanwhile()
      await Promise.resolve()
      return { entries: page, cursor }
    },
  })
  const add = (count = 1, { isTold = true } = {}): void => {
    for (let added = 0; added < count; added++) {
      const entry = { id: `e${stored.length + 1}` }
      stored.push(entry)
      if (isTold) context?.publish('default', 'log', { kind: 'log', entries: [entry], cursor: `after:${stored.length}` })
    }
  }
  return {
    plugin: definePlugin({
      name: 'log',
      topics: { log: topic } as never,
      start: (started) => {
        context = started
      },
    }),
    stored,
    loads,
    add,
    fails: (error: SightlineError | null) => {
      fault = error
    },
    during: (act: () => void) => {
      meanwhile = () => {
        meanwhile = () => {}
        act()
      }
    },
  }
}

const setUp = async () => {
  const log = logPlugin()
  const t = await createTestSightline({ apis, plugins: [log.plugin] as never })
  const transport = recordingTransport()
  await t.sightline.attach(transport)
  return { t, log, transport }
}

const context = { sha1, maxLogEntries: 10_000 }

/** What a client shows that was answered, and then sent these frames. */
const shownBy = (
  answer: Awaited<ReturnType<ReturnType<typeof recordingTransport>['gateway']['subscribe']>>,
  frames: readonly Parameters<typeof applyFrame>[1][],
  before: TopicState = null,
): TopicState => {
  let { state } = applyAnswer(before, 'frame' in answer ? answer.frame : null, [], context)
  for (const frame of frames) ({ state } = applyFrame(state, frame, context))
  return state
}

const idsOf = (state: TopicState): readonly string[] => (state?.kind === 'log' ? (state.data ?? []).map(({ id }) => id) : [])
const ids = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, index) => `e${from + index}`)

test('a subscriber is answered the newest page, then sent what is added; who comes back with a cursor is answered all that is missing', async () => {
  const { t, log, transport } = await setUp()
  await using _ = t
  log.add(25)
  const session = await transport.connect()
  const answer = await transport.gateway.subscribe(session, { topic: 'log' })
  expect(answer).toMatchObject({ frame: { kind: 'log', reset: true, cursor: 'after:25', entries: { length: 10 } } })
  log.add(3)
  const state = shownBy(answer, transport.framesOf(session))
  expect(idsOf(state)).toEqual(ids(16, 28))
  expect(state).toMatchObject({ cursor: 'after:28' })

  transport.gateway.disconnect(session)
  log.add(35)
  const again = await transport.connect()
  const since = { cursor: state?.kind === 'log' ? (state.cursor ?? '') : '' }
  const back = await transport.gateway.subscribe(again, { topic: 'log', since })
  expect(back).not.toHaveProperty('frame.reset')
  expect(idsOf(shownBy(back, [], state))).toEqual(ids(16, 63))
})

test('who missed more than can be caught up with, or comes with a cursor that is no good any more, starts anew from the newest page', async () => {
  const { t, log, transport } = await setUp()
  await using _ = t
  log.add(2_000, { isTold: false })
  for (const cursor of ['after:5', 'of another store']) {
    log.loads.length = 0
    const answer = await transport.gateway.subscribe(await transport.connect(), { topic: 'log', since: { cursor } })
    expect(answer).toMatchObject({ frame: { reset: true, cursor: 'after:2000', entries: { length: 10 } } })
    expect(log.loads.length).toBeLessThan(105)
  }
})

test('what is added while a log is read is in the answer or follows it, once', async () => {
  const { t, log, transport } = await setUp()
  await using _ = t
  log.add(5)
  const session = await transport.connect()
  log.during(() => log.add(2))
  const answer = await transport.gateway.subscribe(session, { topic: 'log' })
  log.add(1)
  // Frames from before the answer are held by a client, and applied after it.
  expect(idsOf(shownBy(answer, transport.framesOf(session)))).toEqual(ids(1, 8))
})

test('a session that lagged is sent the newest page, with what was added while that was read: nothing between is lost, and the backlog is not sent', async () => {
  const { t, log, transport } = await setUp()
  await using _ = t
  log.add(5)
  const session = await transport.connect()
  const answer = await transport.gateway.subscribe(session, { topic: 'log' })
  transport.gateway.lagging(session)
  log.add(500)
  expect(transport.framesOf(session)).toEqual([])
  log.during(() => log.add(3))
  transport.gateway.drained(session)
  await t.clock.advance(0)
  log.add(1)
  const frames = transport.framesOf(session)
  const sent = frames.reduce((sum, frame) => sum + (frame.kind === 'log' ? frame.entries.length : 0), 0)
  expect(sent).toBeLessThan(40)
  expect(idsOf(shownBy(answer, frames))).toEqual(ids(496, 509))
})

test('a log that storage could not read when it was subscribed, or came back to, is sent when it can be', async () => {
  const { t, log, transport } = await setUp()
  await using _ = t
  log.add(5)
  const [waiting, lagging] = [await transport.connect(), await transport.connect()]
  await transport.gateway.subscribe(lagging, { topic: 'log' })
  log.fails(new SightlineError('UNAVAILABLE', 'away'))
  expect(await transport.gateway.subscribe(waiting, { topic: 'log' })).toMatchObject({ pending: true })
  transport.gateway.lagging(lagging)
  log.add(2)
  transport.gateway.drained(lagging)
  await t.clock.advance(0)
  transport.clear()
  log.fails(null)
  await t.clock.advance(1_100)
  for (const session of [waiting, lagging]) {
    expect(idsOf(shownBy({ topic: 'log', pending: true }, transport.framesOf(session)))).toEqual(ids(1, 7))
  }
  const { loads } = log
  const count = loads.length
  await t.clock.advance(5_000)
  expect(loads.length).toBe(count)
})

test('a log without a state to read is told over HTTP too', async () => {
  const { t, log } = await setUp()
  await using _ = t
  expect(await t.sightline.read({ topic: 'log', as: 'system' })).toMatchObject({ kind: 'log', entries: [] })
  log.add(2)
  expect(await t.sightline.read({ topic: 'log', as: 'system' })).toMatchObject({
    entries: [{ id: 'e1' }, { id: 'e2' }],
    cursor: 'after:2',
  })
})

test('publishing to a topic that is not there, not a plugin’s, or of another kind is refused', async () => {
  let context: PluginContext | null = null
  const log = logPlugin()
  const plugin = definePlugin({
    name: 'other',
    start: (started) => {
      context = started
    },
  })
  await using t = await createTestSightline({ apis, plugins: [log.plugin, plugin] as never })
  expect(t.sightline.topics.has('log')).toBe(true)
  const publish = (name: string) => () => context?.publish('default', name, { kind: 'keyed', put: [], drop: [] })
  expect(publish('nope')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TOPIC' }))
  expect(publish('regions')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TOPIC' }))
  expect(publish('log')).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
})
