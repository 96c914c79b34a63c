import { once } from 'node:events'
import { defineMutation, definePlugin } from '@sightline/core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Served, startServed } from '../support/served.ts'
import { until } from '../support/until.ts'

const echo = definePlugin({
  name: 'echo',
  operations: {
    'things.echo': defineMutation({ permission: 'a:b', input: z.unknown(), output: z.unknown(), handle: (input) => input }),
  },
})

let served: Served
const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)

beforeAll(async () => {
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  served = await startServed({ plugins: [echo] })
  await until(() => served.sightline.counters().snapshotWrites >= 2)
})
afterEach(async () => {
  expect(unhandled).toEqual([])
  expect((await fetch(`${served.url}/health`)).status).toBe(200)
})
afterAll(async () => {
  await served[Symbol.asyncDispose]()
  process.off('uncaughtException', note)
  process.off('unhandledRejection', note)
})

/** A Socket.IO client without manners: a WebSocket that sends packets as written. */
const openRaw = async (): Promise<{
  readonly socket: WebSocket
  readonly packets: string[]
  send(packet: string | Uint8Array<ArrayBuffer>): void
  isOpen(): boolean
}> => {
  const socket = new WebSocket(`${served.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  const packets: string[] = []
  socket.addEventListener('message', ({ data }) => packets.push(String(data)))
  await once(socket, 'open')
  socket.send('40')
  await until(() => packets.some((packet) => packet.startsWith('40')))
  packets.length = 0
  return { socket, packets, send: (packet) => socket.send(packet), isOpen: () => socket.readyState === WebSocket.OPEN }
}

/** The connection still answers. */
const answers = async (raw: Awaited<ReturnType<typeof openRaw>>): Promise<void> => {
  raw.send('42999["metrics:get",{"source":"us-east"}]')
  await until(() => raw.packets.includes('43999[{"ok":true}]'))
}

const DEEP = `${'['.repeat(40_000)}${']'.repeat(40_000)}`
const EVENTS = ['metrics:get', 'metrics:subscribe', 'metrics:unsubscribe', 'subscribe', 'unsubscribe', 'call']
/** What has the form of a payload may name nothing that exists, or what an event does not look at: then it is taken. */
const FORMED = new Set([
  '__proto__',
  'constructor',
  '__proto__ as a name',
  'toString as a name',
  'NUL and lone surrogates',
  'forty thousand levels inside',
  'a mark that is none',
])
const PAYLOADS: readonly [string, string][] = [
  ['null', 'null'],
  ['a number', '5'],
  ['a text', '"x"'],
  ['true', 'true'],
  ['a list', '[1,2]'],
  ['wrong types', '{"source":5,"api":{},"topic":[],"operation":1,"params":"x","since":1}'],
  ['__proto__', '{"__proto__":{"source":"us-east","topic":"metrics","operation":"metrics.get"}}'],
  ['constructor', '{"source":"constructor","topic":"constructor","operation":"constructor"}'],
  ['__proto__ as a name', '{"source":"__proto__","topic":"__proto__","operation":"__proto__"}'],
  ['toString as a name', '{"source":"toString","topic":"toString","operation":"toString"}'],
  ['a long name', JSON.stringify({ source: 'x'.repeat(30_000), topic: 'x'.repeat(30_000), operation: 'x'.repeat(30_000) })],
  ['NUL and lone surrogates', '{"source":"\\u0000\\ud800","topic":"\\u0000\\ud800","operation":"\\u0000\\ud800"}'],
  ['forty thousand levels', DEEP],
  [
    'forty thousand levels inside',
    `{"source":${DEEP},"topic":"metrics","params":${DEEP.slice(0, 5)}${DEEP.slice(-5)},"operation":"metrics.get"}`,
  ],
  ['a mark that is none', '{"topic":"regions","since":{"version":{"epoch":1,"revision":"x"}}}'],
]

describe.each(EVENTS)('%s', (event) => {
  test.each(PAYLOADS)('%s is answered with a typed error, and the connection stays', async (what, payload) => {
    const raw = await openRaw()
    raw.send(`421["${event}",${payload}]`)
    const answer = await until(() => raw.packets.find((packet) => packet.startsWith('431')))
    const refused = { ok: false, error: { code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) } }
    const [given] = JSON.parse(answer.slice(3)) as [{ ok: boolean }]
    if (given.ok) expect(FORMED.has(what) && event !== 'call').toBe(true)
    else expect(given).toMatchObject(refused)
    expect(({} as Record<string, unknown>).source).toBeUndefined()
    expect(answer.length).toBeLessThan(2_000)
    await answers(raw)
    raw.socket.close()
  })

  test('without an acknowledgement the error is an event', async () => {
    const raw = await openRaw()
    raw.send(`42["${event}","nonsense"]`)
    const error = await until(() => raw.packets.find((packet) => packet.startsWith('42["metrics:error"')))
    expect(JSON.parse(error.slice(2))).toMatchObject(['metrics:error', { code: 'INVALID_INPUT', event }])
    await answers(raw)
    raw.socket.close()
  })
})

describe('event names', () => {
  test.each([
    'error',
    'disconnect',
    'disconnecting',
    'connect',
    'connect_error',
    'connection',
    'newListener',
    'removeListener',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'update',
    'metrics-update',
    'metrics:error',
    '',
    'x'.repeat(5_000),
    'metrics:',
    'CALL',
  ])('%j is an unknown event, by acknowledgement or as an event', async (name) => {
    // biome-ignore format: a list of names
    const raw = await openRaw()
    raw.send(`427${JSON.stringify([name, {}])}`)
    const answer = await until(() => raw.packets.find((packet) => packet.startsWith('437')))
    expect(JSON.parse(answer.slice(3))).toMatchObject([
      { ok: false, error: { code: expect.stringMatching(/^(UNKNOWN_EVENT|INVALID_INPUT)$/) } },
    ])
    raw.packets.length = 0
    raw.send(`42${JSON.stringify([name, {}])}`)
    await until(() => raw.packets.some((packet) => packet.startsWith('42["metrics:error"')))
    expect(raw.packets.join().length).toBeLessThan(2_000)
    await answers(raw)
    raw.socket.close()
  })

  test('a name that is no text, no payload at all, ten payloads', async () => {
    const raw = await openRaw()
    raw.send('421[5,{}]')
    raw.send('422["call"]')
    raw.send('423["metrics:get",{"source":"us-east"},1,2,3,4,5,6,7,8,9]')
    await until(() => ['431', '432', '433'].every((start) => raw.packets.some((packet) => packet.startsWith(start))))
    expect(raw.packets.find((packet) => packet.startsWith('431'))).toContain('UNKNOWN_EVENT')
    expect(raw.packets.find((packet) => packet.startsWith('432'))).toContain('INVALID_INPUT')
    expect(raw.packets.find((packet) => packet.startsWith('433'))).toBe('433[{"ok":true}]')
    await answers(raw)
    raw.socket.close()
  })
})

describe('packets', () => {
  test.each([
    ['broken JSON', '42["metrics:get",{'],
    ['no array', '42{"a":1}'],
    ['an empty array', '42[]'],
    ['nothing', '42'],
    ['an acknowledgement nobody asked for', '4399[1]'],
    ['an empty namespace name', '42/,["metrics:get",{}]'],
  ])('%s harms nobody', async (_what, packet) => {
    const raw = await openRaw()
    raw.send(packet)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(raw.isOpen()).toBe(true)
    await answers(raw)
    raw.socket.close()
  })

  test('binary payloads are refused', async () => {
    const socket = await served.connect()
    for (const event of EVENTS) {
      const answer = await socket.emitWithAck(event, {
        source: Buffer.from('x'),
        topic: 'metrics',
        operation: 'things.echo',
        input: { b: Buffer.from('y') },
      })
      expect(answer).toMatchObject({ ok: false, error: { code: 'INVALID_INPUT', message: 'Binary payloads are not taken.' } })
      expect(await socket.emitWithAck(event, Buffer.from('x'))).toMatchObject({ ok: false, error: { code: 'INVALID_INPUT' } })
    }
    expect(await socket.emitWithAck('call', { operation: 'things.echo', input: 1 })).toEqual({ ok: true, output: 1 })
    socket.disconnect()
  })

  test('more attachments than anybody takes are refused with their event, and the connection stays', async () => {
    const socket = await served.connect({ transports: ['websocket'] })
    const many = (count: number) => Array.from({ length: count }, (_, i) => Buffer.from([i]))
    expect(await socket.emitWithAck('metrics:get', many(6))).toMatchObject({ ok: false, error: { code: 'INVALID_INPUT' } })
    expect(await socket.emitWithAck('metrics:get', many(20))).toMatchObject({ ok: false, error: { code: 'INVALID_INPUT' } })
    // Exactly as many are swallowed as were announced: the next event is taken as it is.
    expect(await socket.emitWithAck('metrics:get', many(1))).toMatchObject({
      error: { message: 'Binary payloads are not taken.' },
    })
    expect(await socket.emitWithAck('metrics:get', { source: 'us-east' })).toEqual({ ok: true })
    expect(socket.connected).toBe(true)
    socket.disconnect()
  })

  test('attachments that never come, or without an event end that connection alone', async () => {
    const other = await served.connect()
    const waiting = await openRaw()
    waiting.send('451-["metrics:get",{"_placeholder":true,"num":0}]')
    waiting.send('42["metrics:get",{}]')
    const many = await openRaw()
    many.send(`4520-["metrics:get",{}]`)
    const orphan = await openRaw()
    orphan.send(new Uint8Array([1, 2, 3]))
    await until(() => !orphan.isOpen())
    await until(() => many.packets.some((packet) => packet.includes('INVALID_INPUT')))
    expect(other.connected).toBe(true)
    expect(await other.emitWithAck('metrics:get', {})).toEqual({ ok: true })
    other.disconnect()
    waiting.socket.close()
    many.socket.close()
  })

  test('a megabyte is cut by the transport’s limit, and only there', async () => {
    const big = await served.connect({ transports: ['websocket'] })
    const cut = new Promise<string>((resolve) => big.once('disconnect', resolve))
    big.emit('metrics:get', { source: 'x'.repeat(1_000_000) })
    expect(await cut).toMatch(/^transport (close|error)$/)
    const polling = await served.connect({ transports: ['polling'] })
    polling.emit('metrics:get', { source: 'x'.repeat(1_000_000) })
    await until(() => !polling.connected)
  })

  test('an answer too deep for JSON is an error, not the end', async () => {
    const raw = await openRaw()
    raw.send(`421["call",{"operation":"things.echo","input":${DEEP}}]`)
    const answer = await until(() => raw.packets.find((packet) => packet.startsWith('431')))
    expect(answer.startsWith('431[{"ok":')).toBe(true)
    await answers(raw)
    raw.socket.close()
  })
})
