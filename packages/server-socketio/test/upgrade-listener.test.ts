import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve } from '../src/index.ts'
import { type Started, startSightline } from './support/started.ts'
import { until } from './support/until.ts'

let started: Started
const clients: Socket[] = []

beforeEach(async () => {
  started = await startSightline()
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await started[Symbol.asyncDispose]()
})

/** Keeps its own half of the connection open, whatever the server says. */
const openHalf = (port: number, request: string) => {
  const seen = { text: '', isEnded: false, isClosed: false }
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  clients.push(client)
  client.on('error', () => {})
  client.on('data', (data) => {
    seen.text += String(data)
  })
  client.on('end', () => {
    seen.isEnded = true
  })
  client.on('close', () => {
    seen.isClosed = true
  })
  client.write(request)
  return { client, seen }
}

const connectionsOf = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })

const UPGRADE = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n'
const WEBSOCKET =
  'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const REQUESTS: readonly [what: string, request: string, status: number][] = [
  ['served ordinarily', `GET /health HTTP/1.1\r\n${UPGRADE}\r\n`, 200],
  ['with a body', `POST /health HTTP/1.1\r\n${UPGRADE}Content-Length: 5\r\n\r\nhello`, 501],
  ['nobody knows', `GET /nothing HTTP/1.1\r\n${UPGRADE}\r\n`, 404],
  ['refused', `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${WEBSOCKET}Origin: http://evil.example\r\n\r\n`, 403],
]

describe.each(REQUESTS)('an upgrade request %s', (_what, request, status) => {
  test('whose sender does not hang up is answered and hung up on', async () => {
    const web = serve(started.sightline)
    const server = createServer((incoming, response) => web.handler(incoming, response))
    web.attach(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { seen } = openHalf((server.address() as { port: number }).port, request)
    await until(() => seen.isEnded)
    expect(seen.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    await until(async () => (await connectionsOf(server)) === 0)
    await web.close({ drainMs: 100 })
    await new Promise((resolve) => server.close(resolve))
  })

  test('keeps no close waiting', async () => {
    const web = serve(started.sightline)
    const { port } = await web.listen({ port: 0 })
    const { seen } = openHalf(port, request)
    await until(() => seen.text.startsWith(`HTTP/1.1 ${status} `))
    await web.close({ drainMs: 300 })
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow()
  })
})

test('one whose answer never comes is let go of when its time to drain is over', async () => {
  const web = serve(started.sightline, { path: '/sightline' })
  let isAsked = false
  const server = createServer((incoming, response) =>
    web.handler(incoming, response, () => {
      isAsked = true
    }),
  )
  web.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { seen } = openHalf((server.address() as { port: number }).port, `GET /elsewhere HTTP/1.1\r\n${UPGRADE}\r\n`)
  // A connection alone may not have been read from yet.
  await until(() => isAsked)
  await web.close({ drainMs: 100 })
  await until(() => seen.isEnded || seen.isClosed)
  await until(async () => (await connectionsOf(server)) === 0)
  await new Promise((resolve) => server.close(resolve))
})
