import { expect, test } from 'vitest'
import { applyPatch } from '../../src/protocol/apply-patch.ts'
import type { Listing, MetricsDiff, MetricsSnapshot } from '../../src/protocol/contract.ts'
import { createTestSightline } from '../../src/testing/index.ts'

const url = 'http://127.0.0.1:1/'
const ref = { api: 'orders', region: 'us-east' }
const config = {
  apis: {
    orders: { intervalMs: 1_000, regions: { 'us-east': { url }, 'eu-west': { url } } },
    search: { intervalMs: 1_000, regions: { 'us-east': { url } } },
  },
}

const setUp = async () => {
  const t = await createTestSightline(config)
  const call = <T>(operation: string, input: unknown): Promise<T> =>
    t.sightline.call({ operation, input, as: 'system' }) as Promise<T>
  for (const n of [1, 2, 3, 4, 5]) {
    t.probe('orders', 'us-east').returns({ n, same: { deep: true } })
    await t.clock.advance(1_000)
  }
  return { t, call }
}

test('get gives the latest document, or the one of a time', async () => {
  const { t, call } = await setUp()
  await using _ = t
  const latest = await call<MetricsSnapshot>('metrics.get', ref)
  expect(latest).toMatchObject({ ...ref, revision: 5, data: { n: 5 }, hash: expect.stringMatching(/^[0-9a-f]{40}$/) })
  const third = t.changes.filter(({ api, region }) => api === 'orders' && region === 'us-east')[2]
  expect(await call<MetricsSnapshot>('metrics.get', { ...ref, asOf: (third?.updatedAt ?? 0) + 500 })).toMatchObject({
    revision: 3,
    data: { n: 3 },
  })
  await expect(call('metrics.get', { ...ref, asOf: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('history pages from the newest, and every entry stays what it was', async () => {
  const { t, call } = await setUp()
  await using _ = t
  const revisions: number[] = []
  let cursor: string | null = null
  do {
    const page: Listing<MetricsSnapshot> = await call('metrics.history', {
      ...ref,
      limit: 2,
      ...(cursor === null ? {} : { cursor }),
    })
    revisions.push(...page.items.map(({ revision }) => revision))
    cursor = page.next
    t.probe('orders', 'us-east').returns({ n: 100 + revisions.length })
    await t.clock.advance(1_000)
  } while (cursor !== null)
  expect(revisions).toEqual([5, 4, 3, 2, 1])
})

test('diff is the patch from one revision to another, with the sections it touches', async () => {
  const { t, call } = await setUp()
  await using _ = t
  const { items } = await call<Listing<MetricsSnapshot>>('metrics.history', ref)
  const [to, from] = [items[0], items[3]]
  const diff = await call<MetricsDiff>('metrics.diff', {
    ...ref,
    from: { epoch: from?.epoch, revision: 2 },
    to: { epoch: to?.epoch, revision: 5 },
  })
  expect(diff).toMatchObject({
    from: { revision: 2 },
    to: { revision: 5 },
    sections: ['n'],
    patch: [{ op: 'replace', path: '/n', value: 5 }],
  })
  expect(applyPatch(from?.data, diff.patch)).toEqual(to?.data)
  await expect(
    call('metrics.diff', { ...ref, from: { epoch: 'gone', revision: 1 }, to: { epoch: to?.epoch, revision: 5 } }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('list gives the latest of every region, of one api or all', async () => {
  const { t, call } = await setUp()
  await using _ = t
  const all = await call<Listing<MetricsSnapshot>>('metrics.list', {})
  expect(all.items.map(({ api, region }) => `${api}/${region}`)).toEqual(['orders/us-east', 'orders/eu-west', 'search/us-east'])
  expect((await call<Listing<MetricsSnapshot>>('metrics.list', { api: 'search' })).items).toHaveLength(1)
  await expect(call('metrics.list', { api: 'nope' })).rejects.toMatchObject({ code: 'UNKNOWN_REGION' })
})

test('listApis describes the configuration without anything secret', async () => {
  await using t = await createTestSightline({
    apis: {
      orders: {
        regions: {
          'us-east': {
            url: 'http://user:hunter2@127.0.0.1:1/',
            headers: { 'x-key': 'hunter2' },
            label: 'US East',
            intervalMs: 500,
          },
        },
      },
    },
  })
  const answer = await t.sightline.call({ operation: 'metrics.listApis', input: {}, as: 'system' })
  expect(answer).toEqual({
    items: [{ name: 'orders', regions: [{ name: 'us-east', label: 'US East', intervalMs: 500, timeoutMs: 500, ignore: [] }] }],
    next: null,
  })
  expect(JSON.stringify([answer, t.sightline.info(), t.sightline.status(), await t.sightline.health()])).not.toContain('hunter2')
})

test.each([
  ['metrics.get', { api: 'orders' }, 'region'],
  ['metrics.get', { ...ref, asOf: 'yesterday' }, 'asOf'],
  ['metrics.history', { ...ref, limit: 0 }, 'limit'],
  ['metrics.history', { ...ref, limit: 501 }, 'limit'],
  ['metrics.setInterval', { ...ref, intervalMs: 99 }, 'intervalMs'],
  ['metrics.setInterval', { ...ref, intervalMs: '1000' }, 'intervalMs'],
  ['metrics.diff', { ...ref, from: { epoch: 'x' }, to: { epoch: 'x', revision: 1 } }, 'from.revision'],
])('%s refuses %j and names the field', async (operation, input, path) => {
  await using t = await createTestSightline(config)
  await expect(t.sightline.call({ operation, input, as: 'system' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    fields: [{ path }],
  })
})

test('a cursor that no listing gave is refused', async () => {
  const { t, call } = await setUp()
  await using _ = t
  await expect(call('metrics.history', { ...ref, cursor: '%%%' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})
