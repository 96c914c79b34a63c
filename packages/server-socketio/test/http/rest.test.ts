import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { defineMutation, definePlugin, defineQuery } from '@sightline/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Served, startServed } from '../support/served.ts'
import { until } from '../support/until.ts'

let aborted = 0
let runs = 0
const plugin = definePlugin({
  name: 'probe',
  operations: {
    'things.echo': defineMutation({
      permission: 'things:write',
      input: z.object({ value: z.unknown() }).loose(),
      output: z.unknown(),
      handle: (input) => {
        runs++
        return input
      },
    }),
    'things.find': defineQuery({
      permission: 'things:view',
      input: z.strictObject({
        id: z.string(),
        limit: z.number().int().max(10).default(5),
        deep: z.boolean().optional(),
        tag: z.array(z.string()).optional(),
        from: z.strictObject({ epoch: z.string(), revision: z.number() }).optional(),
        code: z.string().optional(),
      }),
      output: z.unknown(),
      http: { method: 'GET', path: '/things/:id' },
      handle: (input) => input,
    }),
    'things.hang': defineQuery({
      permission: 'things:view',
      input: z.object({}),
      output: z.unknown(),
      handle: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted++
            reject(signal.reason)
          })
        }),
    }),
    'things.fail': defineQuery({
      permission: 'things:view',
      input: z.object({}),
      output: z.unknown(),
      handle: () => {
        throw new Error('secret: postgres://root:hunter2@db')
      },
    }),
    'things.drop': defineMutation({
      permission: 'things:write',
      input: z.object({ id: z.string() }),
      output: z.undefined(),
      http: { method: 'DELETE', path: '/things/:id' },
      handle: () => undefined,
    }),
  },
})

describe('REST', () => {
  let served: Served
  const url = (path: string): string => `${served.url}${path}`
  const post = (
    path: string,
    body: string | undefined,
    headers: Record<string, string> = { 'Content-Type': 'application/json' },
  ) => fetch(url(path), { method: 'POST', headers, ...(body === undefined ? {} : { body }) })
  const problem = async (response: Response) => {
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    const body = (await response.json()) as { code: string; fields?: { path: string }[]; correlationId: string; status: number }
    expect(body.status).toBe(response.status)
    expect(body.correlationId).toBe(response.headers.get('x-correlation-id'))
    return { status: response.status, code: body.code, paths: body.fields?.map(({ path }) => path) }
  }

  beforeAll(async () => {
    served = await startServed({ plugins: [plugin] })
    await until(() => served.sightline.counters().snapshotWrites >= 2)
  })
  afterAll(() => served[Symbol.asyncDispose]())

  test.each(['/api/v1', '/api'])('operations of core below %s', async (prefix) => {
    const latest = await fetch(url(`${prefix}/apis/orders/regions/us-east`))
    expect(latest.status).toBe(200)
    expect(latest.headers.get('cache-control')).toBe('no-store')
    expect(await latest.json()).toMatchObject({ api: 'orders', region: 'us-east', data: { open: 1 }, revision: 1 })
    const history = await fetch(url(`${prefix}/apis/orders/regions/us-east/history?limit=1`))
    expect(await history.json()).toMatchObject({ items: [{ revision: 1 }], next: null })
    const polled = await post(`${prefix}/apis/orders/regions/us-east/poll`, undefined, {})
    expect(await polled.json()).toEqual({ changed: false, latencyMs: expect.any(Number) })
  })

  test('unknown regions, bad input and missing documents have their own codes', async () => {
    expect(await problem(await fetch(url('/api/v1/apis/orders/regions/mars')))).toMatchObject({
      status: 404,
      code: 'UNKNOWN_REGION',
    })
    expect(await problem(await fetch(url('/api/v1/apis/orders/regions/us-east/history?limit=none')))).toMatchObject({
      status: 400,
      code: 'INVALID_INPUT',
      paths: ['limit'],
    })
    expect(await problem(await fetch(url('/api/v1/apis/orders/regions/us-east?unknown=1')))).toMatchObject({ status: 400 })
  })

  test('query strings are coerced by the schema', async () => {
    const response = await fetch(url('/api/v1/things/a%2Fb?limit=7&deep=true&tag=x&from[epoch]=e1&from[revision]=3&code=007'))
    expect(await response.json()).toEqual({
      id: 'a/b',
      limit: 7,
      deep: true,
      tag: ['x'],
      from: { epoch: 'e1', revision: 3 },
      code: '007',
    })
    expect(await problem(await fetch(url('/api/v1/things/a?limit=7up')))).toMatchObject({ status: 400, paths: ['limit'] })
    expect(await problem(await fetch(url('/api/v1/things/a?limit=11')))).toMatchObject({ status: 400, paths: ['limit'] })
  })

  test('an operation without a mapping is POST /operations/<name>', async () => {
    const response = await post('/api/v1/operations/things.echo', JSON.stringify({ value: [1, { a: null }] }))
    expect(await response.json()).toEqual({ value: [1, { a: null }] })
  })

  test('an operation that answers nothing is 204', async () => {
    const response = await fetch(url('/api/v1/things/x'), { method: 'DELETE' })
    expect([response.status, await response.text()]).toEqual([204, ''])
  })

  test('a repeated Idempotency-Key runs once and answers the same', async () => {
    const before = runs
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': 'key-1' }
    const bodies = await Promise.all(
      [1, 2, 3].map(async () => (await post('/api/v1/operations/things.echo', '{"value":9}', headers)).json()),
    )
    expect(bodies).toEqual([{ value: 9 }, { value: 9 }, { value: 9 }])
    expect(runs).toBe(before + 1)
    const bad = await post('/api/v1/operations/things.echo', '{"value":9}', { ...headers, 'Idempotency-Key': 'a b' })
    expect(await problem(bad)).toMatchObject({ status: 400, code: 'INVALID_INPUT', paths: ['Idempotency-Key'] })
  })

  test.each([
    ['invalid JSON', '{"value":', { 'Content-Type': 'application/json' }, 400],
    ['no JSON at all', 'hello', { 'Content-Type': 'application/json' }, 400],
    ['a wrong type', '{"value":1}', { 'Content-Type': 'text/plain' }, 415],
    ['a form', 'value=1', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
    ['an unknown charset', '{"value":1}', { 'Content-Type': 'application/json; charset=klingon' }, 415],
    ['an unknown encoding', '{"value":1}', { 'Content-Type': 'application/json', 'Content-Encoding': 'klingon' }, 415],
    ['__proto__ at the top', '{"value":1,"__proto__":{"polluted":true}}', { 'Content-Type': 'application/json' }, 400],
    ['__proto__ deep down, escaped', '{"value":{"a":[{"\\u005f_proto__":1}]}}', { 'Content-Type': 'application/json' }, 400],
    ['a string where an object must be', '"x"', { 'Content-Type': 'application/json' }, 400],
    ['null', 'null', { 'Content-Type': 'application/json' }, 400],
    ['a megabyte', JSON.stringify({ value: 'x'.repeat(1_000_000) }), { 'Content-Type': 'application/json' }, 413],
    [
      'a million levels',
      `{"value":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`,
      { 'Content-Type': 'application/json' },
      413,
    ],
  ])('%s is refused', async (_what, body, headers, status) => {
    const answer = await problem(await post('/api/v1/operations/things.echo', body, headers as Record<string, string>))
    expect(answer).toMatchObject({ status, code: status === 413 ? 'TOO_LARGE' : 'INVALID_INPUT' })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect((await fetch(url('/health'))).status).toBe(200)
  })

  test('forty thousand levels within the limit end in an answer', async () => {
    const body = `{"value":${'['.repeat(40_000)}${']'.repeat(40_000)}}`
    const response = await post('/api/v1/operations/things.echo', body)
    expect([200, 400, 500]).toContain(response.status)
    expect((await fetch(url('/health'))).status).toBe(200)
  })

  test('what an operation throws is INTERNAL and says nothing', async () => {
    const response = await post('/api/v1/operations/things.fail', '{}')
    const text = await response.clone().text()
    expect(await problem(response)).toMatchObject({ status: 500, code: 'INTERNAL' })
    expect(text).not.toContain('hunter2')
  })

  test('a client that gives up aborts its operation', async () => {
    const before = aborted
    const gone = new AbortController()
    const request = fetch(url('/api/v1/operations/things.hang'), { method: 'POST', signal: gone.signal })
    setTimeout(() => gone.abort(), 100)
    await expect(request).rejects.toThrow()
    await until(() => aborted === before + 1)
  })

  test('half a request that never ends harms nobody', async () => {
    const { port } = new URL(served.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(
      'POST /api/v1/operations/things.echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"value"',
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    expect((await fetch(url('/health'))).status).toBe(200)
  })

  test.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s of an unknown route is 404', async (method) => {
    expect((await fetch(url('/api/v1/apis/a/b/c/d'), { method })).status).toBe(404)
  })

  describe('topics', () => {
    test('the first frame, with an ETag, 304 and compression', async () => {
      const path = '/api/v1/topics/metrics?api=orders&region=us-east'
      const response = await fetch(url(path), { headers: { 'Accept-Encoding': 'identity' } })
      expect(response.status).toBe(200)
      const tag = response.headers.get('etag') ?? ''
      expect(tag).toMatch(/^W\/"[\w-]+"$/)
      expect(response.headers.get('cache-control')).toBe('private, no-cache')
      expect(response.headers.get('vary')).toContain('Accept-Encoding')
      expect(await response.json()).toMatchObject({
        kind: 'state',
        data: { api: 'orders', region: 'us-east', data: { open: 1 } },
      })
      const again = await fetch(url(path), { headers: { 'If-None-Match': `"x", ${tag}` } })
      expect([again.status, await again.text()]).toEqual([304, ''])
    })

    test('a changed document has another ETag', async () => {
      const path = '/api/v1/topics/metrics?api=orders&region=eu-west'
      const before = (await fetch(url(path))).headers.get('etag')
      served.provider('orders', 'eu-west').returns({ open: 2 })
      await until(async () => (await fetch(url(path))).headers.get('etag') !== before)
    })

    test('compressed for who accepts it, where it is long enough', async () => {
      const long = { text: 'long '.repeat(1_000) }
      served.provider('orders', 'eu-west').returns(long)
      const path = '/api/v1/topics/metrics?api=orders&region=eu-west'
      const ask = async (encoding: string) => {
        const { hostname, port } = new URL(served.url)
        const { get } = await import('node:http')
        return new Promise<{ encoding: string | undefined; body: Buffer }>((resolve) => {
          get({ hostname, port, path, headers: { 'Accept-Encoding': encoding } }, (response) => {
            const chunks: Buffer[] = []
            response.on('data', (chunk: Buffer) => chunks.push(chunk))
            response.on('end', () => resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }))
          })
        })
      }
      await until(async () => (await ask('identity')).body.length > 5_000)
      const plain = await ask('identity')
      const compressed = await ask('gzip, deflate')
      expect(plain.encoding).toBeUndefined()
      expect(compressed.encoding).toBe('gzip')
      expect(compressed.body.length).toBeLessThan(plain.body.length / 10)
      expect(gunzipSync(compressed.body).equals(plain.body)).toBe(true)
      expect((await ask('gzip;q=0')).encoding).toBeUndefined()
    })

    test('keyed topics, unknown ones, missing and wrong params', async () => {
      const regions = await fetch(url('/api/topics/regions'))
      expect(await regions.json()).toMatchObject({ kind: 'keyed', put: [expect.any(Array), expect.any(Array)] })
      expect(await problem(await fetch(url('/api/v1/topics/nothing')))).toMatchObject({ status: 404, code: 'UNKNOWN_TOPIC' })
      expect(await problem(await fetch(url('/api/v1/topics/__proto__')))).toMatchObject({ status: 404, code: 'UNKNOWN_TOPIC' })
      expect(await problem(await fetch(url('/api/v1/topics/metrics')))).toMatchObject({ status: 400, code: 'INVALID_INPUT' })
      expect((await fetch(url('/api/v1/topics/metrics?api=orders&region=mars'))).status).toBe(404)
      expect((await fetch(url('/api/v1/topics/metrics?api=orders&region=us-east&__proto__=1'))).status).toBe(400)
    })
  })
})

test('a login is asked for with every call', async () => {
  await using served = await startServed({
    plugins: [plugin],
    core: {
      access: {
        authenticate: ({ headers }) =>
          headers.authorization === 'Bearer ann' ? { id: 'ann', roles: ['metrics:view', 'things:view'], teams: [] } : null,
      },
    },
  })
  await until(() => served.sightline.counters().snapshotWrites >= 2)
  const path = `${served.url}/api/v1/apis/orders/regions/us-east`
  expect((await fetch(path)).status).toBe(403)
  const asAnn = { headers: { authorization: 'Bearer ann' } }
  expect((await fetch(path, asAnn)).status).toBe(200)
  expect((await fetch(`${served.url}/api/v1/topics/regions`)).status).toBe(403)
  expect((await fetch(`${served.url}/api/v1/operations/things.echo`, { ...asAnn, method: 'POST' })).status).toBe(403)
})
