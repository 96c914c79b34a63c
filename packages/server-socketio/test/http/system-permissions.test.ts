import { memoryStorage, SightlineError, systemClock } from '@sightline/core'
import { expect, test } from 'vitest'
import { startServed } from '../support/served.ts'

test('with a login: health, version and 426 are public; status, info and the text of errors are not', async () => {
  const driver = memoryStorage()
  const storage = { ...driver, ping: () => Promise.reject(new SightlineError('UNAVAILABLE', 'db.internal:27017 refused')) }
  await using served = await startServed({
    core: {
      storage,
      access: {
        authenticate: ({ headers }) => {
          if (headers.authorization === 'Bearer broken') throw new Error('jwt malformed')
          return headers.authorization === 'Bearer ann' ? { id: 'ann', roles: ['system:view'], teams: [] } : null
        },
      },
    },
  })
  const status = async (path: string, token?: string) =>
    (await fetch(`${served.url}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })).status
  expect(await status('/api/v1/version')).toBe(200)
  expect(await status('/health/live')).toBe(200)
  expect(await status('/api/v1/metrics')).toBe(426)
  for (const path of ['/api/v1/status', '/api/v1/info', '/openapi.json', '/api/metrics']) {
    expect(await status(path)).toBe(401)
    expect(await status(path, 'broken')).toBe(401)
    expect(await status(path, 'ann')).toBe(path === '/api/metrics' ? 403 : 200)
  }
  const detailed = await (await fetch(`${served.url}/health/detailed`)).text()
  expect(detailed).not.toContain('27017')
  const asAnn = await fetch(`${served.url}/health/detailed`, { headers: { authorization: 'Bearer ann' } })
  expect(await asAnn.text()).toContain('27017')
})

test('embedded and with a login, the index shows strangers the links alone', async () => {
  await using served = await startServed({
    serve: { path: '/sightline' },
    core: {
      access: {
        authenticate: ({ headers }) => (headers['x-user'] === undefined ? null : { id: 'a', roles: ['system:view'], teams: [] }),
      },
    },
  })
  const links = expect.objectContaining({ health: '/sightline/health', socket: '/sightline/socket.io' })
  expect(await (await fetch(`${served.url}/sightline`)).json()).toEqual({ links })
  const known = await fetch(`${served.url}/sightline/`, { headers: { 'x-user': 'a' } })
  expect(await known.json()).toEqual({ name: 'sightline', version: served.sightline.info().version, links })
})

test('a policy that never answers leaves no request hanging', async () => {
  let later: (() => void) | null = null
  const real = systemClock()
  const clock = {
    ...real,
    setTimer: (delayMs: number, callback: () => void) => {
      if (delayMs !== 10_000) return real.setTimer(delayMs, callback)
      later = callback
      return () => {}
    },
  }
  await using served = await startServed({
    core: {
      clock,
      access: {
        authenticate: () => ({ id: 'a', roles: [], teams: [] }),
        allows: () => new Promise<boolean>(() => {}),
      },
    },
  })
  const asked = fetch(`${served.url}/api/v1/apis`)
  const timer = setInterval(() => later?.(), 20)
  const response = await asked
  clearInterval(timer)
  expect(response.status).toBe(504)
  expect(await response.json()).toMatchObject({ code: 'TIMEOUT' })
})
