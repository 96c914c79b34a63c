import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { allowAll, createSightline } from '../../src/index.ts'
import { createTestSightline, scriptedProbe } from '../../src/testing/index.ts'

const regions = () => ({ 'us-east': { probe: scriptedProbe({ open: 1 }) } })

test('nothing is done before start, a second start is refused, stop is idempotent', async () => {
  const probe = scriptedProbe()
  const sightline = createSightline({
    access: allowAll(),
    apis: { orders: { intervalMs: 100, regions: { 'us-east': { probe } } } },
  })
  await new Promise((resolve) => setTimeout(resolve, 250))
  expect(probe.asked).toBe(0)
  await sightline.start()
  await expect(sightline.start()).rejects.toMatchObject({ code: 'CONFLICT' })
  await sightline.ready()
  await Promise.all([sightline.stop(), sightline.stop()])
  await sightline.stop()
  const { asked } = probe
  await new Promise((resolve) => setTimeout(resolve, 250))
  expect(probe.asked).toBe(asked)
})

test('a process that embeds, polls over HTTP, starts and stops a hundred times ends by itself within two seconds, without growth', async () => {
  const target = createServer((_, response) => response.end('{"open":1}'))
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
  const child = fork(new URL('./support/hundred-cycles.ts', import.meta.url), [String((target.address() as AddressInfo).port)], {
    execArgv: ['--conditions=@sightline/source', '--expose-gc'],
  })
  const reports: { stoppedAt: number; growth: number; handles: string[] }[] = []
  child.on('message', (message) => reports.push(message as (typeof reports)[0]))
  const code = await new Promise((resolve) => child.once('exit', resolve))
  const endedAt = Date.now()
  target.close()
  expect(code).toBe(0)
  const [report] = reports
  expect(report?.handles).toEqual([])
  expect(endedAt - (report?.stoppedAt ?? 0)).toBeLessThan(2_000)
  expect(report?.growth).toBeLessThan(8 * 1_048_576)
}, 60_000)

test('two instances in one process know nothing of each other', async () => {
  await using a = await createTestSightline({ apis: { orders: { intervalMs: 1_000, regions: regions() } } })
  await using b = await createTestSightline({ apis: { orders: { intervalMs: 1_000, regions: regions() } } })
  a.probe('orders', 'us-east').returns({ from: 'a' })
  b.probe('orders', 'us-east').returns({ from: 'b' })
  await a.clock.advance(1_000)
  await b.clock.advance(1_000)
  expect(a.changes.map(({ data }) => data)).toEqual([{ from: 'a' }])
  expect(b.changes.map(({ data }) => data)).toEqual([{ from: 'b' }])
})

test('every fault of a configuration is named at once', () => {
  const bad = {
    apis: { orders: { intervalMs: 1, ignore: ['a..b'], regions: { 'us-east': { url: 'ftp://x', intervalMS: 5 } } } },
  } as never
  let fields: readonly { path: string }[] = []
  try {
    createSightline(bad)
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_CONFIG' })
    fields = (error as { fields: typeof fields }).fields
  }
  expect(fields.map(({ path }) => path).sort()).toEqual(
    [
      'apis.orders.ignore.0',
      'apis.orders.intervalMs',
      'apis.orders.regions.us-east.intervalMS',
      'apis.orders.regions.us-east.url',
    ].sort(),
  )
})

test('without a policy nobody may see anything; with allowAll everybody, and it is said', async () => {
  const lines: string[] = []
  const quiet = () => {}
  const logger = {
    debug: quiet,
    info: quiet,
    warn: (_: object, message: string) => void lines.push(message),
    error: quiet,
    child: () => logger,
  }
  const closed = createSightline({ apis: { orders: { regions: regions() } }, logger })
  await closed.start()
  await expect(closed.call({ operation: 'metrics.listApis', input: {}, as: null })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(closed.read({ topic: 'regions', as: null })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(closed.info().access).toBe('deny-all')
  await closed.stop()
  const open = createSightline({ access: allowAll(), apis: { orders: { regions: regions() } }, logger })
  await open.start()
  await expect(open.call({ operation: 'metrics.listApis', input: {}, as: null })).resolves.toMatchObject({
    items: [{ name: 'orders' }],
  })
  expect(open.info().access).toBe('allow-all')
  await open.stop()
  expect(lines).toEqual([
    'No access policy is configured: nobody may see anything.',
    'Access is open: everybody who can reach this may do everything.',
  ])
})
