import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { startServed } from './support/served.ts'
import { until } from './support/until.ts'

test('after close nothing of ours keeps the process: no timer, no socket, no listener, also of clients that do not answer', async () => {
  const child = fork(join(import.meta.dirname, 'support', 'closing-server.ts'), {
    execArgv: ['--conditions=@sightline/source'],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
  let complaints = ''
  child.stderr?.on('data', (chunk) => {
    complaints += String(chunk)
  })
  const [url] = (await once(child, 'message')) as [string]
  const sockets = ['websocket', 'polling'].map((kind) =>
    io(url, { path: '/sightline/socket.io', transports: [kind], reconnection: false, forceNew: true }),
  )
  for (const socket of sockets) {
    expect(await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })).toEqual({ ok: true })
  }
  // One that upgrades and then neither reads nor answers, and one that never joins.
  const dead = connect(Number(new URL(url).port), '127.0.0.1')
  dead.on('error', () => {})
  dead.write(
    'GET /sightline/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await once(dead, 'data')
  dead.pause()
  await (await fetch(`${url}/sightline/socket.io/?EIO=4&transport=polling`)).text()
  expect((await fetch(`${url}/sightline/health`)).status).toBe(200)

  const exited = once(child, 'exit')
  const giveUp = setTimeout(() => child.kill('SIGKILL'), 10_000)
  const told = once(child, 'message')
  child.send('close')
  const [left] = (await told) as [{ listeners: number; resources: string[] }]
  expect(left.listeners).toBe(0)
  expect(left.resources).not.toContain('Timeout')
  const startedAt = performance.now()
  expect((await exited)[0]).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  clearTimeout(giveUp)
  expect(complaints).toBe('')
  for (const socket of sockets) socket.disconnect()
  dead.destroy()
})

test('a session that expires or is revoked is told why, and cut', async () => {
  await using served = await startServed({
    core: {
      access: {
        authenticate: ({ auth }) => {
          const { user, livesMs } = auth as { user: string; livesMs?: number }
          return { id: user, roles: ['*'], teams: [], ...(livesMs === undefined ? {} : { expiresAt: Date.now() + livesMs }) }
        },
      },
    },
  })
  const short = await served.connect({ auth: { user: 'ann', livesMs: 2_000 }, transports: ['websocket'] })
  const bob = await served.connect({ auth: { user: 'bob' }, transports: ['polling'] })
  const eve = await served.connect({ auth: { user: 'eve' } })
  const told: unknown[] = []
  const ends: string[] = []
  for (const socket of [short, bob]) {
    socket.on('metrics:error', (error: unknown) => told.push(error))
    socket.on('disconnect', (reason) => ends.push(reason))
  }
  await until(() => ends.length === 1)
  expect(served.sightline.sessions.revoke({ userId: 'bob' })).toBe(1)
  await until(() => ends.length === 2)
  expect(ends).toEqual(['io server disconnect', 'io server disconnect'])
  expect(told).toEqual([
    expect.objectContaining({ code: 'UNAUTHENTICATED', event: 'disconnect' }),
    expect.objectContaining({ code: 'UNAUTHENTICATED', event: 'disconnect' }),
  ])
  expect(eve.connected).toBe(true)
  await until(() => served.sightline.sessions.count === 1)
})

test('while draining, /health/ready is 503 and new connections are refused', async () => {
  await using served = await startServed()
  const slow = await served.connect({ transports: ['websocket'] })
  const network = (slow.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws._socket
  network.pause()
  const closing = served.web.close({ drainMs: 1_000 })
  await until(async () => (await fetch(`${served.url}/health/ready`)).status === 503)
  expect((await fetch(`${served.url}/health/live`)).status).toBe(200)
  await expect(served.connect({ transports: ['websocket'] })).rejects.toThrow()
  await expect(served.connect({ transports: ['polling'] })).rejects.toThrow()
  network.resume()
  await closing
})
