import { expect, test } from 'vitest'
import { createInstallation, type Installation, type Member } from './support/monitored.ts'

const INTERVAL_MS = 10_000
const LEASE_MS = 10_000

const fleet = () =>
  createInstallation({
    services: { jobs: { intervalMs: INTERVAL_MS }, shop: { intervalMs: INTERVAL_MS } },
    routes: [{ channels: ['ops', 'mail'], groupWaitMs: 1_000 }],
    channels: ['ops', 'mail'],
  })

const askedBy = (members: readonly Member[]): number => members.reduce((sum, { asked }) => sum + asked, 0)
const incidents = async (member: Member) =>
  (await member.call<{ items: Record<string, unknown>[] }>('incidents.list', { limit: 100 })).items
const firings = ({ sent }: Installation, status = 'firing') =>
  sent.filter(({ notification }) => notification.status === status).map(({ channel }) => channel)

test('three processes on one store: one check per service and interval, one incident, one message a channel', async () => {
  const at = fleet()
  const members = [await at.join(), await at.join(), await at.join()]
  await at.clock.advance(20_000)
  const before = askedBy(members)
  await at.clock.advance(60_000)
  expect(askedBy(members) - before).toBe(12)

  at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  await at.clock.advance(60_000)
  for (const member of members) {
    expect(await incidents(member)).toMatchObject([{ service: 'jobs', rule: 'service-down', status: 'open' }])
    expect(await member.call('services.get', { name: 'jobs' })).toMatchObject({ status: 'down', openIncidents: 1 })
  }
  expect(firings(at).sort()).toEqual(['mail', 'ops'])
})

for (const hasBus of [true, false]) {
  const wiring = hasBus ? 'with a bus' : 'without a bus'

  test(`${wiring}: the leader is killed while a service is down; another goes on within a lease, without a second incident or message, and ends it`, async () => {
    const at = fleet()
    const members = [await at.join({ hasBus }), await at.join({ hasBus }), await at.join({ hasBus })]
    await at.clock.advance(30_000)
    at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
    await at.clock.advance(30_000)
    expect(firings(at).sort()).toEqual(['mail', 'ops'])
    const [leader] = members.filter(({ asked }) => asked > 0).slice(-1) as [Member]
    const rest = members.filter((member) => member !== leader)
    leader.crash()

    const before = askedBy(rest)
    await at.clock.advance(LEASE_MS + 3_000 + INTERVAL_MS)
    expect(askedBy(rest)).toBeGreaterThan(before)
    await at.clock.advance(60_000)
    for (const member of rest) expect(await incidents(member)).toHaveLength(1)
    expect(firings(at).sort()).toEqual(['mail', 'ops'])

    at.probe('jobs').returns({})
    await at.clock.advance(400_000)
    for (const member of rest) expect(await incidents(member)).toMatchObject([{ status: 'resolved' }])
    expect(firings(at).sort()).toEqual(['mail', 'ops'])
    expect(firings(at, 'resolved').sort()).toEqual(['mail', 'ops'])
  })

  test(`${wiring}: a service comes back while nobody leads: who takes over ends what it never saw begin`, async () => {
    const at = fleet()
    const standby = await at.join({ hasBus })
    const leader = await at.join({ hasBus })
    await at.clock.advance(30_000)
    at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
    await at.clock.advance(4_000_000)
    expect(firings(at).sort()).toEqual(['mail', 'ops'])
    leader.crash()
    at.probe('jobs').returns({})
    await at.clock.advance(700_000)
    expect(await incidents(standby)).toMatchObject([{ status: 'resolved' }])
    expect(firings(at).sort()).toEqual(['mail', 'ops'])
    expect(firings(at, 'resolved').sort()).toEqual(['mail', 'ops'])
  })

  test(`${wiring}: screens at a process that does not lead show the service turn and the incident within 5 s of storage knowing it`, async () => {
    const at = fleet()
    const follower = await at.join({ hasBus })
    await at.join({ hasBus })
    await at.clock.advance(30_000)
    const services = await at.watch(follower, 'services')
    const open = await at.watch(follower, 'incidents')
    expect(services.items().get('jobs')).toMatchObject({ status: 'up' })
    at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
    await at.clock.advance(INTERVAL_MS + 6_000)
    expect(services.items().get('jobs')).toMatchObject({ status: 'down', openIncidents: 1 })
    expect([...open.items().values()]).toMatchObject([{ service: 'jobs', status: 'open' }])
    at.probe('jobs').returns({})
    await at.clock.advance(150_000)
    expect(services.items().get('jobs')).toMatchObject({ status: 'up', openIncidents: 0 })
    expect([...open.items().values()]).toMatchObject([{ service: 'jobs', status: 'resolved' }])
  })
}

test('the leader dies between deciding and telling: the one that takes over tells it, once', async () => {
  const at = fleet()
  const standby = await at.join()
  const leader = await at.join()
  await at.clock.advance(30_000)
  at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  while ((await incidents(standby)).length === 0) await at.clock.advance(50)
  expect(at.sent).toEqual([])
  leader.crash()
  await at.clock.advance(60_000)
  expect(firings(at).sort()).toEqual(['mail', 'ops'])
  expect(await incidents(standby)).toHaveLength(1)
})

test('the leader stops in order while a decision is under way: nothing is lost, nothing told twice, no timer is left', async () => {
  for (const afterMs of [0, 1, 50, 99, 100, 101, 150, 500]) {
    const at = fleet()
    const standby = await at.join()
    const leader = await at.join()
    await at.clock.advance(30_000)
    const { asked } = leader
    at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
    while (leader.asked < asked + 3) await at.clock.advance(20)
    await at.clock.advance(afterMs)
    await leader.stop()
    await at.clock.advance(60_000)
    expect(await incidents(standby)).toMatchObject([{ service: 'jobs', status: 'open' }])
    expect(firings(at).sort()).toEqual(['mail', 'ops'])
    await standby.stop()
    expect(at.clock.pending).toBe(0)
  }
})

test('leadership goes to and fro between processes that start and stop: one incident, one message', async () => {
  const at = fleet()
  let leader = await at.join()
  await at.clock.advance(30_000)
  at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  for (let turn = 0; turn < 6; turn++) {
    const next = await at.join()
    await at.clock.advance(turn * 700)
    await leader.stop()
    leader = next
    await at.clock.advance(turn * 1_300)
  }
  await at.clock.advance(60_000)
  expect(await incidents(leader)).toHaveLength(1)
  expect(firings(at).sort()).toEqual(['mail', 'ops'])
  at.probe('jobs').returns({})
  await at.clock.advance(400_000)
  expect(firings(at, 'resolved').sort()).toEqual(['mail', 'ops'])
})
