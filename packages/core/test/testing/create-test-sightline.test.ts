import { expect, test } from 'vitest'
import { createTestSightline, scriptedProbe } from '../../src/testing/index.ts'

const config = { apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { url: 'http://127.0.0.1:1/' } } } } }

test('a change is seen once, and an unchanged document not at all', async () => {
  await using t = await createTestSightline(config)
  t.probe('orders', 'us-east').returns({ open: 3 })
  await t.clock.advance(5_000)
  expect(t.changes).toMatchObject([{ api: 'orders', region: 'us-east', revision: 1, data: { open: 3 }, provisional: false }])
  t.probe('orders', 'us-east').returns({ open: 4 })
  await t.clock.advance(1_000)
  expect(t.changes.map(({ revision }) => revision)).toEqual([1, 2])
  expect(t.probe('orders', 'us-east').asked).toBe(6)
})

test('a name that is not configured is refused', async () => {
  await using t = await createTestSightline(config)
  expect(() => t.probe('orders', 'mars')).toThrow(/no region "mars"/)
})

test('a canary of the configuration is not asked', async () => {
  const outside = scriptedProbe()
  await using t = await createTestSightline({
    services: { jobs: { probe: scriptedProbe() } },
    canary: { urls: ['https://example.com/'], probes: [outside] },
  })
  t.probe('jobs').fails(new Error('connect ECONNREFUSED'))
  await t.clock.advance(60_000)
  expect(outside.asked).toBe(0)
  expect(await t.sightline.call({ operation: 'services.get', input: { name: 'jobs' }, as: 'system' })).toMatchObject({
    status: 'down',
  })
})
