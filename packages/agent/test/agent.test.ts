import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { createAgent } from '../src/index.ts'
import { startReceiver } from './receiver.ts'

const processOf = (name: string): string => fileURLToPath(new URL(`./processes/${name}.ts`, import.meta.url))
const source = (name: string): string => new URL(`../src/${name}.ts`, import.meta.url).href

test('lines, reports, numbers and metrics arrive, with the token', async () => {
  await using receiver = await startReceiver()
  const agent = createAgent({ url: `${receiver.url}/sightline/`, token: 'abc', service: 'shop', region: 'eu' })
  for (let index = 0; index < 100; index++) agent.countRequest(index + 1, index >= 90)
  agent.metric({ name: 'queue', value: 3, unit: 'jobs' })
  agent.log({ message: 'payment failed', severity: 'error', fields: { error: new Error('no'), big: 1n } })
  agent.observe({ status: 'degraded', reason: 'slow' })
  await agent.close()
  const [line] = receiver.lines()
  expect(line).toMatchObject({
    service: 'shop',
    message: 'payment failed',
    severity: 'error',
    fields: { error: { message: 'no' }, big: '1' },
  })
  expect(line?.id).toMatch(/^[\w-]+$/)
  const reports = receiver.reports()
  expect(reports.find(({ status }) => status === 'degraded')).toMatchObject({ name: 'shop', reason: 'slow' })
  const counted = reports.find(({ values }) => values.requests === 100)
  expect(counted).toMatchObject({
    name: 'shop',
    region: 'eu',
    values: { requests: 100, errors: 10, errorRatePercent: 10, latencyP50Ms: 50, latencyP95Ms: 95, latencyP99Ms: 99 },
    metrics: [{ name: 'queue', value: 3, unit: 'jobs' }],
  })
  expect(counted?.values.cpuPercent).toBeGreaterThanOrEqual(0)
  expect(counted?.values.ramPercent).toBeGreaterThan(0)
  expect(
    receiver.received.every(
      ({ headers, path }) => headers.authorization === 'Bearer abc' && path.startsWith('/sightline/api/v1/'),
    ),
  ).toBe(true)
  expect(agent.counters).toMatchObject({ waiting: 0, dropped: 0 })
})

test('reports come by themselves, as a heartbeat', async () => {
  await using receiver = await startReceiver()
  const agent = createAgent({ url: receiver.url, service: 'shop', intervalMs: 1_000 })
  await vi.waitFor(() => expect(receiver.reports().length).toBeGreaterThanOrEqual(2), { timeout: 20_000 })
  await agent.close()
})

test('what could not be sent is sent when it can be, once, in order', async () => {
  await using receiver = await startReceiver()
  receiver.answers(503)
  const troubles: string[] = []
  const agent = createAgent({ url: receiver.url, service: 'shop', reports: false, onTrouble: (reason) => troubles.push(reason) })
  for (let index = 0; index < 5; index++) agent.log({ message: `line ${index}` })
  await vi.waitFor(() => expect(troubles).toEqual(['it was answered 503']), { timeout: 20_000 })
  receiver.answers(200)
  await vi.waitFor(() => expect(receiver.lines()).toHaveLength(5), { timeout: 20_000 })
  expect(receiver.lines().map(({ message }) => message)).toEqual([0, 1, 2, 3, 4].map((index) => `line ${index}`))
  await agent.close()
})

test('Retry-After is kept', async () => {
  await using receiver = await startReceiver()
  receiver.answers(429, { 'retry-after': '3' })
  let troubledAt = 0
  const onTrouble = (): void => {
    troubledAt = performance.now()
  }
  const agent = createAgent({ url: receiver.url, service: 'shop', reports: false, onTrouble })
  agent.log({ message: 'one' })
  await vi.waitFor(() => expect(troubledAt).toBeGreaterThan(0), { timeout: 20_000 })
  receiver.answers(200)
  await vi.waitFor(() => expect(receiver.lines()).toHaveLength(1), { timeout: 20_000 })
  expect(performance.now() - troubledAt).toBeGreaterThan(2_500)
  await agent.close()
})

test('the oldest are dropped and counted where there is no room, in number and in bytes', async () => {
  await using receiver = await startReceiver()
  receiver.answers(503)
  const agent = createAgent({ url: receiver.url, service: 'shop', reports: false, maxBufferedLines: 10 })
  for (let index = 0; index < 25; index++) agent.log({ message: `line ${index}` })
  expect(agent.counters).toMatchObject({ waiting: 10, dropped: 15 })
  receiver.answers(200)
  await agent.close()
  expect(receiver.lines().map(({ message }) => message)).toEqual(Array.from({ length: 10 }, (_, index) => `line ${index + 15}`))

  const small = createAgent({ url: receiver.url, service: 'shop', reports: false, maxBufferedBytes: 10_000 })
  for (let index = 0; index < 25; index++) small.log({ message: 'x'.repeat(1_000) })
  expect(small.counters.waiting).toBeLessThan(10)
  await small.close()
})

test('a batch that is too large is halved; a line that is refused for good is given up', async () => {
  await using receiver = await startReceiver()
  receiver.answers(413)
  const agent = createAgent({ url: receiver.url, service: 'shop', reports: false })
  for (let index = 0; index < 4; index++) agent.log({ message: `line ${index}` })
  await agent.close()
  expect(agent.counters).toMatchObject({ waiting: 0, dropped: 4 })
})

test('nothing of the host comes to harm', async () => {
  const agent = createAgent({ url: 'http://127.0.0.1:1/', service: 'shop', intervalMs: 1_000 })
  const hostile: Record<string, unknown> = {
    get trap(): never {
      throw new Error('looked at')
    },
  }
  hostile.self = hostile
  const circular: Record<string, unknown> = {}
  circular.self = circular
  agent.log({ message: 'a', fields: hostile })
  agent.log({ message: 'b', fields: circular })
  agent.log(null as never)
  agent.log({
    message: {
      toString: () => {
        throw new Error('no')
      },
    } as never,
  })
  agent.observe(null as never)
  agent.metric(undefined as never)
  agent.countRequest(Number.NaN, true)
  const startedAt = performance.now()
  await agent.close({ timeoutMs: 300 })
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  agent.log({ message: 'after the end' })
  await agent.close()
})

test('a server that hangs holds neither close nor the process up', async () => {
  await using receiver = await startReceiver()
  receiver.answers('hang')
  const agent = createAgent({ url: receiver.url, service: 'shop', timeoutMs: 60_000 })
  agent.log({ message: 'one' })
  const startedAt = performance.now()
  await agent.close({ timeoutMs: 300 })
  expect(performance.now() - startedAt).toBeLessThan(10_000)

  const child = spawn(process.execPath, ['--conditions=@sightline/source', processOf('idle'), receiver.url], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
}, 40_000)

test('options that cannot be meant are refused at once', () => {
  expect(() => createAgent({ url: 'ftp://x', service: 'shop' })).toThrow(TypeError)
  expect(() => createAgent({ url: 'http://x', service: 'a b' })).toThrow(TypeError)
})

test('lines of pino come through its own thread, with level, trace and error', async () => {
  await using receiver = await startReceiver()
  const child = spawn(process.execPath, ['--conditions=@sightline/source', processOf('pino-app'), receiver.url, source('pino')], {
    stdio: 'inherit',
  })
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect(receiver.lines()).toMatchObject([
    { severity: 'info', message: 'order taken', traceId: '5b8efff798038103d269b633813fc60c', fields: { order: 17 } },
    { severity: 'error', message: 'payment failed', fields: { err: { type: 'Error' } } },
    { severity: 'fatal', message: 'out of memory' },
  ])
}, 40_000)
