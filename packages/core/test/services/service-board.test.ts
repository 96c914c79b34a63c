import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { ServiceEvaluation } from '../../src/domain/service-evaluation.ts'
import type { ServiceView } from '../../src/protocol/services.ts'
import { down, runServices, scriptedKind } from './support/running-services.ts'

const verdict = (status: ServiceEvaluation['status'], at: number, latencyMs = 5): ServiceEvaluation => ({
  status,
  since: at,
  regions: [{ region: 'default', status, since: at, checkedAt: at, latencyMs, reason: null }],
})
const names = (count: number) => Array.from({ length: count }, (_, index) => `service-${index}`)
const configuredBy = (count: number) => Object.fromEntries(names(count).map((name) => [name, { check: { kind: 'heartbeat' } }]))
const putsOf = (message: { change: unknown } | undefined) =>
  ((message?.change ?? { put: [] }) as { put: [string, unknown, ServiceView][] }).put

test('a status that turns is told at once, in one message with what turns with it', async () => {
  const running = await runServices({ configured: configuredBy(100) })
  await running.clock.advance(1_000)
  running.published.length = 0
  const now = running.clock.now()
  running.part.show('default', 'service-7', verdict('down', now))
  await running.clock.advance(0)
  expect(running.messages()).toHaveLength(1)
  expect(putsOf(running.messages()[0])).toMatchObject([['service-7', { epoch: 'process-1' }, { status: 'down', since: now }]])
  for (const name of names(100)) running.part.show('default', name, verdict('stale', now))
  await running.clock.advance(60)
  expect(running.messages()).toHaveLength(2)
  expect(putsOf(running.messages()[1])).toHaveLength(100)
  await running.stop()
})

test('what only shows that services live goes out once a second, a hundred at most, oldest first', async () => {
  const running = await runServices({ configured: configuredBy(250) })
  const showAll = () => {
    for (const name of names(250)) running.part.show('default', name, verdict('up', running.clock.now()))
  }
  showAll()
  await running.clock.advance(2_000)
  running.published.length = 0
  showAll()
  await running.clock.advance(500)
  showAll()
  await running.clock.advance(500)
  const told: string[] = []
  for (let second = 0; second < 3; second++) {
    const messages = running.messages()
    expect(messages.length).toBeLessThanOrEqual(1)
    told.push(...messages.flatMap((message) => putsOf(message).map(([name]) => name)))
    running.published.length = 0
    await running.clock.advance(1_000)
  }
  expect(told.length).toBeLessThanOrEqual(300)
  expect(new Set(told).size).toBe(250)
  await running.stop()
})

test('adding, editing and deleting one of 1,000 services takes at most two messages, of that one', async () => {
  const scripted = scriptedKind()
  const running = await runServices({ configured: configuredBy(1_000), kinds: [scripted.kind as never], judges: true })
  await running.clock.advance(2_000)
  const during = async (work: Promise<unknown>, ms: number) => {
    running.published.length = 0
    await work
    await running.clock.advance(ms)
    return running.messages()
  }
  const check = { kind: 'scripted', to: 'x' }
  const added = await during(running.call('services.create', { name: 'new', check, intervalMs: 60_000 }), 11_000)
  expect(added.length).toBeLessThanOrEqual(2)
  expect(added.flatMap(putsOf).map(([name]) => name)).toEqual(['new', 'new'])
  expect(putsOf(added.at(-1))[0]?.[2]).toMatchObject({ status: 'up' })
  const edited = await during(running.call('services.update', { name: 'new', changes: { title: 'New' } }), 5_000)
  expect(edited.length).toBeLessThanOrEqual(2)
  expect(edited.flatMap(putsOf).map(([, , view]) => view.title)).toEqual(['New'])
  const gone = await during(running.call('services.delete', { name: 'new' }), 5_000)
  expect(gone.map(({ change }) => change)).toMatchObject([{ kind: 'keyed', put: [], drop: [['new', { epoch: 'process-1' }]] }])
  await running.stop()
})

test('the first load of 1,000 services in six regions is at most 500 KB compressed', async () => {
  const regions = ['us-east', 'us-west', 'eu-west', 'eu-central', 'sa-east', 'ap-southeast']
  const configured = Object.fromEntries(
    names(1_000).map((name, index) => [
      name,
      {
        title: `The service ${name}`,
        tags: [`team-${index % 20}`, `tier-${index % 4}`],
        owner: `owner-${index % 50}`,
        regions,
        url: `https://${name}.example.com/health`,
      },
    ]),
  )
  const http = { ...scriptedKind('http').kind, parse: (raw: unknown) => raw as { to: string } }
  const running = await runServices({ configured, kinds: [http as never], poll: false })
  for (const [index, name] of names(1_000).entries()) {
    const at = running.clock.now() + ((index * 7_919) % 20_000)
    const view = (region: string, place: number) => ({
      region,
      status: index % 50 === 0 ? ('down' as const) : ('up' as const),
      since: at - index * 1_000,
      checkedAt: at + place * 13,
      latencyMs: 20 + ((index * 31 + place * 17.3) % 400),
      reason: index % 50 === 0 ? `connect ECONNREFUSED 10.0.${place}.${index % 256}:443` : null,
    })
    running.part.show('default', name, { status: index % 50 === 0 ? 'down' : 'up', since: at, regions: regions.map(view) })
  }
  const { items } = (await running.part.topics.services.load(undefined, { team: 'default', principal: null })) as {
    items: unknown[]
  }
  expect(items).toHaveLength(1_000)
  const bytes = gzipSync(JSON.stringify({ topic: 'services', kind: 'keyed', reset: true, put: items, drop: [] })).byteLength
  expect(bytes).toBeLessThan(500_000)
  await running.stop()
})

test('the state of one service is told to who watches it, and to nobody else', async () => {
  const running = await runServices({ configured: configuredBy(3) })
  running.watched.add('default service?name=service-1')
  await running.clock.advance(1_000)
  running.published.length = 0
  for (const name of names(3)) running.part.show('default', name, verdict('up', running.clock.now()))
  running.part.observe('default', 'service-1', { values: { queueDepth: 9 } })
  await running.clock.advance(1_000)
  const states = running.published.filter(({ name }) => name === 'service')
  expect(states.length).toBeGreaterThan(0)
  expect(states.every(({ change }) => (change.params as { name: string }).name === 'service-1')).toBe(true)
  expect(states.at(-1)?.change).toMatchObject({ kind: 'state', data: { status: 'up', values: { default: { queueDepth: 9 } } } })
  const load = running.part.topics.service.load
  expect(await load({ name: 'service-1' }, { team: 'default', principal: null })).toMatchObject({
    version: ((states.at(-1)?.change ?? {}) as { version?: unknown }).version,
  })
  await expect(load({ name: 'none' }, { team: 'default', principal: null })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await running.stop()
})

test('numbers alone, and what was shown before, are no news to the list', async () => {
  const running = await runServices({ configured: configuredBy(3) })
  const at = running.clock.now()
  running.part.show('default', 'service-1', verdict('up', at))
  await running.clock.advance(2_000)
  running.published.length = 0
  running.watched.add('default service?name=service-1')
  for (let second = 0; second < 5; second++) {
    running.part.show('default', 'service-1', verdict('up', at))
    running.part.sampled({
      team: 'default',
      service: 'service-1',
      region: 'default',
      at,
      verdict: null,
      values: { queueDepth: second },
    })
    await running.clock.advance(1_000)
  }
  expect(running.messages()).toEqual([])
  const states = running.published.filter(({ name }) => name === 'service')
  expect(states).toHaveLength(5)
  const revisions = states.map(({ change }) => (change as unknown as { version: { revision: number } }).version.revision)
  expect([...revisions].sort((a, b) => a - b)).toEqual(revisions)
  await running.stop()
})

test('open incidents are shown, and a service as a whole that turns is an event', async () => {
  const running = await runServices({ configured: configuredBy(2) })
  const events: unknown[] = []
  running.emitter.on(
    'service:turned',
    ({ name, status }, { before, origin, team }) => void events.push([team, name, before, status, origin]),
  )
  const now = running.clock.now()
  running.part.show('default', 'service-0', verdict('up', now))
  running.part.show('default', 'service-0', verdict('up', now + 1))
  running.part.show('default', 'service-0', verdict('down', now + 2))
  running.part.counted('default', 'service-0', 2)
  expect(events).toEqual([
    ['default', 'service-0', 'waiting', 'up', 'local'],
    ['default', 'service-0', 'up', 'down', 'local'],
  ])
  expect(await running.view('service-0')).toMatchObject({ openIncidents: 2, status: 'down' })
  expect(running.part.statuses()).toEqual({ down: 1, waiting: 1 })
  await running.stop()
})

test('a service that is let go on waits to be seen again, whatever was known of it', async () => {
  const scripted = scriptedKind()
  const running = await runServices({ kinds: [scripted.kind as never], judges: true })
  scripted.answers.set('x', () => down)
  await running.call('services.create', { name: 'a', check: { kind: 'scripted', to: 'x' }, intervalMs: 1_000 })
  await running.clock.advance(1_000)
  expect(await running.view('a')).toMatchObject({ status: 'down', regions: [{ reason: 'connect ECONNREFUSED' }] })
  await running.call('services.setEnabled', { name: 'a', enabled: false })
  running.part.show('default', 'a', verdict('paused', running.clock.now()))
  expect(await running.view('a')).toMatchObject({ status: 'paused' })
  await running.call('services.setEnabled', { name: 'a', enabled: true })
  expect(await running.view('a')).toMatchObject({ status: 'waiting' })
  await running.stop()
})
