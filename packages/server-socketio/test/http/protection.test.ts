import { expect, test } from 'vitest'
import { startServed } from '../support/served.ts'

const PAGE = 'https://status.example.com'

test('CORS names listed origins only', async () => {
  await using served = await startServed({ serve: { clientUrl: [PAGE, 'http://localhost:3000/'] } })
  const ask = (origin: string, init: RequestInit = {}) =>
    fetch(`${served.url}/api/v1/version`, { ...init, headers: { ...(init.headers as Record<string, string>), Origin: origin } })
  const allowed = await ask(PAGE)
  expect(allowed.headers.get('access-control-allow-origin')).toBe(PAGE)
  expect(allowed.headers.get('access-control-allow-credentials')).toBe('true')
  expect(allowed.headers.get('access-control-expose-headers')).toContain('X-Correlation-Id')
  expect(allowed.headers.get('vary')).toContain('Origin')
  expect((await ask('http://localhost:3000')).headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
  for (const origin of ['https://evil.example.com', 'null', `${PAGE}.evil.com`, 'http://status.example.com', 'garbage']) {
    const refused = await ask(origin)
    expect(refused.headers.get('access-control-allow-origin')).toBeNull()
  }
  const preflight = await ask(PAGE, { method: 'OPTIONS', headers: { 'Access-Control-Request-Method': 'POST' } })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
  expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key')
  const foreign = await ask('https://evil.example.com', {
    method: 'OPTIONS',
    headers: { 'Access-Control-Request-Method': 'POST' },
  })
  expect([foreign.status, foreign.headers.get('access-control-allow-methods')]).toEqual([204, null])
})

test('a foreign page changes nothing, whatever it sends', async () => {
  await using served = await startServed()
  const poll = `${served.url}/api/v1/apis/orders/regions/us-east/poll`
  const post = async (headers: Record<string, string>) => (await fetch(poll, { method: 'POST', headers })).status
  expect(await post({ Origin: 'https://evil.example.com' })).toBe(403)
  expect(await post({ Origin: 'null' })).toBe(403)
  expect(await post({ 'Sec-Fetch-Site': 'cross-site' })).toBe(403)
  expect(await post({ Origin: served.url })).toBe(200)
  expect(await post({})).toBe(200)
})

test('too many requests are 429 with Retry-After; another address is served', async () => {
  await using served = await startServed({ serve: { rateLimit: { requests: 5, windowMs: 60_000 }, trustedProxies: 1 } })
  const ask = (path: string, address: string) => fetch(`${served.url}${path}`, { headers: { 'X-Forwarded-For': address } })
  for (let i = 0; i < 5; i++) expect((await ask('/api/v1/version', '203.0.113.7')).status).toBe(200)
  const refused = await ask('/api/v1/version', '203.0.113.7')
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(30)
  expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(await refused.json()).toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    correlationId: expect.any(String),
    retryAfterMs: expect.any(Number),
  })
  expect((await ask('/api/v1/version', '203.0.113.8')).status).toBe(200)
  // A handshake counts; an empty or made-up sid does not make it a follow-up.
  expect((await ask('/socket.io/?EIO=4&transport=polling', '203.0.113.7')).status).toBe(429)
  expect((await ask('/socket.io/?EIO=4&transport=polling&sid=', '203.0.113.7')).status).toBe(429)
  expect((await ask('/socket.io/?EIO=4&transport=polling&xsid=1', '203.0.113.7')).status).toBe(429)
  // What a client puts before the proxy's own entry is not believed.
  expect((await ask('/api/v1/version', '198.51.100.1, 203.0.113.7')).status).toBe(429)
})

test('balancers and the scraper with the token are not limited; what only looks like theirs is', async () => {
  await using served = await startServed({ serve: { rateLimit: { requests: 1 }, metrics: { token: 'scrape-me' } } })
  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${served.url}${path}`, { headers })).status
  expect(await status('/api/v1/version')).toBe(200)
  expect(await status('/api/v1/version')).toBe(429)
  for (const prefix of ['', '/api', '/api/v1']) {
    for (const part of ['', '/detailed', '/live', '/ready']) expect(await status(`${prefix}/health${part}`)).toBe(200)
  }
  expect(await status('/internal/metrics', { authorization: 'Bearer scrape-me' })).toBe(200)
  expect(await status('/api/metrics', { authorization: 'Bearer scrape-me' })).toBe(200)
  expect(await status('/api/metrics', { authorization: 'Bearer wrong' })).toBe(429)
  expect(await status('/api/v1/version', { authorization: 'Bearer scrape-me' })).toBe(429)
  expect(await status('/api/v1/topics/health/live')).toBe(429)
})

test('a WebSocket beyond the limit is refused too', async () => {
  await using served = await startServed({ serve: { rateLimit: { requests: 2 } } })
  const first = await served.connect({ transports: ['websocket'] })
  await served.connect({ transports: ['websocket'] })
  await expect(served.connect({ transports: ['websocket'] })).rejects.toThrow()
  expect(first.connected).toBe(true)
})

test('rateLimit: false limits nothing', async () => {
  await using served = await startServed({ serve: { rateLimit: false } })
  const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${served.url}/health/live`)).status))
  expect(new Set(statuses)).toEqual(new Set([200]))
})

test('additions to the Content-Security-Policy stand beside default-src', async () => {
  await using served = await startServed({ serve: { contentSecurityPolicy: { 'connect-src': ['https://api.example.com'] } } })
  const policy = (await fetch(`${served.url}/health`)).headers.get('content-security-policy') ?? ''
  expect(policy.split(';')).toEqual(expect.arrayContaining(["default-src 'self'", "connect-src 'self' https://api.example.com"]))
})

test('the body limit is an option', async () => {
  await using served = await startServed({ serve: { maxBodyBytes: 100 } })
  const response = await fetch(`${served.url}/api/v1/apis/orders/regions/us-east/interval`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ intervalMs: 1_000, padding: 'x'.repeat(200) }),
  })
  expect(response.status).toBe(413)
})
