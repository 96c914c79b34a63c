import { expect, test } from 'vitest'
import { allowAll, createSightline, type ProbeKind, SightlineError } from '../../src/index.ts'
import { scriptedProbe, testClock } from '../../src/testing/index.ts'

/** A kind of probe that is particular about its options. */
const particular = (): ProbeKind<unknown> => ({
  kind: 'http',
  parse: (raw) => {
    const { url, method } = raw as { readonly url: string; readonly method?: string }
    if (method === 'BREW')
      throw new SightlineError('INVALID_CONFIG', 'bad options', {
        fields: [{ path: 'method', message: 'must be a method of HTTP' }],
      })
    if (url.endsWith('/teapot')) throw new SightlineError('INVALID_CONFIG', 'No teapots.')
    return raw
  },
  open: () => scriptedProbe({ n: 1 }),
})

test('every fault of every url target is told at start, each with its path, and nothing is left running', async () => {
  const clock = testClock()
  const sightline = createSightline({
    access: allowAll(),
    clock,
    http: particular(),
    apis: {
      orders: {
        regions: { 'us-east': { url: 'http://127.0.0.1:1/', method: 'BREW' }, 'eu-west': { url: 'http://127.0.0.1:1/' } },
      },
      search: { regions: { 'us-east': { url: 'http://127.0.0.1:1/teapot' } } },
    },
  })
  const failed = sightline.start()
  await expect(failed).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    fields: [
      { path: 'apis.orders.regions.us-east.method', message: 'must be a method of HTTP' },
      { path: 'apis.search.regions.us-east', message: 'No teapots.' },
    ],
  })
  expect(clock.pending).toBe(0)
})

test('a process that only serves asks its targets when somebody says so, and not by itself', async () => {
  const clock = testClock()
  const probe = scriptedProbe({ n: 1 })
  const sightline = createSightline({
    access: allowAll(),
    clock,
    http: { ...particular(), open: () => probe },
    apis: { orders: { retries: 0, regions: { 'us-east': { url: 'http://127.0.0.1:1/' } } } },
  })
  await sightline.start({ poll: false })
  await clock.advance(60_000)
  expect(probe.asked).toBe(0)
  await sightline.call({ operation: 'metrics.pollNow', input: { api: 'orders', region: 'us-east' }, as: 'system' })
  expect(probe.asked).toBe(1)
  const stopped = sightline.stop({ timeoutMs: 0 })
  await clock.advance(1_000)
  await stopped
})
