import { definePlugin, memoryStorage, SightlineError } from '@sightline/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Served, startServed } from '../support/served.ts'
import { until } from '../support/until.ts'

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const PREFIXES = ['/api/v1', '/api']

describe('stand-alone, open access', () => {
  let served: Served
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${served.url}${path}`, init)
  const json = async (path: string): Promise<Record<string, unknown>> =>
    (await get(path)).json() as Promise<Record<string, unknown>>

  beforeAll(async () => {
    served = await startServed({ serve: { commit: 'abc1234' } })
    await until(() => served.sightline.counters().snapshotWrites >= 2 && served.sightline.status().targets.up === 2)
  })
  afterAll(() => served[Symbol.asyncDispose]())

  test.each(['', ...PREFIXES])('GET %s/health', async (prefix) => {
    const response = await get(`${prefix}/health`)
    expect(response.status).toBe(200)
    const body = (await response.json()) as { uptime: number }
    expect(body).toEqual({
      status: 'healthy',
      uptime: expect.any(Number),
      timestamp: expect.stringMatching(ISO),
      version: served.sightline.info().version,
    })
    // Seconds, not milliseconds.
    expect(body.uptime).toBeLessThan(120)
  })

  test.each(['', ...PREFIXES])('GET %s/health/detailed lists every check and the names older readers know', async (prefix) => {
    const body = await json(`${prefix}/health/detailed`)
    const checks = body.checks as Record<string, unknown>
    for (const name of ['storage', 'bus', 'pollers', 'database', 'redis', 'external_apis']) {
      expect(checks[name]).toMatchObject({ status: 'healthy', latencyMs: expect.any(Number) })
    }
    expect(body).toMatchObject({ status: 'healthy', database: checks.storage, redis: checks.bus, external_apis: checks.pollers })
  })

  test.each(['', ...PREFIXES])('GET %s/health/live and /ready', async (prefix) => {
    const live = await get(`${prefix}/health/live`)
    expect([live.status, await live.json()]).toEqual([200, expect.objectContaining({ status: 'live' })])
    const ready = await get(`${prefix}/health/ready`)
    expect([ready.status, await ready.json()]).toEqual([200, expect.objectContaining({ status: 'ready' })])
  })

  test.each(PREFIXES)('GET %s/status counts', async (prefix) => {
    expect(await json(`${prefix}/status`)).toMatchObject({
      targets: { up: 2 },
      services: {},
      openIncidents: 0,
      connectedClients: 0,
      polls: [
        { api: 'orders', region: 'us-east', checkedAt: expect.any(Number) },
        { api: 'orders', region: 'eu-west', checkedAt: expect.any(Number) },
      ],
    })
  })

  test.each(PREFIXES)('GET %s/version', async (prefix) => {
    const { version } = served.sightline.info()
    expect(await json(`${prefix}/version`)).toEqual({
      name: 'sightline',
      version,
      commit: 'abc1234',
      node: process.versions.node,
    })
  })

  test.each(PREFIXES)('GET %s/info shows no url, header or environment value', async (prefix) => {
    const text = await (await get(`${prefix}/info`)).text()
    expect(JSON.parse(text)).toMatchObject({
      apis: [{ name: 'orders', regions: [{ name: 'us-east' }, { name: 'eu-west' }] }],
      adapters: { storage: 'memory', transports: ['socket.io'] },
      access: 'allow-all',
      socket: { path: '/socket.io', namespace: '/' },
    })
    expect(text).not.toContain(new URL(served.provider('orders', 'us-east').url).port)
  })

  test.each(['/api/v1/metrics', '/api/v1/metrics/us-east'])('GET %s is 426 and names where to go', async (path) => {
    const response = await get(path)
    expect(response.status).toBe(426)
    expect(response.headers.get('upgrade')).toBe('websocket')
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await response.json()).toMatchObject({
      socket: { path: '/socket.io' },
      events: {
        get: 'metrics:get',
        data: 'metrics:data',
        subscribe: 'metrics:subscribe',
        unsubscribe: 'metrics:unsubscribe',
        update: 'metrics-update',
        error: 'metrics:error',
      },
    })
  })

  test('the metrics of a region exist below /api/v1 alone', async () => {
    expect((await get('/api/metrics/us-east')).status).toBe(404)
  })

  test.each(['/nothing', '/api/nothing', '/api/v1/nothing', '/api/v1/metrics/a/b', '/%ff', '/api/v1/topics/%e0%a4%a'])(
    'GET %s is a problem, without a stack',
    async (path) => {
      const response = await get(path)
      expect([404, 400]).toContain(response.status)
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
      const text = await response.text()
      expect(JSON.parse(text)).toEqual({
        type: 'about:blank',
        title: expect.any(String),
        status: response.status,
        code: expect.stringMatching(/^(NOT_FOUND|INVALID_INPUT)$/),
        message: expect.any(String),
        correlationId: response.headers.get('x-correlation-id'),
      })
      expect(text).not.toMatch(/node_modules|\.ts|at /)
    },
  )

  test('what is unknown is named, a long path shortened', async () => {
    expect((await json('/api/nothing?x=1')).message).toBe('There is no GET /api/nothing here.')
    expect(String((await json(`/${'x'.repeat(5_000)}`)).message).length).toBeLessThan(150)
  })

  test('GET / says where everything is', async () => {
    const { name, version } = served.sightline.info()
    const index = await json('/')
    expect(index).toEqual({
      name,
      version,
      links: {
        health: '/health',
        info: '/api/v1/info',
        openapi: '/openapi.json',
        metrics: '/api/metrics',
        socket: '/socket.io',
      },
    })
    for (const [part, link] of Object.entries(index.links as Record<string, string>)) {
      expect((await get(link)).status, part).toBe(part === 'socket' ? 400 : 200)
    }
  })

  test('every answer carries the security headers and no X-Powered-By', async () => {
    for (const path of ['/health', '/nothing', '/api/v1/metrics', '/socket.io/?EIO=4&transport=polling']) {
      const { headers } = await get(path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('content-security-policy')).toContain("default-src 'self'")
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('strict-transport-security')).toBeNull()
    }
  })

  test('a correlation id is taken where it is one, else made', async () => {
    const given = await get('/health', { headers: { 'X-Correlation-Id': 'deploy-42.a_b' } })
    expect(given.headers.get('x-correlation-id')).toBe('deploy-42.a_b')
    for (const bad of ['has space', 'x'.repeat(129), '<script>', 'a\tb']) {
      const made = await get('/health', { headers: { 'X-Correlation-Id': bad } })
      expect(made.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  test('HEAD answers as GET, without a body', async () => {
    const response = await get('/health', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

test('health is 503 when storage is down, 200 degraded when something optional is; live stays 200', async () => {
  const driver = memoryStorage()
  let isStorageDown = false
  let isPluginDown = true
  const storage = {
    ...driver,
    ping: () => (isStorageDown ? Promise.reject(new SightlineError('UNAVAILABLE', 'db.internal:27017 refused')) : driver.ping()),
  }
  const plugin = definePlugin({
    name: 'mail',
    healthChecks: { smtp: async () => Promise.reject(isPluginDown ? new SightlineError('UNAVAILABLE', 'no smtp') : undefined) },
  })
  await using served = await startServed({ core: { storage }, plugins: [plugin] })
  const get = async (path: string) => {
    const response = await fetch(`${served.url}${path}`)
    return {
      status: response.status,
      body: (await response.json()) as { status: string; checks?: Record<string, { error?: string }> },
    }
  }
  const degraded = await get('/health')
  expect([degraded.status, degraded.body.status]).toEqual([200, 'degraded'])
  isPluginDown = false
  isStorageDown = true
  const unhealthy = await get('/api/v1/health/detailed')
  expect([unhealthy.status, unhealthy.body.status]).toEqual([503, 'unhealthy'])
  expect(unhealthy.body.checks?.storage?.error).toContain('27017')
  expect((await get('/health')).status).toBe(503)
  expect((await get('/health/live')).status).toBe(200)
})

test('health that is asked for many times at once is one question to storage', async () => {
  const driver = memoryStorage()
  let pings = 0
  const ping: typeof driver.ping = async () => {
    pings++
    await new Promise((resolve) => setTimeout(resolve, 300))
    return driver.ping()
  }
  await using served = await startServed({ core: { storage: { ...driver, ping } } })
  await until(() => served.sightline.counters().snapshotWrites >= 2)
  await fetch(`${served.url}/health`)
  pings = 0
  await Promise.all(Array.from({ length: 20 }, () => fetch(`${served.url}/health`)))
  expect(pings).toBeLessThanOrEqual(3)
})

test('HSTS only behind TLS', async () => {
  await using served = await startServed({ serve: { trustedProxies: 1 } })
  const plain = await fetch(`${served.url}/health`)
  expect(plain.headers.get('strict-transport-security')).toBeNull()
  const secure = await fetch(`${served.url}/health`, { headers: { 'X-Forwarded-Proto': 'https' } })
  expect(secure.headers.get('strict-transport-security')).toBe('max-age=31536000')
})
