import { expect, test } from 'vitest'
import { SightlineError } from '../../src/errors.ts'
import type { Notifier } from '../../src/ports/notifier.ts'
import type { TopicContext } from '../../src/topics/define-topic.ts'
import {
  incident,
  type RecordingNotifier,
  recordingNotifier,
  startAlerts,
  switchableLeadership,
} from './support/alerts-engine.ts'

const routes = [{ channels: ['ops'], groupBy: ['service'] as const, groupWaitMs: 0 }]
const context: TopicContext = { team: 'default', principal: null }

test('every operation names a permission and a route of its own', async () => {
  await using engine = await startAlerts({ notifiers: () => ({}) })
  const operations = Object.entries(engine.part.operations)
  const places = operations.map(([, { http }]) => `${http?.method} ${http?.path}`)
  expect(new Set(places).size).toBe(operations.length)
  for (const [name, { kind, permission, summary, http }] of operations) {
    expect(permission, name).toBe(kind === 'query' ? 'alerts:view' : 'alerts:manage')
    expect(http?.method === 'GET', name).toBe(kind === 'query')
    expect(summary.length, name).toBeGreaterThan(10)
  }
})

test('alerts and deliveries are listed by what is asked for, a page at a time', async () => {
  await using engine = await startAlerts({
    routes: [{ channels: ['ops', 'mail'], groupBy: ['service'], groupWaitMs: 0, groupIntervalMs: 0 }],
    notifiers: (clock) => ({
      ops: recordingNotifier(clock),
      mail: recordingNotifier(clock, () => {
        throw new SightlineError('INVALID_INPUT', 'Never.')
      }),
    }),
  })
  for (let index = 0; index < 12; index++) {
    await engine.commit({ incident: incident({ id: `s${index}` }), kind: 'opened', step: 1 })
    await engine.clock.advance(1_000)
  }
  const list = async (operation: string, input: object) =>
    (await engine.call(operation, input)) as { items: Record<string, unknown>[]; next: string | null }
  expect((await list('alerts.list', {})).items).toHaveLength(24)
  expect((await list('alerts.list', { status: 'dead' })).items.map(({ channel }) => channel)).toEqual(Array(12).fill('mail'))
  expect((await list('alerts.list', { incident: 's3', channel: 'ops' })).items).toMatchObject([{ service: 's3', status: 'sent' }])
  expect((await list('deliveries.list', { status: 'sent', channel: 'mail' })).items).toEqual([])
  const seen: unknown[] = []
  let cursor: string | undefined
  do {
    const page = await list('deliveries.list', { channel: 'ops', limit: 5, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...page.items.map(({ title }) => title))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => `s${11 - index} is down`))
  expect((await list('channels.list', {})).items).toEqual([
    { name: 'ops', kind: 'recording', pending: 0, dead: 0, lastError: null },
    { name: 'mail', kind: 'recording', pending: 0, dead: 12, lastError: 'Never.' },
  ])
  expect((await list('routes.list', {})).items).toMatchObject([{ channels: ['ops', 'mail'] }])
  await expect(engine.call('alerts.list', { limit: 0 })).rejects.toThrow('input')
  await expect(engine.call('deliveries.replay', { id: 'none' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a test reaches its channel, also from a process that does not lead', async () => {
  let ops: RecordingNotifier | undefined
  const leadership = switchableLeadership(false)
  await using engine = await startAlerts({
    routes,
    leadership,
    notifiers: (clock) => {
      ops = recordingNotifier(clock)
      return { ops }
    },
  })
  expect(await engine.call('channels.test', { channel: 'ops' })).toMatchObject({ kind: 'test', status: 'pending' })
  await engine.clock.advance(20_000)
  expect(ops?.taken).toEqual([])
  leadership.turn(true)
  await engine.clock.advance(1_000)
  expect(ops?.taken.map(({ note }) => note.status)).toEqual(['test'])
  await expect(engine.call('channels.test', { channel: 'none' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(engine.call('channels.test', { channel: '__proto__' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('screens are told of alerts and deliveries as they change, and show them when they come', async () => {
  await using engine = await startAlerts({ routes, notifiers: (clock) => ({ ops: recordingNotifier(clock) }) })
  await engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
  await engine.clock.advance(1_000)
  const puts = (topic: string): readonly unknown[] =>
    engine.published.flatMap(({ topic: name, change }) =>
      name === topic ? (change as { put: [string, unknown, { status: string }][] }).put.map(([, , item]) => item.status) : [],
    )
  expect(puts('alerts').at(-1)).toBe('sent')
  expect(puts('deliveries').at(-1)).toBe('sent')
  const now = engine.clock.now()
  await engine.call('silences.create', { from: now, to: now + 60_000, reason: 'x' })
  await engine.call('maintenance.create', { title: 'disks', from: now, to: now + 60_000 })
  for (const [topic, count] of [
    ['alerts', 1],
    ['deliveries', 1],
    ['silences', 1],
    ['maintenance', 1],
  ] as const) {
    const { items } = (await engine.part.topics[topic].load(undefined, context)) as { items: unknown[] }
    expect(items, topic).toHaveLength(count)
    const others = (await engine.part.topics[topic].load(undefined, { ...context, team: 'others' })) as { items: unknown[] }
    expect(others.items, topic).toEqual([])
  }
})

test('what shows nothing, or turns the direction of a text, is no title and no reason', async () => {
  await using engine = await startAlerts({ notifiers: () => ({}) })
  const now = engine.clock.now()
  const silence = (of: object) => engine.call('silences.create', { from: now, to: now + 1_000, reason: '', ...of })
  const maintenance = (title: string) => engine.call('maintenance.create', { title, from: now, to: now + 1_000 })
  for (const text of ['a\u202eb', 'a\u2066b', 'a\u200fb', '\u200b', '\u001b[2J', 'a\u009bb', 'a\nb', '\ud800']) {
    await expect(silence({ reason: text })).rejects.toThrow('in one line that shows something')
    await expect(silence({ services: [text] })).rejects.toThrow('in one line that shows something')
    await expect(maintenance(text)).rejects.toThrow('in one line that shows something')
  }
  for (const text of ['תחזוקה', 'صيانة', '👩\u200d💻']) {
    expect(await silence({ reason: text, services: [text] })).toMatchObject({ reason: text, services: [text] })
    expect(await maintenance(text)).toMatchObject({ title: text })
  }
  expect(await silence({})).toMatchObject({ reason: '' })
})

test.each([
  ['an object without a prototype', () => Object.create(null), null],
  ['one with a receipt', () => Object.assign(Object.create(null), { receipt: 'r1' }), 'r1'],
  ['a receipt without a prototype', () => ({ receipt: Object.create(null) }), null],
  [
    'a receipt that cannot be read',
    () => ({
      get receipt() {
        throw new Error('no')
      },
    }),
    null,
  ],
  ['nothing', () => undefined, null],
  ['null', () => null, null],
  ['a text', () => 'ok', null],
  ['a number', () => ({ receipt: 7 }), '7'],
  ['a symbol', () => ({ receipt: Symbol('r') }), null],
  ['a receipt with an escape', () => ({ receipt: 'r\u001b[2J\ud800' }), 'r [2J\ufffd'],
])('what is taken is sent, though the notifier answers with %s', async (_, answer, receipt) => {
  let sent = 0
  const send = (() => {
    sent++
    return Promise.resolve(answer())
  }) as Notifier['send']
  await using engine = await startAlerts({ routes, notifiers: () => ({ ops: { name: 'odd', send } }) })
  await engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
  await engine.clock.advance(10_000)
  expect(await engine.deliveries()).toMatchObject([{ status: 'sent', attempts: 1, receipt, lastError: null }])
  expect(sent).toBe(1)
})

test('stopped, it leaves no timer and closes its notifiers', async () => {
  let closed = 0
  const engine = await startAlerts({
    routes,
    notifiers: (clock) => ({
      ops: { ...recordingNotifier(clock, () => new Promise(() => {})), close: async () => void closed++ },
    }),
  })
  await engine.commit({ incident: incident({ id: 'a' }), kind: 'opened', step: 1 })
  await engine.clock.advance(100)
  await engine[Symbol.asyncDispose]()
  expect(closed).toBe(1)
  expect(engine.clock.pending).toBe(0)
})
