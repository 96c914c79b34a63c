import { expect, test } from 'vitest'
import type { ProbeKind } from '../../src/index.ts'
import { scriptedProbe } from '../../src/testing/index.ts'
import { createInstallation, type Installation, type Member } from './support/monitored.ts'

const INTERVAL_MS = 10_000
const MINUTE_MS = 60_000

const told = ({ sent }: Installation) => sent.map(({ notification: { status } }) => status)
const incidentsOf = async (member: Member) =>
  (await member.call<{ items: Record<string, unknown>[] }>('incidents.list', { limit: 100 })).items
const statusOf = async (member: Member, name: string) => (await member.call<{ status: string }>('services.get', { name })).status

/** A kind of check that services are entered with while it runs; what it finds is the test's to say. */
const pumpKind = () => {
  const probe = scriptedProbe({ pressure: 3 })
  const kind: ProbeKind<unknown> = { kind: 'pump', parse: (options) => options, open: () => ({ collect: probe.collect }) }
  return { probe, kind }
}

test('an hour of ± 2 % around a threshold is one incident', async () => {
  const at = createInstallation({
    services: { jobs: { intervalMs: INTERVAL_MS } },
    rules: { backlog: { severity: 'high', condition: { kind: 'above', value: 'depth', enter: 500 } } },
  })
  const member = await at.join()
  let turn = 0
  at.probe('jobs').answers(() => {
    const depth = turn++ % 2 === 0 ? 510 : 490
    return { outcome: 'value', latencyMs: 1, values: { depth }, value: { depth } }
  })
  await at.clock.advance(60 * MINUTE_MS)
  expect(turn).toBeGreaterThan(350)
  expect(await incidentsOf(member)).toMatchObject([{ rule: 'backlog', status: 'open', isFlapping: true }])
  expect(told(at).filter((status) => status === 'resolved')).toEqual([])
  expect(at.sent.length).toBeLessThanOrEqual(2)
}, 30_000)

test('sixty flaps are one incident and one resolve', async () => {
  const at = createInstallation({ services: { jobs: { intervalMs: INTERVAL_MS } } })
  const member = await at.join()
  await at.clock.advance(30_000)
  for (let flap = 0; flap < 60; flap++) {
    at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
    await at.clock.advance(20_000)
    at.probe('jobs').returns({})
    await at.clock.advance(20_000)
  }
  expect(await incidentsOf(member)).toMatchObject([{ rule: 'service-down', status: 'open' }])
  await at.clock.advance(20 * MINUTE_MS)
  expect(await incidentsOf(member)).toMatchObject([{ rule: 'service-down', status: 'resolved' }])
  expect(told(at).filter((status) => status === 'resolved')).toHaveLength(1)
  expect(told(at).filter((status) => status === 'firing' || status === 'flapping').length).toBeLessThanOrEqual(2)
}, 30_000)

for (const [how, spreadMs] of [
  ['one after another within 30 s', 29_000],
  ['all in one moment', 0],
] as const) {
  test(`500 services fail, ${how}: one message a channel, and one when all are back`, async () => {
    const names = Array.from({ length: 500 }, (_, index) => `service-${index}`)
    const at = createInstallation({
      services: Object.fromEntries(names.map((name) => [name, { intervalMs: INTERVAL_MS }])),
      channels: ['ops', 'mail'],
    })
    const member = await at.join()
    await at.clock.advance(25_000)
    for (const [index, name] of names.entries()) {
      if (spreadMs > 0 && index % 25 === 0) await at.clock.advance((spreadMs - INTERVAL_MS) / 20)
      at.probe(name).fails(new Error('connect ECONNREFUSED'))
    }
    await at.clock.advance(1.5 * MINUTE_MS)
    expect(member.sightline.status()).toMatchObject({ openIncidents: 500 })
    expect(at.sent.map(({ channel }) => channel).sort()).toEqual(['mail', 'ops'])
    for (const { notification } of at.sent) {
      expect(notification.status).toBe('firing')
      expect(notification.items.length + notification.more).toBe(500)
    }
    for (const name of names) at.probe(name).returns({})
    await at.clock.advance(4 * MINUTE_MS)
    expect(member.sightline.status()).toMatchObject({ openIncidents: 0 })
    const after = at.sent.slice(2)
    expect(after.map(({ channel, notification: { status } }) => [channel, status]).sort()).toEqual([
      ['mail', 'resolved'],
      ['ops', 'resolved'],
    ])
    for (const { notification } of after) expect(notification.items.length + notification.more).toBe(500)
  }, 120_000)
}

test('a service is entered, edited, paused and deleted while it runs, at any process; the checks follow', async () => {
  const { probe, kind } = pumpKind()
  const at = createInstallation({ services: { jobs: { intervalMs: INTERVAL_MS } }, probes: [kind] })
  const web = await at.join()
  const leader = await at.join()
  await at.clock.advance(15_000)
  await web.call('services.create', { name: 'pump', check: { kind: 'pump' }, intervalMs: INTERVAL_MS })
  await at.clock.advance(INTERVAL_MS + 1_000)
  expect(await statusOf(web, 'pump')).toBe('up')

  await web.call('services.update', { name: 'pump', changes: { intervalMs: 1_000 } })
  await at.clock.advance(2_000)
  const { asked } = probe
  await at.clock.advance(10_000)
  expect(probe.asked - asked).toBe(10)

  probe.fails(new Error('connect ECONNREFUSED'))
  await at.clock.advance(MINUTE_MS)
  expect(await statusOf(web, 'pump')).toBe('down')
  // Nor is it said to be silent, although it was heard longer ago than it may be from now on.
  expect(told(at)).toEqual(['firing'])
  await web.call('services.setEnabled', { name: 'pump', enabled: false })
  await at.clock.advance(2_000)
  const atPause = probe.asked
  await at.clock.advance(MINUTE_MS)
  expect(probe.asked).toBe(atPause)
  expect(await statusOf(leader, 'pump')).toBe('paused')

  await web.call('services.setEnabled', { name: 'pump', enabled: true })
  await at.clock.advance(5_000)
  expect(await statusOf(leader, 'pump')).toBe('down')
  await web.call('services.delete', { name: 'pump' })
  await at.clock.advance(MINUTE_MS)
  expect(await leader.call('services.list')).toMatchObject({ items: [{ name: 'jobs' }] })
  expect(await incidentsOf(leader)).toMatchObject([{ service: 'pump', status: 'resolved' }])
  expect(told(at)).toEqual(['firing', 'resolved'])
})

test('a rule that is entered holds at once, whichever process it was entered at; so does its end', async () => {
  const at = createInstallation({ services: { jobs: { intervalMs: INTERVAL_MS } } })
  const web = await at.join()
  const leader = await at.join()
  at.probe('jobs').returns({ depth: 900 })
  await at.clock.advance(30_000)
  const severity = 'high'
  await web.call('rules.create', { name: 'backlog', severity, condition: { kind: 'above', value: 'depth', enter: 500 } })
  await at.clock.advance(INTERVAL_MS + 500)
  expect(await incidentsOf(leader)).toMatchObject([{ rule: 'backlog', severity: 'high', status: 'open' }])
  await web.call('rules.delete', { name: 'backlog' })
  await at.clock.advance(500)
  expect(await incidentsOf(leader)).toMatchObject([{ rule: 'backlog', status: 'resolved' }])
})

test('planned work: the service is in maintenance, and nobody is told; afterwards who is still down is told of', async () => {
  const at = createInstallation({
    services: { jobs: { intervalMs: INTERVAL_MS } },
    routes: [{ channels: ['ops'], groupWaitMs: 1_000 }],
  })
  const member = await at.join()
  await at.clock.advance(30_000)
  const from = at.clock.now()
  await member.call('maintenance.create', { title: 'New disks', services: ['jobs'], from, to: from + 10 * MINUTE_MS })
  at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  await at.clock.advance(5 * MINUTE_MS)
  expect(await statusOf(member, 'jobs')).toBe('maintenance')
  expect(at.sent).toEqual([])
  await at.clock.advance(7 * MINUTE_MS)
  expect(await statusOf(member, 'jobs')).toBe('down')
  expect(told(at)).toEqual(['firing'])
})

test('a silence holds the notice and lets it go when it ends; a resolve is not held', async () => {
  const at = createInstallation({
    services: { jobs: { intervalMs: INTERVAL_MS } },
    routes: [{ channels: ['ops'], groupWaitMs: 1_000 }],
  })
  const member = await at.join()
  await at.clock.advance(30_000)
  const silence = (to: number) =>
    member.call<{ id: string }>('silences.create', { services: ['jobs'], from: at.clock.now(), to, reason: 'Known.' })
  await silence(at.clock.now() + 10 * MINUTE_MS)
  at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  await at.clock.advance(5 * MINUTE_MS)
  expect(await statusOf(member, 'jobs')).toBe('down')
  expect(await member.call('alerts.list')).toMatchObject({ items: [{ status: 'held' }] })
  expect(at.sent).toEqual([])
  await at.clock.advance(6 * MINUTE_MS)
  expect(told(at)).toEqual(['firing'])
  await silence(at.clock.now() + 60 * MINUTE_MS)
  at.probe('jobs').returns({})
  await at.clock.advance(10 * MINUTE_MS)
  expect(told(at)).toEqual(['firing', 'resolved'])
})

test('a parent that is down holds the notices of its children, and lets them go when it is back', async () => {
  const at = createInstallation({
    services: { db: { intervalMs: INTERVAL_MS }, shop: { intervalMs: INTERVAL_MS, dependsOn: ['db'] } },
    routes: [{ channels: ['ops'], groupWaitMs: 5_000 }],
  })
  const member = await at.join()
  await at.clock.advance(30_000)
  at.probe('db').fails(new Error('connect ECONNREFUSED'))
  await at.clock.advance(15_000)
  at.probe('shop').fails(new Error('no db'))
  await at.clock.advance(5 * MINUTE_MS)
  expect(await statusOf(member, 'shop')).toBe('down')
  expect(at.sent.map(({ notification }) => notification.title)).toEqual([expect.stringContaining('db')])
  at.probe('db').returns({})
  await at.clock.advance(10 * MINUTE_MS)
  expect(at.sent.map(({ notification: { status, title } }) => [status, title])).toEqual(
    expect.arrayContaining([
      ['resolved', expect.stringContaining('db')],
      ['firing', expect.stringContaining('shop')],
    ]),
  )
})

test('after a restart a service shows the incidents that are open', async () => {
  const at = createInstallation({ services: { jobs: { intervalMs: INTERVAL_MS } } })
  const first = await at.join()
  await at.clock.advance(30_000)
  at.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  await at.clock.advance(MINUTE_MS)
  await first.stop()
  const second = await at.join({ poll: false })
  await at.clock.advance(1_000)
  expect(await second.call('services.get', { name: 'jobs' })).toMatchObject({ openIncidents: 1 })
})

for (const awayMs of [0, 30_000, 600_000]) {
  test(`after ${awayMs / 1_000} s in which no process was there nobody is silent who is there; who is not is missed soon`, async () => {
    const at = createInstallation({
      services: {
        jobs: { intervalMs: INTERVAL_MS },
        rare: { intervalMs: 60 * MINUTE_MS },
      },
      routes: [{ channels: ['ops'], groupWaitMs: 0 }],
    })
    const first = await at.join()
    await first.call('services.create', { name: 'backup', check: { kind: 'heartbeat' }, intervalMs: 24 * 60 * MINUTE_MS })
    await first.call('services.create', { name: 'beat', check: { kind: 'heartbeat' }, intervalMs: INTERVAL_MS })
    for (const name of ['backup', 'beat']) await first.call('services.report', { name })
    await at.clock.advance(20_000)
    await first.stop()
    await at.clock.advance(awayMs)
    const second = await at.join()
    // As often as it says, and not before.
    await at.clock.advance(9_000)
    await second.call('services.report', { name: 'beat' })
    await at.clock.advance(20_000)
    expect(at.sent).toEqual([])
    await at.clock.advance(30_000)
    expect(at.sent.map(({ notification: { title } }) => title)).toEqual([expect.stringContaining('beat')])
    expect(await statusOf(second, 'jobs')).toBe('up')
    expect(await statusOf(second, 'backup')).toBe('up')
  })
}

test('a job that reports seldom is missed from its last report on, whatever was restarted since', async () => {
  const at = createInstallation({
    services: { jobs: { intervalMs: MINUTE_MS } },
    routes: [{ channels: ['ops'], groupWaitMs: 0 }],
  })
  const first = await at.join()
  const intervalMs = 40 * MINUTE_MS
  for (const name of ['backup', 'never', 'alive'])
    await first.call('services.create', { name, check: { kind: 'heartbeat' }, intervalMs })
  // From a place that never reported nothing is missed.
  for (const name of ['mirror', 'half'])
    await first.call('services.create', { name, check: { kind: 'heartbeat' }, intervalMs, regions: ['eu', 'us'] })
  for (const name of ['backup', 'alive']) await first.call('services.report', { name })
  for (const region of ['eu', 'us']) await first.call('services.report', { name: 'mirror', region })
  await first.call('services.report', { name: 'half', region: 'eu' })
  // Nothing is missed from a place that it no longer reports from, though its lines of log are counted there.
  await first.call('services.create', { name: 'moved', check: { kind: 'heartbeat' }, intervalMs })
  await first.call('services.report', { name: 'moved' })
  await first.call('services.update', { name: 'moved', changes: { regions: ['us'] } })
  await first.call('services.report', { name: 'moved', region: 'us' })
  await at.clock.advance(60 * MINUTE_MS)
  await first.call('logs.ingest', { entries: [{ service: 'moved', severity: 'error', message: 'disk full' }] })
  await at.clock.advance(10 * MINUTE_MS)
  await first.stop()
  const second = await at.join()
  await second.call('services.report', { name: 'alive' })
  for (const name of ['mirror', 'half']) await second.call('services.report', { name, region: 'eu' })
  await second.call('services.report', { name: 'moved', region: 'us' })
  await at.clock.advance(45 * MINUTE_MS)
  expect(at.sent).toEqual([])
  await at.clock.advance(12 * MINUTE_MS)
  expect(at.sent).toHaveLength(1)
  expect((await incidentsOf(second)).map(({ service }) => service).sort()).toEqual(['backup', 'mirror'])
  expect(await statusOf(second, 'backup')).toBe('stale')
  expect(await second.call('services.get', { name: 'mirror' })).toMatchObject({
    regions: [
      { region: 'eu', status: 'up' },
      { region: 'us', status: 'stale' },
    ],
  })
  for (const name of ['half', 'moved']) expect(await statusOf(second, name), name).toBe('up')
  expect(await statusOf(second, 'never')).toBe('waiting')
}, 30_000)
