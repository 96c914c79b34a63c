import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '@sightline/core'
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpProbe, httpProbeKind } from '../../src/index.ts'
import { collect, collectOnce, faultOf, textOf } from '../collect-once.ts'
import { calmDocument, type HostileServer, startHostileServer } from '../hostile-servers.ts'

let server: HostileServer
let other: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
  other = await startHostileServer()
})
afterAll(() => Promise.all([server.close(), other.close()]))

const at = () => `127.0.0.1:${server.port}`

describe('an answer', () => {
  it('is the body byte for byte, with its version and its numbers', async () => {
    const observation = await collectOnce({ url: server.url('/ok') })
    expect(JSON.parse(textOf(observation))).toEqual(calmDocument)
    expect(observation.apiVersion).toBe('2.1')
    const { connectMs, firstByteMs, downloadMs, ...rest } = observation.values
    expect(rest).toEqual({ statusCode: 200, bodyBytes: 24 })
    const phasesMs = (connectMs ?? Number.NaN) + (firstByteMs ?? Number.NaN) + (downloadMs ?? Number.NaN)
    expect(phasesMs).toBeGreaterThan(0)
    expect(phasesMs).toBeLessThanOrEqual(observation.latencyMs)
  })

  it('names the phases of a lookup only for a host name', async () => {
    const observation = await collectOnce({ url: `http://localhost:${server.port}/ok` })
    expect(observation.values.dnsMs).toBeGreaterThanOrEqual(0)
  })

  it('takes the API version from the header that is named', async () => {
    const observation = await collectOnce({ url: server.url('/etag'), apiVersionHeader: 'ETag' })
    expect(observation.apiVersion).toBe('"v1"')
  })

  it('is read whole when it comes in chunks with trailers', async () => {
    expect(JSON.parse(textOf(await collectOnce({ url: server.url('/trailers') })))).toEqual(calmDocument)
  })

  it.each([
    ['gzip, br, deflate', true],
    ['identity', false],
  ])('is asked for as %s with compression %s', async (encodings, compression) => {
    const { headers } = JSON.parse(textOf(await collectOnce({ url: server.url('/echo'), compression })))
    expect(headers['accept-encoding']).toBe(encodings)
  })

  it('may be longer or shorter than the usual limit', async () => {
    expect(textOf(await collectOnce({ url: server.url('/ok'), maxBodyBytes: 24 }))).toHaveLength(24)
    const tooLong = await collectOnce({ url: server.url('/ok'), maxBodyBytes: 23 })
    expect(faultOf(tooLong)).toBe(`TOO_LARGE: The body from ${at()} is longer than 23 bytes.`)
  })
})

describe('statuses', () => {
  it('fail unless they are expected', async () => {
    expect(faultOf(await collectOnce({ url: server.url('/not-found') }))).toBe(
      `UNAVAILABLE: ${at()} answered 404, expected 200–299.`,
    )
    expect(textOf(await collectOnce({ url: server.url('/not-found'), expectedStatus: [200, [400, 404]] }))).toBe('{}')
    const failed = await collectOnce({ url: server.url('/server-error'), expectedStatus: [200, [400, 404]] })
    expect(faultOf(failed)).toBe(`UNAVAILABLE: ${at()} answered 500, expected 200, 400–404.`)
    expect(failed.values.statusCode).toBe(500)
  })

  it('carry the wait that is asked for, in seconds or to a date', async () => {
    const limited = await collectOnce({ url: server.url('/rate-limited') })
    expect(limited).toMatchObject({
      outcome: 'failed',
      retryAfterMs: 7_000,
      error: { code: 'TOO_MANY_REQUESTS', retryAfterMs: 7_000 },
    })
    const maintenance = await collectOnce({ url: server.url('/maintenance') })
    expect(maintenance.outcome === 'failed' && maintenance.retryAfterMs).toBeGreaterThanOrEqual(89_000)
    expect(maintenance.outcome === 'failed' && maintenance.retryAfterMs).toBeLessThanOrEqual(91_000)
  })

  it('keep the connection, though nobody wants their bodies', async () => {
    const probe = httpProbe({ url: server.url('/server-error') })
    const before = server.connectionsMade()
    for (let check = 0; check < 3; check++) await collect(probe)
    expect(server.connectionsMade() - before).toBe(1)
    await probe.close?.()
  })
})

describe('an ETag', () => {
  it('is sent back, and 304 means not modified', async () => {
    const first = await collectOnce({ url: server.url('/etag') })
    expect(first.etag).toBe('"v1"')
    const second = await collectOnce({ url: server.url('/etag') }, { etag: '"v1"' })
    expect(second).toMatchObject({ outcome: 'not-modified', etag: '"v1"', values: { statusCode: 304, bodyBytes: 0 } })
  })

  it('is no excuse for a 304 nobody asked for', async () => {
    expect(faultOf(await collectOnce({ url: server.url('/always-304') }))).toBe(
      `UNAVAILABLE: ${at()} answered 304, expected 200–299.`,
    )
  })

  it('that could break a header is not sent', async () => {
    const { headers } = JSON.parse(textOf(await collectOnce({ url: server.url('/echo') }, { etag: '"a"\r\nx-evil: 1' })))
    expect(headers).not.toHaveProperty('if-none-match')
    expect(headers).not.toHaveProperty('x-evil')
  })

  it('belongs to the URL itself, not to what it redirects to', async () => {
    const observation = await collectOnce({ url: server.url('/redirect-to', 'to=/etag') }, { etag: '"v1"' })
    expect(JSON.parse(textOf(observation))).toEqual(calmDocument)
    expect(observation.etag).toBeUndefined()
  })
})

describe('methods', () => {
  it('HEAD has a status for a document', async () => {
    const observation = await collectOnce({ url: server.url('/huge-declared'), method: 'HEAD' })
    expect(observation).toMatchObject({ outcome: 'value', value: { statusCode: 200 } })
    expect(server.lastMethod('/huge-declared')).toBe('HEAD')
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('%s sends its body', async (method) => {
    const echo = JSON.parse(textOf(await collectOnce({ url: server.url('/echo'), method, body: '{"query":"ü"}' })))
    expect(echo.method).toBe(method)
    expect(echo.headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '14' })
  })
})

describe('credentials', () => {
  it('in the URL become Basic authorization', async () => {
    const { headers } = JSON.parse(textOf(await collectOnce({ url: `http://jo%40x:p%C3%A4ss@${at()}/echo` })))
    expect(headers.authorization).toBe(`Basic ${Buffer.from('jo@x:päss').toString('base64')}`)
  })

  it('never show, whatever goes wrong', async () => {
    const closed = await startHostileServer()
    await closed.close()
    const hidden = { 'x-key': 'header-secret' }
    const target = (port: number, path: string) => `http://user:pass-secret@127.0.0.1:${port}${path}?token=query-secret`
    const paths = [
      '/hang',
      '/reset',
      '/redirect-file',
      '/redirect-self',
      '/server-error',
      '/huge',
      '/not-http',
      '/false-gzip',
      '/reset-mid-body',
    ]
    const observations = await Promise.all([
      collectOnce({ url: target(closed.port, '/path-secret'), headers: hidden }),
      ...paths.map((path) => collectOnce({ url: target(server.port, path), headers: hidden }, { timeoutMs: 400 })),
    ])
    for (const observation of observations) {
      expect(observation.outcome).toBe('failed')
      const shown =
        observation.outcome === 'failed' ? `${JSON.stringify(observation.error)} ${everythingIn(observation.error)}` : ''
      expect(shown).not.toMatch(/secret/)
    }
    expect(faultOf(observations[0]!)).toBe(`UNAVAILABLE: Connection refused by 127.0.0.1:${closed.port}.`)
  })
})

/** Message, stack, fields and causes of an error, as a logger might print them. */
const everythingIn = (error: unknown): string =>
  error instanceof Error
    ? `${error.stack} ${JSON.stringify(error, Object.getOwnPropertyNames(error))} ${everythingIn(error.cause)}`
    : String(error)

describe('redirects', () => {
  it('are followed to the document', async () => {
    const observation = await collectOnce({ url: server.url('/redirect-chain', 'left=5') })
    expect(JSON.parse(textOf(observation))).toEqual(calmDocument)
    expect(observation.values).toMatchObject({ redirects: 5, statusCode: 200 })
    expect(observation.values.redirectMs).toBeGreaterThan(0)
  })

  it('end after as many as are allowed', async () => {
    const url = server.url('/redirect-chain', 'left=3')
    expect(faultOf(await collectOnce({ url, maxRedirects: 2 }))).toBe(
      `UNAVAILABLE: ${at()} redirects again after 2, the most that are followed.`,
    )
    expect(faultOf(await collectOnce({ url, maxRedirects: 0 }))).toBe(
      `UNAVAILABLE: ${at()} redirects, and no redirect is to be followed.`,
    )
    expect(textOf(await collectOnce({ url, maxRedirects: 0, expectedStatus: [302] }))).toBe('moved')
  })

  it('keep headers within the origin', async () => {
    const url = server.url('/redirect-to', 'to=/echo')
    const { headers } = JSON.parse(textOf(await collectOnce({ url, headers: { authorization: 'Bearer t', 'x-key': 'k' } })))
    expect(headers).toMatchObject({ authorization: 'Bearer t', 'x-key': 'k' })
  })

  it('leave credentials behind at another origin, also on the way back', async () => {
    const headers = { authorization: 'Bearer t', cookie: 'c=1', 'x-key': 'k', 'user-agent': 'mine' }
    const there = await collectOnce({ url: server.url('/redirect-to', `to=${other.url('/echo')}`), headers })
    expect(Object.keys(JSON.parse(textOf(there)).headers).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ])
    const back = encodeURIComponent(other.url('/redirect-to', `to=${server.url('/echo')}`))
    const returned = await collectOnce({ url: server.url('/redirect-to', `to=${back}`), headers })
    expect(Object.keys(JSON.parse(textOf(returned)).headers)).not.toContain('authorization')
    const inUrl = await collectOnce({ url: `http://user:pass@${at()}/redirect-to?to=${other.url('/echo')}` })
    expect(Object.keys(JSON.parse(textOf(inUrl)).headers)).not.toContain('authorization')
  })

  it('turn a POST into a GET where the status says so', async () => {
    const post = async (status: number) => {
      const url = server.url('/redirect-to', `to=/echo&status=${status}`)
      const echo = JSON.parse(textOf(await collectOnce({ url, method: 'POST', body: '{}' })))
      return `${echo.method} ${echo.headers['content-length'] ?? '-'} ${echo.headers['content-type'] ?? '-'}`
    }
    expect(await post(301)).toBe('GET - -')
    expect(await post(303)).toBe('GET - -')
    expect(await post(307)).toBe('POST 2 application/json')
    expect(await post(308)).toBe('POST 2 application/json')
  })

  it('do not carry a body to another origin', async () => {
    const url = server.url('/redirect-to', `to=${other.url('/echo')}&status=307`)
    expect(faultOf(await collectOnce({ url, method: 'POST', body: '{}' }))).toBe(
      `UNAVAILABLE: ${at()} redirects to another origin, where the body of a POST is not sent.`,
    )
  })
})

describe('addresses', () => {
  it('may be IPv6', async () => {
    const six = await startHostileServer({ host: '::1' })
    const observation = await collectOnce({ url: six.url('/echo') })
    expect(JSON.parse(textOf(observation)).headers.host).toBe(`[::1]:${six.port}`)
    expect(observation.values.dnsMs).toBeUndefined()
    await six.close()
    expect(faultOf(await collectOnce({ url: six.url('/echo') }))).toBe(`UNAVAILABLE: Connection refused by [::1]:${six.port}.`)
  })
})

describe('the kind', () => {
  it('checks and opens', async () => {
    const kind = httpProbeKind()
    const probe = kind.open(kind.parse({ url: server.url('/ok') }))
    expect((await collect(probe)).outcome).toBe('bytes')
    await probe.close?.()
  })

  it('works over a dispatcher, which it does not close', async () => {
    const dispatcher = new Agent()
    const kind = httpProbeKind({ dispatcher })
    const probe = kind.open({ url: server.url('/redirect-chain') })
    const observation = await collect(probe)
    expect(JSON.parse(textOf(observation))).toEqual(calmDocument)
    expect(observation.values.connectMs).toBeUndefined()
    await probe.close?.()
    expect(faultOf(await collect(probe))).toBe(`ABORTED: The probe of ${at()} was closed.`)
    expect(dispatcher.closed).toBe(false)
    await dispatcher.close()
  })

  it('counts a wait from the date of the target, which may be an hour behind', async () => {
    const behind = createServer((_, response) => {
      const now = Date.now() - 3_600_000
      response.setHeader('date', new Date(now).toUTCString()).setHeader('retry-after', new Date(now + 30_000).toUTCString())
      response.writeHead(503).end()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => behind.once('listening', resolve))
    const observation = await collectOnce({ url: `http://127.0.0.1:${(behind.address() as AddressInfo).port}` })
    expect(observation).toMatchObject({ outcome: 'failed', retryAfterMs: 30_000 })
    behind.close()
  })

  it('measures by the clock it is given', async () => {
    const clock: Clock = { now: () => 0, monotonic: () => 0, setTimer: () => () => {} }
    const probe = httpProbe({ url: server.url('/ok') }, { clock })
    const { latencyMs, values } = await collect(probe)
    expect({ latencyMs, ...values }).toEqual({
      latencyMs: 0,
      statusCode: 200,
      bodyBytes: 24,
      firstByteMs: 0,
      downloadMs: 0,
      connectMs: 0,
    })
    await probe.close?.()
  })
})
