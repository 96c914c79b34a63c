import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import { AUDIT } from '../../src/operations/audit.ts'
import type { Incident, IncidentDetail } from '../../src/protocol/incidents.ts'
import { testClock } from '../../src/testing/fake-clock.ts'
import type { TopicStates } from '../../src/topics/define-topic.ts'
import {
  decision,
  type IncidentProcess,
  incidentPlan,
  incidentProcess,
  storedIncidents,
  testNetwork,
} from './support/incident-process.ts'

const running: { readonly process: IncidentProcess; readonly clock: ReturnType<typeof testClock> }[] = []
afterEach(async () => {
  for (const { process, clock } of running) {
    const stopped = process.stop()
    await clock.advance(3_000)
    await stopped
  }
  for (const { clock } of running.splice(0)) expect(clock.pending).toBe(0)
})

const setUp = async (names: readonly string[] = ['one']) => {
  const clock = testClock()
  const store = memoryStore()
  const network = testNetwork()
  const processes: IncidentProcess[] = []
  for (const name of names) {
    const process = incidentProcess({ driver: memoryStorage({ store, clock }), clock, network, name })
    processes.push(process)
    running.push({ process, clock })
    await process.start()
  }
  const reader = memoryStorage({ store, clock })
  await reader.connect(incidentPlan)
  const [process] = processes as [IncidentProcess]
  const open = (rest: object = {}): Promise<IncidentDetail> =>
    process.call<IncidentDetail>('incidents.open', { title: 'Payments are slow', severity: 'high', service: 'payments', ...rest })
  return { clock, processes, process, open, reader, stored: () => storedIncidents(reader) }
}

test('an incident is worked from its opening to its end, with who did what and how long it took', async () => {
  const { clock, process, open, stored, reader } = await setUp()
  const { id } = await open({ text: 'customers call' })
  await clock.advance(30_000)
  await process.call('incidents.acknowledge', { id }, { by: 'bob' })
  await process.call('incidents.assign', { id, assignee: 'bob' })
  await process.call('incidents.investigate', { id }, { by: 'bob' })
  await process.call('incidents.comment', { id, text: 'it is the <b>queue</b>, @carol' }, { by: 'bob' })
  await process.call('incidents.setSeverity', { id, severity: 'critical' })
  await clock.advance(30_000)
  await process.call('incidents.resolve', { id, text: 'queue drained' }, { by: 'bob' })
  const detail = await process.call<IncidentDetail>('incidents.get', { id })
  expect(detail).toMatchObject({
    ...{ rule: null, service: 'payments', status: 'resolved', severity: 'critical', assignee: 'bob', reason: 'customers call' },
    ...{ timeToAcknowledgeMs: 30_000, timeToResolveMs: 60_000, commentCount: 1, omittedEvents: 0 },
  })
  expect(detail.timeline.map(({ kind, by, text }) => [kind, by, text])).toEqual([
    ['opened', 'ann', 'customers call'],
    ['acknowledged', 'bob', ''],
    ['assigned', 'ann', 'bob'],
    ['investigating', 'bob', ''],
    ['commented', 'bob', 'it is the <b>queue</b>, @carol'],
    ['severity', 'ann', 'critical'],
    ['resolved', 'bob', 'queue drained'],
  ])
  expect(detail.timeline[4]?.mentions).toEqual(['carol'])
  expect((await stored()).notices).toEqual([`${id} 1 opened`, `${id} 7 resolved`])
  expect(process.planned.map((notice) => notice.id)).toEqual([`${id} 1 opened`, `${id} 7 resolved`])
  expect(process.events.map((event) => event.split(' ')[0])).toEqual([
    ...['incident:opened', 'incident:acknowledged', 'incident:commented', 'incident:resolved'],
  ])
  const audit = await reader.collection(AUDIT).list('system', { index: 'byTime', equals: {}, order: 'asc', limit: 100 })
  expect(audit.items).toHaveLength(7)
  // The audit does not repeat the whole timeline with every comment.
  const kept = audit.items.map(({ value }) => value).find(({ operation }) => operation === 'incidents.comment')
  expect(kept?.after).toMatchObject({ event: { kind: 'commented' } })
  expect(kept?.after).not.toHaveProperty('timeline')
})

test('a step that makes no sense is refused with the reason; a repeated one changes nothing', async () => {
  const { process, open, stored } = await setUp()
  const { id } = await open()
  await process.call('incidents.acknowledge', { id })
  const once = (await stored()).stored
  expect(await process.call('incidents.acknowledge', { id }, { by: 'bob' })).toMatchObject({ id, status: 'open' })
  expect((await stored()).stored).toEqual(once)
  await process.call('incidents.resolve', { id })
  await expect(process.call('incidents.acknowledge', { id })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'The incident is resolved: there is nothing to acknowledge.',
  })
  await expect(process.call('incidents.setSeverity', { id, severity: 'low' })).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await process.call('incidents.reopen', { id, text: 'back' })).toMatchObject({ status: 'open', reopens: 1 })
  await expect(process.call('incidents.get', { id: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('an incident that was resolved cannot be reopened while its successor is open', async () => {
  const { clock, process } = await setUp()
  process.part.decide([decision('open', clock.now())])
  await clock.advance(1_000)
  const [first] = process.part.active('default') as [Incident]
  await process.call('incidents.resolve', { id: first.id })
  await clock.advance(1_000)
  process.part.decide([decision('open', clock.now())])
  await clock.advance(1_000)
  const [second] = process.part.active('default') as [Incident]
  expect(second.ordinal).toBe(2)
  await expect(process.call('incidents.reopen', { id: first.id })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(second.id),
  })
})

test('nobody sees or touches the incidents of another team', async () => {
  const { process, open } = await setUp()
  const { id } = await open()
  const as = { team: 'others' }
  await expect(process.call('incidents.get', { id }, as)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(process.call('incidents.comment', { id, text: 'hello' }, as)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await process.call('incidents.list', {}, as)).toEqual({ items: [], next: null })
  const context = { team: 'others', principal: null }
  expect(await process.part.topics.incidents.load(undefined, context)).toEqual({ items: [] })
  expect(await process.part.topics.incident.load({ id }, context)).toBeNull()
  expect(process.part.topics.incident.fallback?.({ id }, context)).toBeNull()
})

test('40 people who comment at once in two processes all find a place; every process shows the same', async () => {
  const { clock, processes, open, stored } = await setUp(['a', 'b'])
  const { id } = await open()
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      processes[n % 2]?.call('incidents.comment', { id, text: `comment ${n}` }, { by: `p${n}` }),
    ),
  )
  await clock.advance(100)
  const { records } = await stored()
  expect(records[0]?.incident.commentCount).toBe(40)
  expect(new Set(records[0]?.timeline.map(({ text }) => text)).size).toBe(41)
  for (const { part } of processes) expect(part.find('default', id)?.commentCount).toBe(40)
})

test('a command that is repeated under its key is done once', async () => {
  const { process, open, stored } = await setUp()
  const { id } = await open()
  await process.call('incidents.comment', { id, text: 'once' }, { key: 'k1' })
  await process.call('incidents.comment', { id, text: 'once' }, { key: 'k1' })
  expect((await stored()).records[0]?.incident.commentCount).toBe(1)
})

test('lists by status, service, severity and time, page by page, the newest first', async () => {
  const { clock, process, open } = await setUp()
  const all: string[] = []
  for (let n = 0; n < 30; n++) {
    const { id } = await open({ severity: n % 2 === 0 ? 'low' : 'high', service: n % 3 === 0 ? 'payments' : 'mail' })
    all.unshift(id)
    if (n % 5 === 0) await process.call('incidents.resolve', { id })
    await clock.advance(1_000)
  }
  const list = async (input: object): Promise<string[]> => {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await process.call<{ items: Incident[]; next: string | null }>('incidents.list', { ...input, cursor })
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    return ids
  }
  const wanted = (test: (n: number) => boolean): string[] => all.filter((_, index) => test(29 - index))
  expect(await list({ limit: 7 })).toEqual(all)
  expect(await list({ status: 'resolved', limit: 4 })).toEqual(wanted((n) => n % 5 === 0))
  expect(await list({ status: 'active', limit: 4 })).toEqual(wanted((n) => n % 5 !== 0))
  expect(await list({ service: 'payments', severity: 'low', limit: 3 })).toEqual(wanted((n) => n % 6 === 0))
  expect(await list({ severity: 'high', status: 'open', service: 'mail', limit: 3 })).toEqual(
    wanted((n) => n % 2 === 1 && n % 3 !== 0 && n % 5 !== 0),
  )
  const from = clock.now() - 10_000
  expect(await list({ from })).toEqual(wanted((n) => n >= 20))
  const summary = await process.call('incidents.summary', { from: 0, to: clock.now() })
  expect(summary).toEqual({
    ...{ opened: 30, resolved: 6, active: 24, meanTimeToAcknowledgeMs: null, meanTimeToResolveMs: 0 },
    ...{ bySeverity: { low: 15, medium: 0, high: 15, critical: 0 }, isPartial: false },
  })
  expect(await process.call('incidents.summary', { from: 0, to: clock.now(), service: 'payments' })).toMatchObject({ opened: 10 })
})

test('who types is shown in every process for five seconds, and never stored', async () => {
  const { clock, processes, process, open } = await setUp(['a', 'b'])
  const { id } = await open()
  const typists = async () => {
    const shown = []
    for (const { part } of processes) {
      const state = (await part.topics.typing.load({ id }, { team: 'default', principal: null })) as TopicStates['keyed']
      shown.push(state.items.map(([who]) => who))
    }
    return shown
  }
  await process.call('incidents.typing', { id }, { by: 'bob' })
  await clock.advance(3_000)
  await process.call('incidents.typing', { id }, { by: 'bob' })
  await clock.advance(4_000)
  expect(await typists()).toEqual([['bob'], ['bob']])
  await clock.advance(1_001)
  expect(await typists()).toEqual([[], []])
  const told = process.published.filter(({ topic }) => topic === 'typing')
  expect(told.map((change) => change.kind === 'keyed' && [change.put.length, change.drop.length])).toEqual([
    [1, 0],
    [1, 0],
    [0, 1],
  ])
})

test('who is not signed in goes by the name they give, or is somebody; who is signed in by no other', async () => {
  const { process, open } = await setUp()
  const { id } = await open()
  const typists = async () => {
    const state = (await process.part.topics.typing.load({ id }, { team: 'default', principal: null })) as TopicStates['keyed']
    return state.items.map(([who]) => who)
  }
  await process.call('incidents.typing', { id }, { by: null })
  await process.call('incidents.typing', { id, as: 'Ada\r\n\u202E' }, { by: null })
  await process.call('incidents.typing', { id, as: 'ada' }, { by: 'mallory' })
  expect(await typists()).toEqual(['somebody', 'Ada', 'mallory'])
  for (const as of ['', '\u0000', 'x'.repeat(61), 7, null]) {
    await expect(process.call('incidents.typing', { id, as }, { by: null })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  }
})

test("an incident that is not there, or is another team's, is not written at; one that only another process knows is", async () => {
  const { processes, process, open } = await setUp(['a', 'b'])
  const { id } = await open()
  for (const [unknown, as] of [
    ['nobody', { by: 'bob' }],
    ['\u202e\u0000', { by: 'bob' }],
    [id, { by: 'bob', team: 'others' }],
  ] as const) {
    await expect(process.call('incidents.typing', { id: unknown }, as)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(process.call('incidents.comment', { id: unknown, text: 'x' }, as)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
  expect(process.published.filter(({ topic }) => topic === 'typing')).toEqual([])
  await processes[1]?.call('incidents.typing', { id }, { by: 'bob' })
  expect(processes[1]?.published.filter(({ topic }) => topic === 'typing')).toHaveLength(1)
})

test('those who type in one team make nobody of another invisible', async () => {
  const { process, open } = await setUp()
  const { id } = await open()
  const typists = async () => {
    const state = (await process.part.topics.typing.load({ id }, { team: 'default', principal: null })) as TopicStates['keyed']
    return state.items.map(([who]) => who)
  }
  const other = await process.call<IncidentDetail>('incidents.open', { title: 'x', severity: 'low' }, { team: 'crowd' })
  await process.call('incidents.typing', { id }, { by: 'bob' })
  for (let n = 0; n < 1_200; n++) await process.call('incidents.typing', { id: other.id }, { by: `c${n}`, team: 'crowd' })
  expect(await typists()).toEqual(['bob'])
  const crowd = (await process.part.topics.typing.load(
    { id: other.id },
    { team: 'crowd', principal: null },
  )) as TopicStates['keyed']
  expect(crowd.items).toHaveLength(1_000)
  expect(crowd.items.at(-1)?.[0]).toBe('c1199')
})

test('what shows nothing is no title, no comment and no assignee; what is written from right to left is', async () => {
  const { process, open } = await setUp()
  for (const nothing of ['', ' \u00a0', '\u200b\u200d\u2060\ufeff', '\u202e\u2066', '\u2800', '\u3164', '\u001b']) {
    const input = { title: nothing, severity: 'low' }
    await expect(process.call('incidents.open', input)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    const { id } = await open()
    await expect(process.call('incidents.comment', { id, text: nothing })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(process.call('incidents.assign', { id, assignee: nothing })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  }
  for (const title of ['שירות התשלומים איטי', 'خدمة الدفع بطيئة', 'می\u200cخواهم', '👩\u200d💻 on call']) {
    expect((await open({ title })).title).toBe(title)
  }
  await expect(open({ service: 'pay\u202ements' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('markup, line ends, marks of direction, broken Unicode and long texts stay what they are: text', async () => {
  const { process, open, stored } = await setUp()
  const { id, title } = await open({ title: '=cmd|\r\nBcc: x\u202Egnp.exe <script>@everyone', service: undefined })
  expect(title).toBe('=cmd| Bcc: x gnp.exe <script>@everyone')
  await process.call('incidents.comment', { id, text: '<img src=x onerror=alert(1)>\n\u0000\ud800@everyone' })
  const { records } = await stored()
  expect(records[0]?.timeline.at(-1)?.text).toBe('<img src=x onerror=alert(1)>\n\ufffd@everyone')
  await expect(process.call('incidents.comment', { id, text: 'x'.repeat(10_001) })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  })
  await expect(process.call('incidents.comment', { id, text: ' \n ' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(process.call('incidents.open', { title: '\u0007', severity: 'low' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  })
  await expect(process.call('incidents.open', { title: 'x', severity: 'low', service: '\ud800' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  })
})

test('whatever an operation is sent, it answers or refuses, and what is stored stays sound', async () => {
  const { process, open, stored } = await setUp()
  const { id } = await open()
  const value = fc.oneof(
    fc.constantFrom<unknown>(id, '__proto__', '', null, -1, Number.NaN, 'critical', 'x'.repeat(20_000), '\ud800', {}, []),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const input = fc.oneof(
    fc.dictionary(
      fc.constantFrom('id', 'text', 'title', 'severity', 'service', 'assignee', 'from', 'to', 'limit', 'cursor', 'x'),
      value,
    ),
    fc.record({ id: fc.constant(id), text: value, assignee: value, severity: value }, { requiredKeys: ['id'] }),
    value,
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(process.part.operations)), input, async (operation, given) => {
      try {
        await process.call(operation, given)
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: expect.stringMatching(/^(INVALID_INPUT|NOT_FOUND|CONFLICT|TOO_LARGE)$/) })
      }
    }),
    { numRuns: 500 },
  )
  for (const record of (await stored()).records) expect(record.timeline.length + record.omittedEvents).toBe(record.step)
})
