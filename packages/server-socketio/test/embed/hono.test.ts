import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { serve } from '../../src/index.ts'
import { close, listen, startSightline } from '../support/started.ts'
import { until } from '../support/until.ts'

test('through Hono: every endpoint by fetch alone', async () => {
  await using started = await startSightline()
  await until(() => started.sightline.counters().snapshotWrites > 0)
  const web = serve(started.sightline, { path: '/sightline' })
  const hono = new Hono()
  hono.get('/own', (c) => c.text('own'))
  hono.all('/sightline/*', (c) => web.fetch(c.req.raw))
  const ask = async (path: string, init?: RequestInit): Promise<Response> => hono.request(`http://ops.example.com${path}`, init)

  const health = await ask('/sightline/health')
  expect([health.status, await health.json()]).toEqual([200, expect.objectContaining({ status: 'healthy' })])
  expect(health.headers.get('x-content-type-options')).toBe('nosniff')
  expect(health.headers.get('content-type')).toMatch(/^application\/json/)
  expect(health.headers.get('connection')).toBeNull()
  expect((await ask('/sightline/health', { method: 'HEAD' })).status).toBe(200)
  const upgrade = await ask('/sightline/api/v1/metrics')
  expect([upgrade.status, upgrade.headers.get('upgrade')]).toEqual([426, 'websocket'])
  const put = (body: string, type = 'application/json') =>
    ask('/sightline/api/v1/apis/orders/regions/us-east/interval', { method: 'PUT', body, headers: { 'content-type': type } })
  expect(await (await put('{"intervalMs":300}')).json()).toMatchObject({ intervalMs: 300 })
  expect((await put('{"intervalMs":')).status).toBe(400)
  expect((await put('x', 'text/plain')).status).toBe(415)
  expect((await put(JSON.stringify({ x: 'x'.repeat(200_000) }))).status).toBe(413)
  const topic = await ask('/sightline/api/v1/topics/regions', { headers: { 'accept-encoding': 'gzip' } })
  const tag = topic.headers.get('etag') ?? ''
  expect((await ask('/sightline/api/v1/topics/regions', { headers: { 'if-none-match': tag } })).status).toSatisfy(
    (status: number) => [200, 304].includes(status),
  )
  expect((await ask('/sightline/nothing')).status).toBe(404)
  expect(await (await ask('/own')).text()).toBe('own')
  expect((await ask('/elsewhere')).status).toBe(404)

  // A stream whose length nobody knows.
  const stream = new Blob(['{"interval', 'Ms":400}']).stream()
  const streamed = await ask('/sightline/api/v1/apis/orders/regions/us-east/interval', {
    method: 'PUT',
    body: stream,
    headers: { 'content-type': 'application/json' },
    duplex: 'half',
  } as RequestInit)
  expect(await streamed.json()).toMatchObject({ intervalMs: 400 })
  await web.close({ drainMs: 0 })
})

test('a request that is given up rejects, and aborts what it asked for', async () => {
  await using started = await startSightline()
  const web = serve(started.sightline, { path: '/sightline' })
  const gone = new AbortController()
  const poll = web.fetch(new Request('http://x/sightline/socket.io/?EIO=4&transport=polling'))
  const { sid } = JSON.parse((await (await poll).text()).slice(1)) as { sid: string }
  const waiting = web.fetch(
    new Request(`http://x/sightline/socket.io/?EIO=4&transport=polling&sid=${sid}`, { signal: gone.signal }),
  )
  setTimeout(() => gone.abort(), 30)
  await expect(waiting).rejects.toThrow(/abort/i)
  await web.close({ drainMs: 0 })
})

test('under Hono’s Node server: polling through fetch, WebSockets through attach', async () => {
  await using started = await startSightline()
  await until(() => started.sightline.counters().snapshotWrites > 0)
  const web = serve(started.sightline, { path: '/sightline' })
  const hono = new Hono<{ Bindings: { incoming: { socket: { remoteAddress?: string } } } }>()
  hono.get('/own', (c) => c.text('own'))
  hono.all('/sightline/*', (c) => web.fetch(c.req.raw, { address: c.env.incoming.socket.remoteAddress ?? '' }))
  const listener = getRequestListener(hono.fetch as Parameters<typeof getRequestListener>[0])
  const server = createServer((request, response) => void listener(request, response))
  web.attach(server)
  const url = await listen(server)

  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    const socket = io(url, { path: web.socketPath, transports, reconnection: false, forceNew: true })
    const updates: unknown[] = []
    socket.on('metrics-update', (update: { data: unknown }) => updates.push(update.data))
    expect(await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })).toEqual({ ok: true })
    const document = { transports }
    started.returns(document)
    await until(() => updates.length === 1)
    expect(updates).toEqual([document])
    socket.disconnect()
  }
  expect(await (await fetch(`${url}/own`)).text()).toBe('own')
  await web.close({ drainMs: 200 })
  await close(server)
})
