import { expect, test } from 'vitest'
import { startServed } from '../support/served.ts'
import { until } from '../support/until.ts'

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Parses the text format strictly; throws at a line that is none of it. */
const parse = (text: string): { readonly samples: readonly Sample[]; readonly types: ReadonlyMap<string, string> } => {
  const samples: Sample[] = []
  const types = new Map<string, string>()
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.split('\n')) {
    if (line === '' || /^# HELP [a-z_]\w* \S/.test(line)) continue
    const type = /^# TYPE ([a-z_]\w*) (counter|gauge|histogram)$/.exec(line)
    if (type !== null) {
      expect(types.has(type[1] ?? '')).toBe(false)
      types.set(type[1] ?? '', type[2] ?? '')
      continue
    }
    const match = /^([a-z_]\w*)(?:\{((?:\w+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/.exec(line)
    if (match === null) throw new Error(`not Prometheus text: ${line}`)
    const labels = Object.fromEntries(
      [...(match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value]),
    )
    samples.push({ name: match[1] ?? '', labels: labels as Record<string, string>, value: Number(match[3]) })
  }
  return { samples, types }
}

test('the text parses and has what was promised, also twice over and in two instances', async () => {
  await using served = await startServed()
  await using other = await startServed()
  await until(() => served.sightline.counters().snapshotWrites >= 2)
  const socket = await served.connect()
  for (const path of [
    '/health',
    '/health',
    '/api/v1/version',
    '/nothing',
    '/also-nothing',
    '/api/v1/topics/nothing',
    '/api/v1/metrics/a',
    '/api/v1/metrics/b',
  ]) {
    await fetch(`${served.url}${path}`)
  }
  const scrape = async (path: string) => {
    const response = await fetch(`${served.url}${path}`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    return parse(await response.text())
  }
  await scrape('/internal/metrics')
  const { samples, types } = await scrape('/api/metrics')
  const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
    samples.find((sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text))
      ?.value

  expect(value('http_requests_total', { method: 'GET', endpoint: '/health', status: '200' })).toBe(2)
  expect(value('http_requests_total', { method: 'GET', endpoint: '/api/v1/metrics/:region', status: '426' })).toBe(2)
  expect(value('http_requests_total', { method: 'GET', endpoint: 'unmatched', status: '404' })).toBe(2)
  expect(value('http_requests_total', { endpoint: '/api/v1/topics/:topic', status: '404' })).toBe(1)
  expect(value('http_request_duration_seconds_count', { method: 'GET', endpoint: '/health' })).toBe(2)
  expect(value('active_users_total')).toBe(1)
  expect(value('sightline_polls_total')).toBeGreaterThan(2)
  expect(value('sightline_changes_total')).toBe(2)
  expect(value('sightline_emits_total')).toBeGreaterThanOrEqual(0)
  expect(value('sightline_write_queue_depth')).toBe(0)
  expect(value('sightline_frames_total', { form: 'whole' })).toBeGreaterThanOrEqual(0)
  expect(value('nodejs_eventloop_delay_p99_seconds')).toBeGreaterThanOrEqual(0)
  expect(value('nodejs_eventloop_delay_p99_seconds')).toBeLessThan(5)
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  expect(value('process_cpu_user_seconds_total')).toBeGreaterThan(0)
  expect(types.get('http_requests_total')).toBe('counter')
  expect(types.get('http_request_duration_seconds')).toBe('histogram')
  expect(types.get('active_users_total')).toBe('gauge')
  expect(other.sightline.counters().sessions).toBe(0)
  expect(await (await fetch(`${other.url}/api/metrics`)).text()).not.toContain('status="426"')
  socket.disconnect()
})

test('every target has its series', async () => {
  await using served = await startServed({ broken: ['orders/eu-west'] })
  const status = () => served.sightline.status()
  await until(() => status().targets.up === 1 && status().targets.failing + status().targets.open === 1)
  const { samples, types } = parse(await (await fetch(`${served.url}/internal/metrics`)).text())
  const value = (name: string, region: string): number | undefined =>
    samples.find((sample) => sample.name === name && sample.labels.api === 'orders' && sample.labels.region === region)?.value
  expect([value('sightline_target_up', 'us-east'), value('sightline_target_up', 'eu-west')]).toEqual([1, 0])
  expect(value('sightline_target_latency_seconds', 'us-east')).toBeLessThan(10)
  expect(value('sightline_target_latency_seconds', 'us-east')).toBeGreaterThan(0)
  expect(value('sightline_target_last_success_timestamp_seconds', 'us-east')).toBeCloseTo(Date.now() / 1000, -2)
  expect(value('sightline_target_last_success_timestamp_seconds', 'eu-west')).toBeUndefined()
  expect(value('sightline_target_changes_total', 'us-east')).toBe(1)
  expect(value('sightline_target_consecutive_failures', 'us-east')).toBe(0)
  expect(value('sightline_target_consecutive_failures', 'eu-west')).toBeGreaterThan(0)
  expect(samples.find(({ name }) => name === 'sightline_targets_unlisted')?.value).toBe(0)
  expect(types.get('sightline_target_changes_total')).toBe('counter')
})

test('files of a folder share one name that is no pattern', async () => {
  await using served = await startServed({ serve: { static: import.meta.dirname } })
  await fetch(`${served.url}/prometheus.test.ts`)
  await fetch(`${served.url}/missing.js`)
  const text = await (await fetch(`${served.url}/internal/metrics`)).text()
  expect(text).toContain('http_requests_total{method="GET",endpoint="static",status="200"} 1')
  expect(text).not.toContain('{*')
})

test('series do not grow with what strangers ask for', async () => {
  await using served = await startServed()
  await until(() => served.sightline.status().targets.up === 2)
  const count = async () => parse(await (await fetch(`${served.url}/api/metrics`)).text()).samples.length
  await fetch(`${served.url}/x`)
  await fetch(`${served.url}/api/v1/metrics/x`)
  await fetch(`${served.url}/api/v1/apis/orders/regions/x`)
  await count()
  const before = await count()
  for (let i = 0; i < 50; i++) {
    await fetch(`${served.url}/x${i}`)
    await fetch(`${served.url}/api/v1/metrics/x${i}`)
    await fetch(`${served.url}/api/v1/apis/orders/regions/x${i}`)
  }
  expect(await count()).toBe(before)
})

test('guarded by a token or the permission; the path is an option', async () => {
  await using served = await startServed({
    core: {
      access: {
        authenticate: ({ headers }) =>
          headers['x-user'] === undefined ? null : { id: 'p', roles: [headers['x-user']], teams: [] },
      },
    },
    serve: { metrics: { path: '/internal/prom', token: 'scrape-me' } },
  })
  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${served.url}${path}`, { headers })).status
  for (const path of ['/internal/prom', '/api/metrics']) {
    expect(await status(path)).toBe(401)
    expect(await status(path, { authorization: 'Bearer wrong-one' })).toBe(401)
    expect(await status(path, { authorization: 'Bearer scrape-me' })).toBe(200)
    expect(await status(path, { 'x-user': 'metrics:view' })).toBe(403)
    expect(await status(path, { 'x-user': 'system:metrics' })).toBe(200)
  }
  expect(await status('/internal/metrics')).toBe(404)
})
