import { expect, test } from 'vitest'
import { defineNotifier, defineProbe, defineRule } from '../../src/index.ts'
import { createTestSightline } from '../../src/testing/index.ts'

/** A service whose probe a test decides, and a channel that keeps what it was told. */
const setUp = async () => {
  const queueDepth = defineProbe({ name: 'queue-depth', collect: async () => ({ status: 'up', metrics: { depth: 0 } }) })
  const backlog = defineRule({
    name: 'backlog',
    probe: queueDepth,
    severity: 'high',
    keepFiringForMs: 0,
    condition: ({ depth }) => (depth > 500 ? 'breach' : depth < 300 ? 'ok' : 'hold'),
  })
  const t = await createTestSightline({
    services: { jobs: { probe: queueDepth, rules: [backlog], intervalMs: 10_000 } },
    notifiers: { ops: defineNotifier({ name: 'ops', send: async () => {} }) },
    routes: [{ channels: ['ops'], groupWaitMs: 1_000 }],
  })
  t.probe('jobs').returns({ depth: 0 })
  const call = (operation: string, input: unknown = {}) => t.sightline.call({ operation, input, as: 'system' })
  return { ...t, call, jobs: t.probe('jobs'), told: t.notifications, [Symbol.asyncDispose]: t[Symbol.asyncDispose] }
}

test('a service that goes down opens one incident, tells one channel once, and resolves when it is back', async () => {
  await using t = await setUp()
  await t.clock.advance(12_000)
  expect(await t.call('services.list')).toMatchObject({ items: [{ name: 'jobs', status: 'up' }] })

  t.jobs.fails(new Error('connect ECONNREFUSED'))
  await t.clock.advance(60_000)
  expect(await t.call('services.get', { name: 'jobs' })).toMatchObject({ status: 'down', openIncidents: 1 })
  const { items: open } = (await t.call('incidents.list', { status: 'active' })) as { items: readonly object[] }
  expect(open).toMatchObject([{ rule: 'service-down', service: 'jobs', status: 'open' }])
  expect(t.told.map(({ status }) => status)).toEqual(['firing'])

  t.jobs.returns({ depth: 0 })
  await t.clock.advance(400_000)
  expect(await t.call('incidents.list', { status: 'active' })).toMatchObject({ items: [] })
  expect(t.told.map(({ status }) => status)).toEqual(['firing', 'resolved'])
  expect(await t.call('services.get', { name: 'jobs' })).toMatchObject({ status: 'up', openIncidents: 0 })
})

test('a rule in code of a service opens and resolves with its hysteresis', async () => {
  await using t = await setUp()
  t.jobs.returns({ depth: 900 })
  await t.clock.advance(30_000)
  expect(await t.call('incidents.list', { status: 'active' })).toMatchObject({ items: [{ rule: 'backlog', severity: 'high' }] })
  t.jobs.returns({ depth: 400 })
  await t.clock.advance(30_000)
  expect(await t.call('incidents.list', { status: 'active' })).toMatchObject({ items: [{ rule: 'backlog' }] })
  t.jobs.returns({ depth: 100 })
  await t.clock.advance(30_000)
  expect(await t.call('incidents.list', { status: 'active' })).toMatchObject({ items: [] })
})

test('logs and samples of a service are there to be read', async () => {
  await using t = await setUp()
  t.sightline.log({ service: 'jobs', severity: 'error', message: 'queue lost its head' })
  await t.clock.advance(20_000)
  expect(await t.call('logs.search', { text: 'head' })).toMatchObject({
    items: [{ service: 'jobs', message: 'queue lost its head' }],
  })
  const now = t.clock.now()
  const { charts } = (await t.call('samples.chart', {
    service: 'jobs',
    values: ['latencyMs'],
    from: now - 60_000,
    to: now,
  })) as { charts: readonly { count: readonly number[] }[] }
  expect(charts[0]?.count.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
})

test('a service of this process reports itself', async () => {
  await using t = await setUp()
  const checkout = t.sightline.service('checkout')
  checkout.countRequest(12)
  checkout.countRequest(40, true)
  checkout.observe({ values: { queueDepth: 3 } })
  await t.clock.advance(25_000)
  expect(await t.call('services.get', { name: 'checkout' })).toMatchObject({ name: 'checkout', status: 'up' })
  expect(await t.call('samples.values', { service: 'checkout' })).toMatchObject({
    values: expect.arrayContaining([expect.objectContaining({ name: 'queueDepth' })]),
  })
})
