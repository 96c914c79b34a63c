import { type OutgoingHttpHeaders, request } from 'node:http'
import { allowAll, createSightline, type Probe, SightlineError } from '@sightline/core'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { serve } from '../src/index.ts'

const probe: Probe = { collect: async () => ({ outcome: 'value', value: {}, latencyMs: 0, values: {} }) }
const bare = () => createSightline({ access: allowAll(), apis: { orders: { regions: { 'us-east': { probe } } } } })

test('a port in use says so', async () => {
  const [first, second] = [serve(bare()), serve(bare())]
  const { port, url } = await first.listen({ port: 0 })
  expect(url).toBe(`http://127.0.0.1:${port}`)
  expect(first.url).toBe(url)
  const refusal = await second.listen({ port }).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(SightlineError)
  expect(refusal).toMatchObject({
    code: 'INVALID_CONFIG',
    message: `Port ${port} of 127.0.0.1 is in use by another program.`,
    fields: [{ path: 'port', message: 'is in use by another program' }],
  })
  await first.close({ drainMs: 0 })
  // The second tries again and gets it.
  expect((await second.listen({ port })).port).toBe(port)
  await second.close({ drainMs: 0 })
})

test('an address that is not this machine’s says so', async () => {
  const web = serve(bare())
  await expect(web.listen({ port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    fields: [{ path: 'host' }],
  })
  await web.close()
})

test('listening twice is a conflict; closing is idempotent, and frees the port while clients are connected', async () => {
  const web = serve(bare())
  const { port, url } = await web.listen({ port: 0 })
  await expect(web.listen({ port: 0 })).rejects.toMatchObject({ code: 'CONFLICT' })
  const socket = io(url, { transports: ['websocket'], reconnection: false })
  const ended = new Promise((resolve) => socket.once('disconnect', resolve))
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  const poller = io(url, { transports: ['polling'], reconnection: false, forceNew: true })
  await new Promise<void>((resolve) => poller.once('connect', resolve))
  const startedAt = performance.now()
  await Promise.all([web.close({ drainMs: 5_000 }), web.close()])
  expect(performance.now() - startedAt).toBeLessThan(4_000)
  // Not a dismissal: clients of version 1 reconnect after a transport close, never after a server disconnect.
  expect(await ended).toBe('transport close')
  poller.disconnect()
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow()
})

test('a page that has its own name resolved to this machine gets nothing, over HTTP and over WebSocket', async () => {
  const web = serve(bare(), { clientUrl: 'https://ops.example.com' })
  const { port } = await web.listen({ port: 0 })
  const ask = (host: string, headers: OutgoingHttpHeaders = {}, path = '/health') =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, headers: { host, ...headers } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      asked.once('upgrade', (response, socket) => {
        socket.destroy()
        resolve(response.statusCode)
      })
      asked.once('error', reject).end()
    })
  const upgrade = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  }
  const webSocket = (host: string) => ask(host, { ...upgrade, origin: `http://${host}` }, '/socket.io/?EIO=4&transport=websocket')
  expect(await ask(`evil.com:${port}`)).toBe(421)
  expect(await webSocket(`evil.com:${port}`)).toBe(421)
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
    expect(await ask(host)).not.toBe(421)
    expect(await webSocket(host)).toBe(101)
  }
  expect(await ask('ops.example.com')).not.toBe(421)
  await web.close({ drainMs: 0 })
})
