import Fastify from 'fastify'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { fastifySightline } from '../../src/fastify.ts'
import { startSightline } from '../support/started.ts'
import { until } from '../support/until.ts'

test.each(['', '/ops'])('as a Fastify plugin below the prefix "%s"', async (prefix) => {
  await using started = await startSightline()
  const fastify = Fastify()
  fastify.get('/own', async () => ({ own: true }))
  fastify.post('/echo', async ({ body }) => body)
  await fastify.register(fastifySightline, {
    sightline: started.sightline,
    path: '/sightline',
    ...(prefix === '' ? {} : { prefix }),
  })
  const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const base = `${url}${prefix}/sightline`
  await until(() => started.sightline.counters().snapshotWrites > 0)

  expect(await (await fetch(`${base}/health`)).json()).toMatchObject({ status: 'healthy' })
  expect(await (await fetch(base)).json()).toMatchObject({ links: { health: expect.stringMatching(/\/health$/) } })
  expect((await fetch(`${base}/nothing`)).status).toBe(404)
  expect((await fetch(`${base}/api/v1/metrics`)).status).toBe(426)
  const interval = await fetch(`${base}/api/v1/apis/orders/regions/us-east/interval`, {
    method: 'PUT',
    body: '{"intervalMs":200}',
    headers: { 'content-type': 'application/json' },
  })
  expect(await interval.json()).toMatchObject({ intervalMs: 200 })
  expect((await fetch(`${base}/api/v1/version`, { method: 'HEAD' })).status).toBe(200)

  // The host's own routes and parsers are untouched.
  expect(await (await fetch(`${url}/own`)).json()).toEqual({ own: true })
  const echoed = await fetch(`${url}/echo`, { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } })
  expect(await echoed.json()).toEqual({ a: 1 })
  expect((await fetch(`${url}/nothing`)).headers.get('content-type')).toMatch(/^application\/json/)

  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    const socket = io(url, { path: `${prefix}/sightline/socket.io`, transports, reconnection: false, forceNew: true })
    expect(await socket.emitWithAck('metrics:get', { source: 'us-east' })).toEqual({ ok: true })
    if (transports.length === 1) socket.disconnect()
  }
  const startedAt = performance.now()
  await fastify.close()
  expect(performance.now() - startedAt).toBeLessThan(4_000)
  expect(started.sightline.info().adapters.transports).toEqual([])
})
