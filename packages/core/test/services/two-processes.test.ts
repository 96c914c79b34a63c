import { expect, test } from 'vitest'
import type { ServiceEvaluation } from '../../src/domain/service-evaluation.ts'
import { SERVICE_STATUSES, SERVICES } from '../../src/services/service-record.ts'
import { testClock } from '../../src/testing/index.ts'
import { type Network, runServices, scriptedKind } from './support/running-services.ts'

const verdict = (status: ServiceEvaluation['status'], at: number, reason: string | null = null): ServiceEvaluation => ({
  status,
  since: at,
  regions: [{ region: 'default', status, since: at, checkedAt: at, latencyMs: 5, reason }],
})
const check = { kind: 'scripted', to: 'x' }

const pair = async ({ hasBus = true }: { hasBus?: boolean } = {}) => {
  const clock = testClock()
  const network: Network = new Set()
  const scripted = scriptedKind()
  const common = { clock, kinds: [scripted.kind as never], ...(hasBus ? { network } : {}) }
  const worker = await runServices({ ...common, origin: 'worker' })
  const web = await runServices({ ...common, store: worker.store, origin: 'web', poll: false, leads: false })
  return { clock, worker, web, scripted, network }
}

for (const hasBus of [true, false]) {
  test(`what is entered at one process is checked by the other, ${hasBus ? 'told by the bus' : 'found in storage'}`, async () => {
    const { clock, worker, web, scripted } = await pair({ hasBus })
    await web.call('services.create', { name: 'a', check, intervalMs: 1_000 })
    await clock.advance(hasBus ? 0 : 1_500)
    expect([...worker.part.services('default').keys()]).toEqual(['a'])
    await clock.advance(3_000)
    expect(scripted.count('x')).toBeGreaterThanOrEqual(2)
    expect(web.samples).toEqual([])
    await web.call('services.setEnabled', { name: 'a', enabled: false })
    await clock.advance(hasBus ? 0 : 1_500)
    const paused = scripted.count('x')
    await clock.advance(10_000)
    expect(scripted.count('x')).toBe(paused)
    await web.call('services.delete', { name: 'a' })
    await clock.advance(hasBus ? 0 : 1_500)
    expect(worker.part.services('default').size).toBe(0)
    await worker.stop()
    await web.stop()
    expect(clock.pending).toBe(0)
  })
}

test('what one process judges, the other shows: turned at once, with its numbers and incidents', async () => {
  const { clock, worker, web } = await pair()
  await web.call('services.create', { name: 'a', check, intervalMs: 60_000 })
  await clock.advance(1_000)
  web.published.length = 0
  worker.part.show('default', 'a', verdict('down', clock.now(), 'refused'))
  worker.part.counted('default', 'a', 3)
  worker.part.observe('default', 'a', { values: { queueDepth: 4 } })
  await clock.advance(60)
  expect(await web.view('a')).toMatchObject({
    status: 'down',
    openIncidents: 3,
    regions: [{ reason: 'refused' }],
    values: { default: { queueDepth: 4 } },
  })
  expect(web.messages().length).toBeGreaterThan(0)
  expect(web.messages().length).toBeLessThanOrEqual(2)
  await worker.stop()
  await web.stop()
})

test('who led before has nothing to say any more, and who leads is not told otherwise', async () => {
  const { clock, worker, web } = await pair()
  await worker.call('services.create', { name: 'a', check, intervalMs: 60_000 })
  worker.part.show('default', 'a', verdict('down', clock.now()))
  await clock.advance(100)
  worker.lead.turned(false)
  web.lead.turned(true)
  // Until it has judged itself, what it was told stands.
  expect(await web.view('a')).toMatchObject({ status: 'down' })
  web.part.show('default', 'a', verdict('up', clock.now()))
  worker.part.observe('default', 'a', { values: { queueDepth: 1 } })
  await clock.advance(3_000)
  expect(await web.view('a')).toMatchObject({ status: 'up' })
  expect(await worker.view('a')).toMatchObject({ status: 'up' })
  await worker.stop()
  await web.stop()
})

test('a process that comes later asks how services are doing', async () => {
  const { clock, worker, network, scripted } = await pair()
  await worker.call('services.create', { name: 'a', check, intervalMs: 60_000 })
  worker.part.show('default', 'a', verdict('degraded', clock.now()))
  await clock.advance(100)
  const late = await runServices({
    clock,
    network,
    store: worker.store,
    origin: 'late',
    poll: false,
    leads: false,
    kinds: [scripted.kind as never],
  })
  await clock.advance(0)
  expect(await late.view('a')).toMatchObject({ status: 'degraded' })
  await late.stop()
  await worker.stop()
})

test('1,000 services are told to the others in pieces that a bus carries', async () => {
  const clock = testClock()
  const network: Network = new Set()
  const configured = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`s${index}`, {}]))
  const longest: number[] = []
  network.add((_, payload) => void longest.push(JSON.stringify(payload).length))
  const worker = await runServices({ clock, network, configured, origin: 'worker' })
  const web = await runServices({ clock, network, configured, store: worker.store, origin: 'web', poll: false, leads: false })
  for (const name of Object.keys(configured)) {
    worker.part.observe('default', name, {
      values: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`value${index}Percent`, index])),
    })
    worker.part.show('default', name, verdict('up', clock.now(), '"'.repeat(300)))
  }
  await clock.advance(100)
  expect(Math.max(...longest)).toBeLessThan(65_536)
  expect(web.part.statuses()).toEqual({ up: 1_000 })
  await worker.stop()
  await web.stop()
})

test('statuses are stored when a service turns, and only then; a restart and a process without a bus show them', async () => {
  const { clock, worker, web } = await pair({ hasBus: false })
  await worker.call('services.create', { name: 'a', check, intervalMs: 60_000 })
  const at = clock.now()
  for (let second = 0; second < 20; second++) {
    worker.part.show('default', 'a', verdict('down', at))
    await clock.advance(1_000)
  }
  const read = async () => (await worker.driver.collection(SERVICE_STATUSES).load({ team: 'default' }, ['a']))[0]
  expect(await read()).toMatchObject({ version: { revision: 1 }, value: { name: 'a', status: 'down', since: at } })
  expect(await web.view('a')).toMatchObject({ status: 'down', since: at })
  await worker.stop()
  const next = await runServices({ clock, store: worker.store, origin: 'next' })
  await clock.advance(0)
  expect(await next.view('a')).toMatchObject({ status: 'down', since: at })
  // Who has just taken over has seen nothing yet.
  next.part.show('default', 'a', verdict('waiting', clock.now()))
  expect(await next.view('a')).toMatchObject({ status: 'down' })
  next.part.show('default', 'a', verdict('up', clock.now()))
  await clock.advance(1_000)
  expect(await read()).toMatchObject({ version: { revision: 2 }, value: { status: 'up' } })
  await next.call('services.delete', { name: 'a' })
  await clock.advance(1_000)
  expect(await read()).toBeNull()
  await next.stop()
  await web.stop()
})

test('statuses that turn while storage is away are stored when it is back, the latest of each', async () => {
  const { clock, worker, web } = await pair()
  await worker.call('services.create', { name: 'a', check, intervalMs: 60_000 })
  worker.away()
  for (const status of ['down', 'up', 'degraded'] as const) {
    worker.part.show('default', 'a', verdict(status, clock.now()))
    await clock.advance(1_000)
  }
  worker.back()
  await clock.advance(2_000)
  const [stored] = await worker.driver.collection(SERVICE_STATUSES).load({ team: 'default' }, ['a'])
  expect(stored).toMatchObject({ version: { revision: 1 }, value: { status: 'degraded' } })
  await worker.stop()
  await web.stop()
})

test('a follower stores no status, whatever it is shown', async () => {
  const { clock, worker, web } = await pair({ hasBus: false })
  await worker.call('services.create', { name: 'a', check, intervalMs: 60_000 })
  await clock.advance(2_000)
  web.part.show('default', 'a', verdict('down', clock.now()))
  await clock.advance(2_000)
  expect(await worker.driver.collection(SERVICE_STATUSES).load({ team: 'default' }, ['a'])).toEqual([null])
  await worker.stop()
  await web.stop()
})

test('a record of a later version that cannot be read hides itself, and nothing else', async () => {
  const { clock, worker, web } = await pair({ hasBus: false })
  await worker.call('services.create', { name: 'good', check })
  const write = { store: SERVICES.name, team: 'default', expected: null, at: clock.now() }
  await worker.driver.commit([
    { write: { ...write, id: 'odd', writeId: 'w1', value: { kind: 'galaxy' } }, then: [] },
    { write: { ...write, id: 'odder', writeId: 'w2', value: { kind: 'service', name: 'odder', regions: 'eu' } }, then: [] },
    { write: { ...write, id: 'future', writeId: 'w3', value: { kind: 'service', name: 'future', orbit: 7 } }, then: [] },
  ])
  await clock.advance(3_000)
  expect([...web.part.services('default').keys()].sort()).toEqual(['future', 'good'])
  await web.call('services.update', { name: 'future', changes: { title: 'Future' } })
  const [stored] = await worker.driver.collection(SERVICES).load({ team: 'default' }, ['future'])
  expect(stored?.value).toMatchObject({ orbit: 7, title: 'Future' })
  expect(web.warnings.filter((message) => message.includes('cannot be read')).length).toBe(1)
  await worker.stop()
  await web.stop()
})
