import { createServer, request, type Server } from 'node:http'
import express from 'express'
import { Server as SocketServer } from 'socket.io'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve, type Web } from '../../src/index.ts'
import { close, listen, type Started, startSightline } from '../support/started.ts'
import { until } from '../support/until.ts'

let started: Started
let server: Server
let hostSockets: SocketServer
let web: Web
let url: string
const clients: Socket[] = []

const connect = (options: Parameters<typeof io>[1], to = url): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = io(to, { reconnection: false, forceNew: true, ...options })
    clients.push(socket)
    socket.once('connect', () => resolve(socket))
    socket.once('connect_error', reject)
  })

beforeEach(async () => {
  started = await startSightline()
  const app = express()
  server = createServer(app)
  hostSockets = new SocketServer(server)
  hostSockets.on('connection', (socket) =>
    socket.on('ping-host', (text: string, answer: (text: string) => void) => answer(`host: ${text}`)),
  )
  web = serve(started.sightline, { path: '/sightline' })
  app.get('/health', (_request, response) => void response.send('the host’s own health'))
  app.use(web.handler)
  app.use(express.json())
  app.post('/echo', (incoming, response) => void response.json(incoming.body))
  app.use((_request, response) => void response.status(418).send('the host’s own 404'))
  web.attach(server)
  url = await listen(server)
  await until(() => started.sightline.counters().snapshotWrites > 0)
})
afterEach(async () => {
  for (const socket of clients.splice(0)) socket.disconnect()
  await web.close({ drainMs: 100 })
  await hostSockets.close()
  await started[Symbol.asyncDispose]()
  await close(server).catch(() => {})
})

test('everything of ours stands below the path', async () => {
  const json = async (path: string) => (await fetch(`${url}${path}`)).json() as Promise<Record<string, unknown>>
  expect(await json('/sightline/health')).toMatchObject({ status: 'healthy' })
  expect(await json('/sightline/api/v1/version')).toMatchObject({ name: 'sightline' })
  expect(await json('/sightline/api/v1/apis/orders/regions/us-east')).toMatchObject({ data: { open: 1 } })
  expect((await fetch(`${url}/sightline/api/v1/metrics`)).status).toBe(426)
  expect(await json('/sightline/api/v1/metrics')).toMatchObject({ socket: { path: '/sightline/socket.io' } })
  expect((await fetch(`${url}/sightline/internal/metrics`)).status).toBe(200)
  expect((await fetch(`${url}/sightline/nothing`)).status).toBe(404)
  expect(web.url).toBe('/sightline')
  expect(web.socketPath).toBe('/sightline/socket.io')
})

test('the host’s routes are as they were', async () => {
  const own = await fetch(`${url}/health`)
  expect(await own.text()).toBe('the host’s own health')
  expect(own.headers.get('x-correlation-id')).toBeNull()
  expect(own.headers.get('content-security-policy')).toBeNull()
  expect(own.headers.get('x-powered-by')).toBe('Express')
  for (const path of ['/nothing', '/sightlines', '/api/v1/version']) expect((await fetch(`${url}${path}`)).status).toBe(418)
  const body = JSON.stringify({ text: 'kept' })
  const echoed = await fetch(`${url}/echo`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  expect(await echoed.json()).toEqual({ text: 'kept' })
})

describe.each([['websocket'], ['polling'], ['polling', 'websocket']])('over %s %s', (...transports) => {
  const kinds = transports.filter((kind) => kind !== undefined)

  test('both Socket.IO servers work side by side', async () => {
    const theirs = await connect({ transports: kinds })
    const ours = await connect({ transports: kinds, path: '/sightline/socket.io' })
    expect(await theirs.emitWithAck('ping-host', 'hello')).toBe('host: hello')
    const updates: unknown[] = []
    ours.on('metrics-update', (update: { data: unknown }) => updates.push(update.data))
    expect(await ours.emitWithAck('metrics:subscribe', { source: 'us-east' })).toEqual({ ok: true })
    const heardByTheirs: string[] = []
    theirs.onAny((event: string) => heardByTheirs.push(event))
    started.returns({ open: 2 })
    await until(() => updates.length === 1)
    expect(updates).toEqual([{ open: 2 }])
    expect(heardByTheirs).toEqual([])
    hostSockets.emit('news', 1)
    await until(() => heardByTheirs.length === 1)
  })
})

test('our closing leaves the host’s server, sockets and routes alone', async () => {
  const theirs = await connect({ transports: ['websocket'] })
  const ours = await connect({ transports: ['websocket'], path: '/sightline/socket.io' })
  const ended = new Promise((resolve) => ours.once('disconnect', resolve))
  await web.close({ drainMs: 1_000 })
  expect(await ended).toBe('transport close')
  expect(theirs.connected).toBe(true)
  expect(await theirs.emitWithAck('ping-host', 'still')).toBe('host: still')
  expect(server.listening).toBe(true)
  expect((await fetch(`${url}/health`)).status).toBe(200)
  await expect(connect({ path: '/sightline/socket.io' })).rejects.toThrow()
})

test('stopping the Sightline alone takes our listener off too', async () => {
  const before = server.listenerCount('upgrade')
  await started.sightline.stop({ timeoutMs: 200 })
  expect(server.listenerCount('upgrade')).toBe(before - 1)
})

test('a host’s body parser in front is no obstacle', async () => {
  const app = express()
  app.use(express.json())
  app.use(web.handler)
  const other = createServer(app)
  const at = await listen(other)
  const body = JSON.stringify({ intervalMs: 250 })
  const response = await fetch(`${at}/sightline/api/v1/apis/orders/regions/us-east/interval`, {
    method: 'PUT',
    body,
    headers: { 'content-type': 'application/json' },
  })
  expect(await response.json()).toMatchObject({ intervalMs: 250 })
  const polling = await connect({ transports: ['polling'], path: '/sightline/socket.io' }, at)
  expect(await polling.emitWithAck('metrics:get', {})).toEqual({ ok: true })
  polling.disconnect()
  await close(other)
})

test('a host’s text parser in front of polling is told, not waited for', async () => {
  const app = express()
  app.use(express.text({ type: '*/*' }))
  app.use(web.handler)
  const other = createServer(app)
  const at = await listen(other)
  const opened = await fetch(`${at}/sightline/socket.io/?EIO=4&transport=polling`)
  const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string }
  const response = await fetch(`${at}/sightline/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body: '40' })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('before body parsers') })
  await close(other)
})

test('mounted at its path instead of at the root it is found as well', async () => {
  const app = express()
  app.use('/sightline', web.handler)
  const other = createServer(app)
  const at = await listen(other)
  expect((await fetch(`${at}/sightline/api/v1/version`)).status).toBe(200)
  await close(other)
})

test('below a plain http server without next, what is not ours is 404', async () => {
  const other = createServer(web.handler)
  const at = await listen(other)
  expect((await fetch(`${at}/sightline/health`)).status).toBe(200)
  expect((await fetch(`${at}/elsewhere`)).status).toBe(404)
  await close(other)
})

describe('a request that asks for an upgrade elsewhere', () => {
  const ask = (at: string, path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(at)
      const sent = request({ hostname, port, path, headers: { Connection: 'Upgrade', ...headers } }, (response) => {
        let body = ''
        response.on('data', (chunk) => {
          body += String(chunk)
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      })
      sent.on('error', reject)
      sent.end()
    })

  test('is an ordinary one where nobody else listens, as without us', async () => {
    const app = express()
    app.get('/plain', (_request, response) => void response.send('plain'))
    const other = createServer(app)
    const at = await listen(other)
    const without = await ask(at, '/plain', { Upgrade: 'h2c' })
    const detach = web.attach(other)
    expect(await ask(at, '/plain', { Upgrade: 'h2c' })).toEqual(without)
    expect(await ask(at, '/plain', { Upgrade: 'websocket' })).toEqual({ status: 200, body: 'plain' })
    detach()
    expect(await ask(at, '/plain', { Upgrade: 'h2c' })).toEqual(without)
    await close(other)
  })

  test('is left to the host’s own listener where there is one', async () => {
    const other = createServer()
    other.on('upgrade', (incoming, socket) => {
      if (incoming.url === '/theirs') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ntheirs')
    })
    web.attach(other)
    web.attach(other)
    expect(other.listenerCount('upgrade')).toBe(2)
    const at = await listen(other)
    expect(await ask(at, '/theirs', { Upgrade: 'something' })).toEqual({ status: 200, body: 'theirs' })
    await close(other)
  })

  test('stand-alone, a WebSocket to /api/v1/metrics is told 426', async () => {
    const alone = serve(started.sightline)
    const { url: at } = await alone.listen({ port: 0 })
    expect((await ask(at, '/api/v1/metrics', { Upgrade: 'websocket' })).status).toBe(426)
    await alone.close({ drainMs: 0 })
  })
})

test('a host’s adapter is the host’s: ours reaches this process’s sockets only', async () => {
  const broadcasts: string[] = []
  const Adapter = hostSockets.of('/').adapter.constructor as new (...args: unknown[]) => object
  class Recording extends Adapter {
    broadcast(packet: { data: unknown[] }): void {
      broadcasts.push(String(packet.data[0]))
    }
  }
  hostSockets.adapter(Recording as unknown as Parameters<typeof hostSockets.adapter>[0])
  const ours = await connect({ transports: ['websocket'], path: '/sightline/socket.io' })
  const updates: unknown[] = []
  ours.on('metrics-update', (update: unknown) => updates.push(update))
  await ours.emitWithAck('metrics:subscribe', { source: 'us-east' })
  started.returns({ open: 3 })
  await until(() => updates.length === 1)
  hostSockets.emit('theirs')
  expect(broadcasts).toEqual(['theirs'])
})
