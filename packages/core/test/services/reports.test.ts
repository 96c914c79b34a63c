import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ServiceReport } from '../../src/protocol/services.ts'
import { createServiceReporter } from '../../src/services/service-reporter.ts'
import { testClock } from '../../src/testing/index.ts'
import { faultsOf, runServices, scriptedKind } from './support/running-services.ts'

const team = 'default'

test('a service reports itself: its status, its numbers, and custom metrics by their folded names', async () => {
  const running = await runServices()
  await running.call('services.create', { name: 'jobs', check: { kind: 'heartbeat' }, regions: ['eu', 'us'] })
  const now = running.clock.now()
  const report: ServiceReport = {
    status: 'degraded',
    region: 'us',
    reason: 'a\r\nBcc: x\u202egnp\u001b[2J',
    values: { cpuPercent: 12 },
    metrics: [
      { name: 'depth', value: 3 },
      { name: 'depth', value: 4, unit: 'jobs', tags: { zone: 'a', queue: 'm"l' } },
      { name: 'late', value: 5, at: now - 60_000 },
    ],
  }
  expect(await running.call('services.report', { name: 'jobs', ...report })).toEqual({ accepted: 5 })
  expect(running.samples).toEqual([
    { team, service: 'jobs', region: 'us', at: now - 60_000, verdict: null, values: { late: 5 } },
    {
      team,
      service: 'jobs',
      region: 'us',
      at: now,
      verdict: 'degraded',
      values: { cpuPercent: 12, depth: 3, 'depth[jobs]{queue="m\\"l",zone="a"}': 4 },
      reason: 'a Bcc: x gnp [2J',
    },
  ])
  expect(await running.call('services.report', { name: 'jobs' })).toEqual({ accepted: 1 })
  expect(running.samples.at(-1)).toEqual({ team, service: 'jobs', region: 'eu', at: now, verdict: 'up', values: {} })
  expect(await running.view('jobs')).toMatchObject({ values: { us: { cpuPercent: 12, depth: 3 } } })
  await running.call('services.setEnabled', { name: 'jobs', enabled: false })
  expect(await running.call('services.report', { name: 'jobs' })).toEqual({ accepted: 0 })
  expect(running.samples).toHaveLength(3)
  await running.stop()
})

test('of a service that is checked, a report adds numbers and no verdict', async () => {
  const running = await runServices({ kinds: [scriptedKind().kind as never] })
  await running.call('services.create', { name: 'a', check: { kind: 'scripted', to: 'x' } })
  await running.call('services.report', { name: 'a', status: 'down', values: { requests: 7 } })
  expect(running.samples.at(-1)).toMatchObject({ verdict: null, values: { requests: 7 } })
  await running.stop()
})

test('over the API nobody makes a service by reporting; what does not fit is named', async () => {
  const running = await runServices()
  await expect(running.call('services.report', { name: 'new' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await running.call('services.create', { name: 'a' })
  const now = running.clock.now()
  const cases: readonly (readonly [ServiceReport, string])[] = [
    [{ region: 'mars' }, 'region'],
    [{ at: now - 3_600_001 }, 'at'],
    [{ at: now + 60_001 }, 'at'],
    [{ metrics: [{ name: 'x', value: 1, at: 5 }] }, 'metrics.0.at'],
    [{ values: { x: Number.NaN } }, 'values'],
    [{ values: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`v${index}`, 1])) }, 'values'],
    [{ metrics: [{ name: 'x'.repeat(101), value: 1 }] }, 'metrics.0.name'],
    [{ metrics: [{ name: 'a{b}', value: 1 }] }, 'metrics.0.name'],
    [{ metrics: [{ name: 'x', value: 1, unit: 'u'.repeat(21) }] }, 'metrics.0.unit'],
    [
      {
        metrics: [{ name: 'x', value: 1, tags: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`t${index}`, ''])) }],
      },
      'metrics.0.tags',
    ],
    [{ metrics: Array.from({ length: 101 }, () => ({ name: 'x', value: 1 })) }, 'metrics'],
    [{ status: 'paused' as never }, 'status'],
  ]
  for (const [report, path] of cases) {
    expect((await faultsOf(running.call('services.report', { name: 'a', ...report }))).map((fault) => fault.path)).toEqual([path])
  }
  expect(running.samples).toEqual([])
  await running.stop()
})

test('in process, nothing thrown and nothing kept, whatever is observed', async () => {
  const running = await runServices()
  const sane = running.part.reporter('sane')
  const trap = new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap')
      },
      ownKeys: () => {
        throw new Error('trap')
      },
    },
  )
  const attack = (report: unknown, name: unknown): void => {
    running.part.observe(team, name as string, report as ServiceReport)
    sane.observe(report as ServiceReport)
    sane.countRequest(report as number, name as boolean)
  }
  attack(trap, trap)
  attack(Object.create(null), Symbol('x'))
  fc.assert(fc.property(fc.anything(), fc.oneof(fc.string(), fc.anything()), attack), { numRuns: 500 })
  for (const { values } of running.samples) for (const value of Object.values(values)) expect(Number.isFinite(value)).toBe(true)
  expect(running.warnings.filter((message) => message.startsWith('A report')).length).toBe(1)
  await running.stop()
})

test('a service of this process makes itself known, is stored, and stays deleted until the process ends', async () => {
  const running = await runServices()
  const checkout = running.part.reporter('checkout')
  expect(running.part.reporter('checkout')).toBe(checkout)
  checkout.observe({ values: { carts: 3 } })
  await running.clock.advance(0)
  expect(await running.view('checkout')).toMatchObject({ origin: 'stored', kind: 'report' })
  expect(running.samples).toMatchObject([{ service: 'checkout', verdict: 'up', values: { carts: 3 } }])
  const other = await runServices({ store: running.store, clock: running.clock, origin: 'process-2' })
  expect(await other.view('checkout')).toMatchObject({ name: 'checkout' })
  await running.call('services.update', { name: 'checkout', changes: { title: 'Checkout', check: { kind: 'heartbeat' } } })
  checkout.observe({})
  expect(running.samples).toHaveLength(2)
  await running.call('services.delete', { name: 'checkout' })
  checkout.observe({})
  expect(running.samples).toHaveLength(2)
  await running.clock.advance(2_000)
  await expect(running.view('checkout')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(other.view('checkout')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(() => running.part.reporter('a b')).toThrow('No service can be called "a b".')
  await running.stop()
  await other.stop()
})

test('a service that made itself known while storage was away is stored when it is back', async () => {
  const running = await runServices({ away: true })
  running.part.observe(team, 'checkout', {})
  expect(await running.view('checkout')).toMatchObject({ name: 'checkout' })
  running.back()
  await running.clock.advance(0)
  const next = await runServices({ store: running.store, clock: running.clock })
  expect(await next.view('checkout')).toMatchObject({ name: 'checkout' })
  await running.stop()
  await next.stop()
})

test('requests are counted here and reported every ten seconds, with CPU and memory', async () => {
  let cpuPercent = 10
  const running = await runServices({ readUsage: () => ({ cpuPercent: cpuPercent++, ramPercent: Number.NaN }) })
  const checkout = running.part.reporter('checkout')
  for (let ms = 1; ms <= 100; ms++) checkout.countRequest(ms, ms % 4 === 0)
  await running.clock.advance(10_000)
  expect(running.samples).toHaveLength(1)
  expect(running.samples[0]).toMatchObject({ verdict: 'up' })
  expect(running.samples[0]?.values).toEqual({
    requests: 100,
    errors: 25,
    errorRatePercent: 25,
    latencyP50Ms: 50,
    latencyP95Ms: 95,
    latencyP99Ms: 99,
    cpuPercent: 11,
  })
  await running.clock.advance(10_000)
  expect(running.samples[1]?.values).toEqual({ requests: 0, errors: 0, errorRatePercent: 0, cpuPercent: 12 })
  checkout.observe({ status: 'down', reason: 'no payments' })
  await running.clock.advance(10_000)
  // Its numbers do not call up what calls itself down.
  expect(running.samples.slice(2)).toMatchObject([{ verdict: 'down' }, { verdict: 'down', reason: 'no payments' }])
  checkout.countRequest(5)
  await running.stop()
  expect(running.samples.at(-1)?.values).toMatchObject({ requests: 1, latencyP99Ms: 5 })
  expect(running.clock.pending).toBe(0)
})

test('percentiles of very many requests are of a fair sample, in bounded memory', () => {
  const clock = testClock()
  const reports: ServiceReport[] = []
  let seed = 1
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const reporter = createServiceReporter({ name: 'a', clock, random, observe: (_, report) => void reports.push(report) })
  reporter.start()
  // Ever slower: a sample that favours the first, or the last, would show.
  for (let count = 0; count < 100_000; count++) reporter.countRequest(count / 100)
  reporter.stop()
  const { requests, latencyP50Ms, latencyP95Ms } = reports[0]?.values ?? {}
  expect(requests).toBe(100_000)
  expect(latencyP50Ms).toBeGreaterThan(450)
  expect(latencyP50Ms).toBeLessThan(550)
  expect(latencyP95Ms).toBeGreaterThan(925)
  expect(latencyP95Ms).toBeLessThan(975)
})
