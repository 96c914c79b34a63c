import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serve } from '../../src/index.ts'
import { startLogsServed } from '../support/logs-served.ts'
import { until } from '../support/until.ts'

const line = (message: string, more: object = {}): string => JSON.stringify({ service: 'shop', message, ...more })

const stored = async (served: Awaited<ReturnType<typeof startLogsServed>>, count: number) => {
  await until(async () => (await served.search()).length >= count)
  return served.search()
}

test('lines of JSON are taken in one by one; what is none is named by its number', async () => {
  await using served = await startLogsServed()
  const body = [line('one'), '', 'no json', '{"service":"shop"}', '[1]', line('two', { severity: 'error' })].join('\n')
  const response = await served.post('/api/v1/logs', body)
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({
    accepted: 2,
    rejected: 3,
    errors: expect.arrayContaining([
      { line: 3, message: 'it is no JSON' },
      { line: 4, message: 'message must be a text' },
      { line: 5, message: 'it is no object' },
    ]),
  })
  expect((await stored(served, 2)).map(({ message }) => message).sort()).toEqual(['one', 'two'])
})

test('a compressed body of thousands of lines is taken in as it comes', async () => {
  await using served = await startLogsServed()
  const body = gzipSync(Array.from({ length: 3_000 }, (_, index) => line(`line ${index}`, { id: `id-${index}` })).join('\n'))
  const response = await served.post('/api/logs', body, { 'content-encoding': 'gzip' })
  expect(await response.json()).toMatchObject({ accepted: 3_000, rejected: 0 })
  // What is sent again is not there twice.
  const again = await served.post('/api/logs', body, { 'content-encoding': 'gzip' })
  expect(await again.json()).toMatchObject({ accepted: 3_000 })
  await stored(served, 500)
  await sleep(500)
  expect(await served.search({ text: 'line 17' })).toHaveLength(1)
})

test('no secret reaches storage', async () => {
  await using served = await startLogsServed()
  await served.post(
    '/api/v1/logs',
    line('login with password=hunter2', { fields: { headers: { authorization: 'Bearer abcDEF123' } } }),
  )
  const [found] = await stored(served, 1)
  expect(JSON.stringify(found)).not.toMatch(/hunter2|abcDEF123/)
})

const otlp = (
  records: readonly unknown[],
  attributes: readonly unknown[] = [{ key: 'service.name', value: { stringValue: 'check out' } }],
) =>
  JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ scope: { name: 'lib' }, logRecords: records }] }] })

test.each(['/api/v1/logs', '/api/v1/v1/logs'])('OTLP in JSON is taken at %s', async (path) => {
  await using served = await startLogsServed()
  const ms = Date.now()
  const now = `${ms}000000`
  const body = otlp([
    {
      timeUnixNano: now,
      severityNumber: 17,
      body: { stringValue: 'payment failed' },
      attributes: [
        { key: 'order', value: { intValue: '17' } },
        { key: 'password', value: { stringValue: 'hunter2' } },
        { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, { boolValue: true }] } } },
      ],
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
    },
    {
      timeUnixNano: '0',
      observedTimeUnixNano: now,
      severityText: 'WARN',
      body: { kvlistValue: { values: [{ key: 'a', value: { doubleValue: 1.5 } }] } },
    },
  ])
  const response = await served.post(path, body, { 'content-type': 'application/json' })
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({})
  const lines = await stored(served, 2)
  expect(lines.find(({ severity }) => severity === 'error')).toMatchObject({
    service: 'check_out',
    message: 'payment failed',
    traceId: '5b8efff798038103d269b633813fc60c',
    fields: { order: 17, password: '[redacted]', tags: ['a', true], spanId: 'eee19b7ec3c1b174', scope: 'lib' },
  })
  expect(lines.find(({ severity }) => severity === 'warn')).toMatchObject({ message: '{"a":1.5}', at: ms })
})

test('what is rejected of OTLP is told as its specification has it', async () => {
  await using served = await startLogsServed()
  const body = otlp([{ body: { stringValue: 'fine' } }, 7])
  const response = await served.post('/api/v1/logs', body, { 'content-type': 'application/json' })
  expect(await response.json()).toEqual({ partialSuccess: { rejectedLogRecords: '1', errorMessage: 'it is no object' } })
})

test('who may not write is refused before anything is read', async () => {
  const access = { authenticate: async () => ({ id: 'ann', roles: ['logs:view'], teams: [] }) }
  await using served = await startLogsServed({ access })
  const response = await served.post('/api/v1/logs', line('one'))
  expect(response.status).toBe(403)
})

test('a kind or an encoding of body that is not known is refused', async () => {
  await using served = await startLogsServed()
  expect((await served.post('/api/v1/logs', 'x', { 'content-type': 'application/x-protobuf' })).status).toBe(415)
  expect((await served.post('/api/v1/logs', 'x', { 'content-encoding': 'br' })).status).toBe(415)
  expect((await served.post('/api/v1/logs', 'no gzip', { 'content-encoding': 'gzip' })).status).toBe(400)
  expect((await served.post('/api/v1/logs', '{', { 'content-type': 'application/json' })).status).toBe(400)
})

test('how long a body may be is an option, for lines and for documents', async () => {
  await using served = await startLogsServed({ serve: { logBodies: { maxLinesBytes: 4_096, maxDocumentBytes: 1_024 } } })
  const json = { 'content-type': 'application/json' }
  const lines = (bytes: number): string => `${line('x'.repeat(500))}\n`.repeat(Math.floor(bytes / 550))
  expect((await served.post('/api/v1/logs', lines(3_500))).status).toBe(200)
  expect((await served.post('/api/v1/logs', lines(6_000))).status).toBe(413)
  expect((await served.post('/api/v1/logs', gzipSync(lines(6_000)), { 'content-encoding': 'gzip' })).status).toBe(413)
  expect((await served.post('/api/v1/logs', line('x'.repeat(500)), json)).status).toBe(200)
  expect((await served.post('/api/v1/logs', line('x'.repeat(1_100)), json)).status).toBe(413)
  expect((await served.post('/api/v1/v1/logs', otlp([{ body: { stringValue: 'x'.repeat(1_100) } }]), json)).status).toBe(413)
  for (const logBodies of [{ maxLinesBytes: 0 }, { maxDocumentBytes: 1.5 }, { maxLinesBytes: '1mb' as never }]) {
    expect(() => serve(served.sightline, { logBodies })).toThrow(/logBodies\.max\w+: must be a whole number of bytes/)
  }
})

test('a body too long, or one that grows so when it is decompressed, is refused with 413', async () => {
  await using served = await startLogsServed()
  const document = JSON.stringify([{ service: 'shop', message: 'x'.repeat(9_000_000) }])
  expect((await served.post('/api/v1/logs', document, { 'content-type': 'application/json' })).status).toBe(413)
  const bomb = gzipSync(Buffer.alloc(70_000_000, 'a'))
  expect(bomb.length).toBeLessThan(100_000)
  expect((await served.post('/api/v1/logs', bomb, { 'content-encoding': 'gzip' })).status).toBe(413)
  expect((await served.post('/api/v1/logs', line('after'))).status).toBe(200)
})

test('where there is no room for more it is said when to come again, and how much was taken', async () => {
  let isUp = false
  await using served = await startLogsServed({ maxBufferedLogBytes: 1_500_000, isStorageUp: () => isUp })
  const body = Array.from({ length: 2_000 }, (_, index) => line(`${index} ${'x'.repeat(200)}`)).join('\n')
  const response = await served.post('/api/v1/logs', body)
  expect(response.status).toBe(429)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await response.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', accepted: 500 })
  isUp = true
  await until(async () => (await served.post('/api/v1/logs', line('later'))).status === 200)
  expect(await served.search({ text: 'later' })).toHaveLength(0)
  await stored(served, 500)
})

test('hostile bodies harm nobody', async () => {
  await using served = await startLogsServed()
  const hostile = fc.oneof(
    fc.json({ maxDepth: 8 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.jsonValue({ maxDepth: 4 }).map((fields) => JSON.stringify({ service: 'shop', message: 'm', fields })),
    fc
      .record({ service: fc.anything(), message: fc.anything(), at: fc.anything(), severity: fc.anything(), id: fc.anything() })
      .map((entry) => {
        try {
          return JSON.stringify(entry) ?? ''
        } catch {
          return '{}'
        }
      }),
    fc.constant('{"__proto__":{"polluted":1},"service":"shop","message":"m","fields":{"__proto__":{"polluted":1}}}'),
    fc.constant(`${'['.repeat(50_000)}`),
    fc.constant(`{"service":"shop","message":"m","fields":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { maxLength: 10 }), async (lines) => {
      const response = await served.post('/api/v1/logs', lines.join('\n'))
      expect(response.status).toBe(200)
      const document = await served.post('/api/v1/logs', lines[0] ?? '', { 'content-type': 'application/json' })
      expect([200, 400]).toContain(document.status)
    }),
    { numRuns: 60 },
  )
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
  expect((await served.post('/api/v1/logs', line('alive'))).status).toBe(200)
})

test('a line without an end, and a sender that goes away in the middle, leave nothing behind', async () => {
  await using served = await startLogsServed()
  const response = await served.post('/api/v1/logs', `${'x'.repeat(5_000_000)}\n${line('after')}`)
  expect(await response.json()).toMatchObject({ accepted: 1, rejected: 1, errors: [{ line: 1, message: 'it is too long' }] })
  const { hostname, port } = new URL(served.url)
  const socket = connect(Number(port), hostname)
  socket.write(
    `POST /api/v1/logs HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n${line('half')}\n`,
  )
  await sleep(100)
  socket.destroy()
  await sleep(100)
  expect((await served.post('/api/v1/logs', line('alive'))).status).toBe(200)
})

test('what is found can be downloaded; no line of JSON moves a cursor, and no cell of a table is a formula', async () => {
  await using served = await startLogsServed()
  const lines = Array.from({ length: 1_200 }, (_, index) => line(`line ${index}`, { at: Date.now() - index }))
  await served.post(
    '/api/v1/logs',
    [
      ...lines,
      line('gone\u009b2J\u202e', { fields: { '\u2028': 1 } }),
      line('=cmd|"calc"!A1', { severity: 'error' }),
      line('@here, "quoted"\nnext', { severity: 'error' }),
    ].join('\n'),
  )
  await until(async () => (await served.search({ text: 'line 1199' })).length === 1)

  const all = await fetch(`${served.url}/api/v1/logs/export?service=shop`)
  expect(all.headers.get('content-disposition')).toBe('attachment; filename="logs.ndjson"')
  const downloaded = (await all.text()).trim().split('\n')
  // Whoever looks at it in a terminal is shown lines, and no cursor moves.
  for (const text of downloaded) expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}]/u)
  const read = downloaded.map((text) => JSON.parse(text) as { id: string; message: string })
  expect(new Set(read.map(({ id }) => id)).size).toBe(1_203)
  expect(read.map(({ message }) => message)).toContain('gone\u009b2J\u202e')

  const table = await (await fetch(`${served.url}/api/v1/logs/export?format=csv&minSeverity=error`)).text()
  expect(table).toContain(`"'=cmd|""calc""!A1"`)
  expect(table).toContain(`"'@here, ""quoted""\nnext"`)
  expect((await fetch(`${served.url}/api/v1/logs/export?format=xml`)).status).toBe(400)
})
