import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Served, startServed } from '../support/served.ts'

const LISTED = 'https://status.example.com'
let served: Served
beforeAll(async () => {
  served = await startServed({ serve: { clientUrl: LISTED } })
})
afterAll(() => served[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

const ask = (path: string, headers: Record<string, string>, method = 'GET', body?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(served.url)
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += String(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    sent.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' })
    })
    sent.on('error', reject)
    sent.end(body)
  })

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
}
const openPolling = async (): Promise<string> => {
  const { body } = await ask('/socket.io/?EIO=4&transport=polling', {})
  return (JSON.parse(body.slice(1)) as { sid: string }).sid
}

describe.each([
  ['https://evil.example.com', undefined, false],
  ['null', undefined, false],
  [undefined, 'cross-site', false],
  [LISTED, undefined, true],
  [LISTED, 'cross-site', true],
  ['same', undefined, true],
  [undefined, undefined, true],
  [undefined, 'same-origin', true],
] as const)('origin %s, Sec-Fetch-Site %s: let in %s', (origin, site, may) => {
  const headers = (): Record<string, string> => ({
    ...(origin === undefined ? {} : { Origin: origin === 'same' ? served.url : origin }),
    ...(site === undefined ? {} : { 'Sec-Fetch-Site': site }),
  })

  test('polling handshake', async () => {
    const { status, headers: answered, body } = await ask('/socket.io/?EIO=4&transport=polling', headers())
    expect(status).toBe(may ? 200 : 403)
    expect(answered['access-control-allow-origin']).toBe(origin === LISTED ? LISTED : undefined)
    if (!may) expect(JSON.parse(body)).toMatchObject({ code: 'FORBIDDEN', correlationId: answered['x-correlation-id'] })
  })

  test('a later poll of a session that is open', async () => {
    const sid = await openPolling()
    const { status } = await ask(`/socket.io/?EIO=4&transport=polling&sid=${sid}`, headers(), 'POST', '40')
    expect(status).toBe(may ? 200 : 403)
  })

  test('WebSocket from the start', async () => {
    const { status } = await ask('/socket.io/?EIO=4&transport=websocket', { ...headers(), ...UPGRADE })
    expect(status).toBe(may ? 101 : 403)
  })

  test('upgrade of a polling session', async () => {
    const sid = await openPolling()
    const { status } = await ask(`/socket.io/?EIO=4&transport=websocket&sid=${sid}`, { ...headers(), ...UPGRADE })
    expect(status).toBe(may ? 101 : 403)
  })

  test('preflight', async () => {
    const { headers: answered } = await ask(
      '/socket.io/?EIO=4&transport=polling',
      { ...headers(), 'Access-Control-Request-Method': 'POST' },
      'OPTIONS',
    )
    expect(answered['access-control-allow-origin']).toBe(origin === LISTED ? LISTED : undefined)
  })
})
