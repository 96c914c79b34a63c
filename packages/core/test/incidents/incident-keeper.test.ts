import { afterEach, expect, test } from 'vitest'
import { incidentId } from '../../src/incidents/incident-id.ts'
import { memorySpool, memoryStorage, memoryStore } from '../../src/memory/index.ts'
import type { Spool } from '../../src/ports/spool.ts'
import { testClock } from '../../src/testing/fake-clock.ts'
import { switchableStorage, type Trouble } from '../engine/support/switchable-storage.ts'
import {
  decision,
  type IncidentProcess,
  incidentPlan,
  incidentProcess,
  storedIncidents,
  type TestNetwork,
  testNetwork,
} from './support/incident-process.ts'

const processes: { readonly process: IncidentProcess; readonly clock: ReturnType<typeof testClock> }[] = []
afterEach(async () => {
  for (const { process, clock } of processes.splice(0)) {
    const stopped = process.stop()
    await clock.advance(3_000)
    await stopped
  }
})

const world = async () => {
  const clock = testClock()
  const store = memoryStore()
  const network = testNetwork()
  const reader = memoryStorage({ store, clock })
  await reader.connect(incidentPlan)

  const join = async ({
    name = 'one',
    trouble = 'none',
    spool,
    on = network,
    reopenWithinMs,
  }: {
    readonly name?: string
    readonly trouble?: Trouble
    readonly spool?: Spool
    readonly on?: TestNetwork
    readonly reopenWithinMs?: number
  } = {}) => {
    const storage = switchableStorage(memoryStorage({ store, clock }), trouble)
    const process = incidentProcess({
      driver: storage,
      clock,
      network: on,
      name,
      ...(spool === undefined ? {} : { spool }),
      ...(reopenWithinMs === undefined ? {} : { reopenWithinMs }),
    })
    processes.push({ process, clock })
    const starting = process.start()
    await clock.advance(1_000)
    await starting
    return { storage, process }
  }
  return { clock, store, network, join, stored: () => storedIncidents(reader) }
}

const key = { team: 'default', rule: 'high-latency', service: 'checkout', region: 'eu-west' }
const first = incidentId(key, { ordinal: 1, at: 0 })

test('a decision opens an incident with its alerts in one commit; repeated, it changes nothing', async () => {
  const { clock, join, stored } = await world()
  const { process } = await join()
  const at = clock.now()
  process.part.decide([decision('open', at), decision('open', at), decision('open', at + 1)])
  await clock.advance(10)
  const { records, notices } = await stored()
  expect(records).toHaveLength(1)
  expect(records[0]).toMatchObject({ step: 1, isActive: true, incident: { id: first, ordinal: 1, status: 'open', openedAt: at } })
  expect(notices).toEqual([`${first} 1 opened`])
  expect(process.planned.map(({ id }) => id)).toEqual([`${first} 1 opened`])
  expect(process.events).toEqual([`incident:opened ${first} local`])
  expect(process.part.active('default').map(({ id }) => id)).toEqual([first])
  expect(process.part.active('other')).toEqual([])
  expect(process.toldActive).toEqual(['default'])
})

test('50 processes that open at once make one incident, announced once', async () => {
  const { clock, join, stored } = await world()
  const all = []
  for (let n = 0; n < 50; n++) all.push((await join({ name: `p${n}`, on: testNetwork() })).process)
  for (const process of all) process.part.decide([decision('open', clock.now())])
  await clock.advance(100)
  const { records, notices } = await stored()
  expect(records.map(({ incident }) => incident.id)).toEqual([first])
  expect(notices).toEqual([`${first} 1 opened`])
  expect(all.flatMap(({ planned }) => planned)).toHaveLength(1)
  expect(all.every(({ part }) => part.active('default')[0]?.id === first)).toBe(true)
})

test('a rule that fires again within ten minutes of its own resolve reopens the incident; later it is the next one', async () => {
  const { clock, join, stored } = await world()
  const { process } = await join()
  const decide = async (kind: 'open' | 'resolve') => {
    process.part.decide([decision(kind, clock.now())])
    await clock.advance(10)
  }
  await decide('open')
  await clock.advance(60_000)
  await decide('resolve')
  await clock.advance(599_000)
  await decide('open')
  expect((await stored()).records).toMatchObject([{ incident: { id: first, reopens: 1, status: 'open', resolvedAt: null } }])
  await decide('resolve')
  await clock.advance(600_001)
  await decide('open')
  const { records, notices } = await stored()
  const second = incidentId(key, { ordinal: 2, at: 0 })
  expect(records.map(({ incident }) => [incident.id, incident.ordinal, incident.status])).toEqual([
    [first, 1, 'resolved'],
    [second, 2, 'open'],
  ])
  expect(notices.toSorted()).toEqual(
    [`${first} 1 opened`, `${first} 2 resolved`, `${first} 3 reopened`, `${first} 4 resolved`, `${second} 1 opened`].toSorted(),
  )
})

test('what a person resolved is not reopened by the rule: it opens the next; a repeat of the old decision does nothing', async () => {
  const { clock, join, stored } = await world()
  const { process } = await join()
  const at = clock.now()
  process.part.decide([decision('open', at)])
  await clock.advance(1_000)
  await process.call('incidents.resolve', { id: first, text: 'restarted it' })
  process.part.decide([decision('open', at)])
  await clock.advance(10)
  expect((await stored()).records).toHaveLength(1)
  process.part.decide([decision('open', clock.now())])
  await clock.advance(10)
  expect((await stored()).records.map(({ incident }) => [incident.ordinal, incident.status])).toEqual([
    [1, 'resolved'],
    [2, 'open'],
  ])
})

test('the order of decisions about one key is kept, and a decision from before a turn does not undo it', async () => {
  const { clock, join, stored } = await world()
  const { process } = await join()
  const at = clock.now() - 60_000
  const decisions = [
    decision('open', at),
    decision('flapping', at + 1),
    decision('steady', at + 2),
    decision('resolve', at + 3),
    decision('open', at + 4),
  ]
  process.part.decide(decisions)
  await clock.advance(50)
  const once = (await stored()).records
  expect(once[0]?.timeline.map(({ kind }) => kind)).toEqual(['opened', 'flapping', 'steady', 'resolved', 'reopened'])
  // As after a takeover, where the recent points are replayed.
  process.part.decide(decisions)
  await clock.advance(50)
  expect((await stored()).records).toEqual(once)
})

for (const trouble of ['refuses', 'hangs', 'loses-answers'] as const) {
  test(`storage that ${trouble}: decided is shown and handed to the alerts within a second, and stored when it is back`, async () => {
    const { clock, join, stored } = await world()
    const { process, storage } = await join()
    storage.trouble = trouble
    const at = clock.now()
    process.part.decide([decision('open', at)])
    await clock.advance(999)
    const shownAt = process.planned[0]?.at ?? Number.POSITIVE_INFINITY
    expect(shownAt - at).toBeLessThan(1_000)
    expect(process.published.map(({ topic }) => topic)).toEqual(['incidents', 'incident'])
    expect(process.published[1]).toMatchObject({ provisional: true, data: { id: first, status: 'open' } })
    expect(process.events).toEqual([`incident:opened ${first} local`])

    process.part.decide([decision('flapping', at + 1), decision('resolve', at + 2)])
    await clock.advance(2_000)
    expect(process.part.active('default')).toEqual([])
    storage.trouble = 'none'
    await clock.advance(5_000)
    const { records, notices } = await stored()
    expect(records).toMatchObject([{ step: 3, incident: { id: first, status: 'resolved' } }])
    expect(records[0]?.timeline.map(({ kind }) => kind)).toEqual(['opened', 'flapping', 'resolved'])
    expect(notices).toEqual([`${first} 1 opened`, `${first} 3 resolved`])
    expect(process.planned.map(({ id }) => id)).toEqual([`${first} 1 opened`, `${first} 3 resolved`])
    expect(process.journal.waiting).toEqual([])
    const last = process.published.findLast(({ topic }) => topic === 'incident')
    expect(last).toMatchObject({ data: { status: 'resolved' } })
    expect(last).not.toHaveProperty('provisional')
    expect(process.events).toEqual([`incident:opened ${first} local`, `incident:resolved ${first} local`])
  })
}

test('two halves of a split with storage away give one incident and its alerts the same ids, and merge', async () => {
  const { clock, join, stored } = await world()
  const a = await join({ name: 'a', on: testNetwork() })
  // There was one before, that both know.
  a.process.part.decide([decision('open', clock.now())])
  await clock.advance(50)
  await a.process.call('incidents.resolve', { id: first })
  const c = await join({ name: 'c', on: testNetwork() })

  for (const { storage } of [a, c]) storage.trouble = 'refuses'
  const at = clock.now() + 1_000
  await clock.advance(2_000)
  a.process.part.decide([decision('open', at)])
  c.process.part.decide([decision('open', at + 300, { reason: 'seen from the other side' })])
  await clock.advance(1_000)
  const second = incidentId(key, { ordinal: 2, at: 0 })
  expect(a.process.part.active('default')[0]?.id).toBe(second)
  expect(c.process.part.active('default')[0]?.id).toBe(second)
  expect(a.process.planned.at(-1)?.id).toBe(`${second} 1 opened`)
  expect(c.process.planned.at(-1)?.id).toBe(`${second} 1 opened`)

  // One half sees the end.
  c.process.part.decide([decision('resolve', clock.now())])
  await clock.advance(500)
  a.storage.trouble = 'none'
  await clock.advance(3_000)
  c.storage.trouble = 'none'
  await clock.advance(5_000)
  const { records, notices } = await stored()
  expect(records.map(({ incident }) => [incident.id, incident.status])).toEqual([
    [first, 'resolved'],
    [second, 'resolved'],
  ])
  expect(records[1]?.incident.reason).toBe(`latencyMs was 900 at ${at}`)
  expect(notices.filter((id) => id.startsWith(second))).toEqual([`${second} 1 opened`, `${second} 2 resolved`])
  expect(a.process.journal.waiting).toEqual([])
  expect(c.process.journal.waiting).toEqual([])
})

test('a process that never saw storage opens one for the hour; where another stands open already, it gives way to that', async () => {
  const { clock, join, stored } = await world()
  const one = await join({ name: 'one', on: testNetwork() })
  one.process.part.decide([decision('open', clock.now())])
  await clock.advance(100)

  const blind = await join({ name: 'blind', trouble: 'refuses', on: testNetwork() })
  const at = clock.now()
  blind.process.part.decide([decision('open', at)])
  await clock.advance(1_000)
  const blindId = incidentId(key, { ordinal: null, at })
  expect(blind.process.part.active('default').map(({ id, ordinal }) => [id, ordinal])).toEqual([[blindId, 0]])
  blind.process.part.decide([decision('resolve', clock.now())])
  await clock.advance(1_000)
  blind.storage.trouble = 'none'
  await clock.advance(5_000)
  const { records, notices } = await stored()
  expect(records.map(({ incident }) => [incident.id, incident.status])).toEqual([[first, 'resolved']])
  expect(notices).toEqual([`${first} 1 opened`, `${first} 2 resolved`])
  expect(blind.process.part.find('default', blindId)).toBeNull()
  expect(blind.process.published.some((change) => change.kind === 'keyed' && change.drop.some(([id]) => id === blindId))).toBe(
    true,
  )
})

test('a process that dies with storage away: the next shows what waited, hands its alerts over once more, and stores it once', async () => {
  const { clock, join, stored } = await world()
  const spool = memorySpool()
  const dead = await join({ name: 'dead', spool })
  dead.storage.trouble = 'refuses'
  dead.process.part.decide([decision('open', clock.now())])
  await clock.advance(500)
  expect(dead.process.planned).toHaveLength(1)
  // It never gets to store anything again.
  const next = await join({ name: 'next', spool, trouble: 'refuses', on: testNetwork() })
  expect(next.process.part.active('default').map(({ id }) => id)).toEqual([first])
  expect(next.process.planned.map(({ id }) => id)).toEqual([`${first} 1 opened`])
  next.process.part.decide([decision('open', clock.now())])
  await clock.advance(500)
  next.storage.trouble = 'none'
  await clock.advance(5_000)
  const { records, notices } = await stored()
  expect(records).toMatchObject([{ step: 1, incident: { id: first } }])
  expect(notices).toEqual([`${first} 1 opened`])
})

test('with neither storage nor the spool taking it, a decision is shown, and stored as soon as one does', async () => {
  const { clock, join, stored } = await world()
  const { process, storage } = await join({ spool: memorySpool({ maxLength: 10 }) })
  storage.trouble = 'refuses'
  process.part.decide([decision('open', clock.now())])
  await clock.advance(3_000)
  expect(process.part.active('default')).toHaveLength(1)
  // What is in neither is not sent: nobody would know of it after a crash.
  expect(process.planned).toEqual([])
  storage.trouble = 'none'
  await clock.advance(5_000)
  expect((await stored()).notices).toEqual([`${first} 1 opened`])
  expect(process.planned).toHaveLength(1)
})

test('another process that was told knows the incident: it can go on with storage away', async () => {
  const { clock, join, stored } = await world()
  const a = await join({ name: 'a' })
  const b = await join({ name: 'b' })
  a.process.part.decide([decision('open', clock.now())])
  await clock.advance(50)
  expect(b.process.part.active('default').map(({ id }) => id)).toEqual([first])
  expect(b.process.events).toEqual([`incident:opened ${first} remote`])
  for (const { storage } of [a, b]) storage.trouble = 'refuses'
  // It leads now, and folds the same points.
  b.process.part.decide([decision('open', clock.now())])
  await clock.advance(500)
  b.process.part.decide([decision('resolve', clock.now())])
  await clock.advance(500)
  expect(a.process.part.active('default')).toEqual([])
  for (const { storage } of [a, b]) storage.trouble = 'none'
  await clock.advance(5_000)
  expect((await stored()).records).toMatchObject([{ step: 2, incident: { status: 'resolved' } }])
  expect(a.process.part.find('default', first)?.status).toBe('resolved')
})

test('comments that were added elsewhere while a step waited in the spool are kept', async () => {
  const { clock, join, stored } = await world()
  const a = await join({ name: 'a', on: testNetwork() })
  const b = await join({ name: 'b', on: testNetwork() })
  a.process.part.decide([decision('open', clock.now())])
  await clock.advance(50)
  a.storage.trouble = 'refuses'
  a.process.part.decide([decision('resolve', clock.now())])
  await clock.advance(500)
  await b.process.call('incidents.comment', { id: first, text: 'I look at it, @bob' })
  await b.process.call('incidents.acknowledge', { id: first })
  a.storage.trouble = 'none'
  await clock.advance(5_000)
  const { records } = await stored()
  expect(records[0]?.timeline.map(({ kind, by }) => [kind, by])).toEqual([
    ['opened', 'high-latency'],
    ['commented', 'ann'],
    ['acknowledged', 'ann'],
    ['resolved', 'high-latency'],
  ])
  expect(a.process.part.find('default', first)).toMatchObject({ status: 'resolved', commentCount: 1 })
})

test('what was resolved more than a day ago leaves the list', async () => {
  const { clock, join } = await world()
  const { process } = await join()
  process.part.decide([decision('open', clock.now())])
  await clock.advance(50)
  process.part.decide([decision('resolve', clock.now())])
  await clock.advance(50)
  const load = async () =>
    ((await process.part.topics.incidents.load(undefined, { team: 'default', principal: null })) as { items: unknown[] }).items
  expect(await load()).toHaveLength(1)
  await clock.advance(86_400_000 + 600_000)
  expect(await load()).toHaveLength(0)
  expect(process.published.at(-1)).toMatchObject({ topic: 'incidents', drop: [[first, { revision: 2 }]] })
})
