import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Served, startServed } from '../support/served.ts'
import { until } from '../support/until.ts'

let served: Served

beforeAll(async () => {
  served = await startServed()
})
afterAll(() => served[Symbol.asyncDispose]())

const INTERVAL = '/api/v1/apis/orders/regions/us-east/interval'
const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 32), Buffer.from('\r\n')])

const open = (headers: string) => {
  const { hostname, port } = new URL(served.url)
  const seen = { text: '', isClosed: false }
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.on('data', (data) => {
    seen.text += String(data)
  })
  socket.on('close', () => {
    seen.isClosed = true
  })
  socket.write(`PUT ${INTERVAL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`)
  return { socket, seen }
}

test('a chunked body without end is 413 as soon as it is too long, and its connection ends', async () => {
  const { socket, seen } = open('Transfer-Encoding: chunked')
  let sentBytes = 0
  const send = (): void => {
    if (seen.text !== '' || seen.isClosed || sentBytes > 200_000_000) return
    sentBytes += 65_536
    socket.write(CHUNK, () => setImmediate(send))
  }
  send()
  await until(() => seen.text.includes('"code":"TOO_LARGE"'))
  expect(seen.text).toMatch(/^HTTP\/1\.1 413 /)
  expect(seen.text).toMatch(/\r\nConnection: close\r\n/)
  expect(sentBytes).toBeLessThan(100_000_000)
  await until(() => seen.isClosed)
})

test('one that says how long it will be is not waited for', async () => {
  const { seen } = open('Content-Length: 1000000')
  await until(() => seen.text.includes('"code":"TOO_LARGE"'))
  expect(seen.text).toMatch(/^HTTP\/1\.1 413 /)
  await until(() => seen.isClosed)
})

test('what is long only once it is unpacked is 413 too; what fits is taken', async () => {
  const put = (body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(`${served.url}${INTERVAL}`, { method: 'PUT', body, headers: { 'content-type': 'application/json', ...headers } })
  const packed = new Blob([`{"x":"${'x'.repeat(1_000_000)}"}`]).stream().pipeThrough(new CompressionStream('gzip'))
  expect((await put(await new Response(packed).blob(), { 'content-encoding': 'gzip' })).status).toBe(413)
  expect((await put('{"intervalMs":500}')).status).toBe(200)
})
