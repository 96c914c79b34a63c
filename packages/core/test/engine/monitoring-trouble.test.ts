import { expect, test } from 'vitest'
import { memorySpool } from '../../src/memory/index.ts'
import type { Incident } from '../../src/protocol/incidents.ts'
import { createInstallation, type Installation, type Member } from './support/monitored.ts'

const INTERVAL_MS = 10_000

const jobs = () =>
  createInstallation({
    services: { jobs: { intervalMs: INTERVAL_MS, timeoutMs: 1_000 } },
    routes: [{ channels: ['ops'], groupWaitMs: 0 }],
  })

const statusesOf = ({ sent }: Installation) => sent.map(({ notification }) => notification.status)

/** When the check that decides failed for the last time before its verdict; and when somebody was told and a screen showed it. */
const untilTold = async (at: Installation, member: Member, begin = () => {}) => {
  const services = await at.watch(member, 'services')
  const incidents = await at.watch(member, 'incidents')
  begin()
  let failedAt = 0
  at.probe('jobs').answers(() => {
    failedAt = at.clock.now()
    return { outcome: 'failed', latencyMs: 1, values: {}, error: new Error('connect ECONNREFUSED') }
  })
  let shownAt = 0
  const give = at.clock.now() + 60_000
  while (at.clock.now() < give && (at.sent.length === 0 || shownAt === 0)) {
    const isShown = services.items().get('jobs')?.status === 'down' && incidents.items().size > 0
    if (shownAt === 0 && isShown) shownAt = at.clock.now()
    await at.clock.advance(10)
  }
  return { shownMs: shownAt - failedAt, toldMs: (at.sent[0]?.at ?? Number.NaN) - failedAt }
}

for (const away of ['refuses', 'hangs'] as const) {
  test(`storage that ${away}: from the deciding check until the incident is shown and told less than a second passes; it is stored when storage is back`, async () => {
    const at = jobs()
    const member = await at.join()
    await at.clock.advance(25_000)
    member.away = away
    await at.clock.advance(5_000)
    const { shownMs, toldMs } = await untilTold(at, member)
    expect(shownMs).toBeGreaterThanOrEqual(0)
    expect(shownMs).toBeLessThan(1_000)
    expect(toldMs).toBeLessThan(1_000)

    await at.clock.advance(60_000)
    member.away = 'none'
    await at.clock.advance(10_000)
    const reader = await at.join({ poll: false })
    const { items } = await reader.call<{ items: Incident[] }>('incidents.list')
    expect(items).toMatchObject([{ service: 'jobs', rule: 'service-down', status: 'open' }])
    expect(statusesOf(at)).toEqual(['firing'])

    at.probe('jobs').returns({})
    await at.clock.advance(200_000)
    expect(statusesOf(at)).toEqual(['firing', 'resolved'])
  })

  test(`storage that ${away} as the very moment comes, not noticed before: less than a second as well`, async () => {
    const at = jobs()
    const member = await at.join()
    await at.clock.advance(25_000)
    const { shownMs, toldMs } = await untilTold(at, member, () => {
      member.away = away
    })
    expect(shownMs).toBeLessThan(1_000)
    expect(toldMs).toBeLessThan(1_000)
  })
}

test('what was decided while storage was away outlives a kill -9 in the spool: one incident, a repeat under the same key at most', async () => {
  const at = jobs()
  const spool = memorySpool()
  const first = await at.join({ spool })
  await at.clock.advance(25_000)
  first.away = 'refuses'
  await at.clock.advance(5_000)
  await untilTold(at, first)
  first.crash()
  const second = await at.join({ spool })
  await at.clock.advance(60_000)
  const { items } = await second.call<{ items: Incident[] }>('incidents.list')
  expect(items).toMatchObject([{ service: 'jobs', status: 'open' }])
  expect(new Set(at.sent.map(({ key }) => key)).size).toBe(1)
  at.probe('jobs').returns({})
  await at.clock.advance(400_000)
  expect(statusesOf(at).filter((status) => status === 'resolved')).toHaveLength(1)
  expect(await second.call('incidents.list')).toMatchObject({ items: [{ status: 'resolved' }] })
})

test('a process that starts while storage is away, with a spool of the last one, tells what waits and decides on', async () => {
  const at = jobs()
  const spool = memorySpool()
  const first = await at.join({ spool })
  await at.clock.advance(25_000)
  first.away = 'refuses'
  await at.clock.advance(5_000)
  at.sends(async () => {
    throw new Error('nothing leaves')
  })
  at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  await at.clock.advance(30_000)
  expect(at.sent).toEqual([])
  first.crash()
  at.sends(async () => {})
  const starting = at.join({ spool, away: 'hangs' })
  await at.clock.advance(20_000)
  const second = await starting
  await at.clock.advance(20_000)
  expect(statusesOf(at)).toEqual(['firing'])
  second.away = 'none'
  await at.clock.advance(30_000)
  expect(await second.call('incidents.list')).toMatchObject({ items: [{ status: 'open' }] })
  expect(new Set(at.sent.map(({ key }) => key)).size).toBe(1)
})

test('a channel that hangs delays neither checks nor another channel', async () => {
  const at = createInstallation({
    services: { jobs: { intervalMs: 1_000 }, shop: { intervalMs: 1_000 } },
    channels: ['ops', 'mail'],
    routes: [{ channels: ['ops', 'mail'], groupWaitMs: 0 }],
  })
  at.sends(({ channel }) => (channel === 'ops' ? new Promise<never>(() => {}) : Promise.resolve()))
  const member = await at.join()
  await at.clock.advance(10_000)
  at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  const { asked } = member
  await at.clock.advance(60_000)
  // The one that is down is asked once more when it turns.
  expect(member.asked - asked).toBeGreaterThanOrEqual(120)
  expect(member.asked - asked).toBeLessThanOrEqual(121)
  expect(at.sent.map(({ channel }) => channel)).toEqual(['mail'])
  expect(at.clock.now() - (at.sent[0]?.at ?? 0)).toBeGreaterThan(58_000)
})

test('storage that hangs delays no check', async () => {
  const at = createInstallation({ services: { jobs: { intervalMs: 1_000 }, shop: { intervalMs: 1_000 } } })
  const member = await at.join()
  await at.clock.advance(10_000)
  member.away = 'hangs'
  const { asked } = member
  await at.clock.advance(60_000)
  expect(member.asked - asked).toBe(120)
})

test('the last timer goes with the process, whatever was under way', async () => {
  for (const away of ['none', 'refuses', 'hangs'] as const) {
    for (const afterMs of [0, 100, 150, 400, 1_000]) {
      const at = jobs()
      const member = await at.join()
      await at.clock.advance(25_000)
      member.away = away
      at.sends(() => new Promise<never>(() => {}))
      at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
      const { asked } = member
      while (member.asked < asked + 2) await at.clock.advance(20)
      await at.clock.advance(afterMs)
      await member.stop()
      expect(at.clock.pending).toBe(0)
    }
  }
})

test('every time that is stored, shown or sent is a whole number of milliseconds', async () => {
  const at = jobs()
  const member = await at.join()
  await at.clock.advance(20_000.3)
  at.sends(async () => {
    throw new Error('not yet')
  })
  at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  await at.clock.advance(30_000.4)
  at.sends(async () => {})
  await at.clock.advance(400_000.1)
  at.probe('jobs').returns({})
  await at.clock.advance(400_000.7)
  const shown = [
    await member.call('services.get', { name: 'jobs' }),
    await member.call('incidents.list'),
    await member.call('alerts.list'),
    await member.call('deliveries.list'),
  ]
  const times: number[] = []
  JSON.stringify([shown, at.sent.map(({ notification }) => notification)], (_name, value) => {
    if (typeof value === 'number' && value > 1e12) times.push(value)
    return value
  })
  expect(times.length).toBeGreaterThan(10)
  expect(times.filter((time) => !Number.isInteger(time))).toEqual([])
})
