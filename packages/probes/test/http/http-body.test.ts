import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BodyExpectation, httpProbe, parseHttpProbeOptions } from '../../src/index.ts'
import { collect, collectOnce, faultOf } from '../collect-once.ts'
import { faultsOf } from '../faults-of.ts'

let body: string | Buffer = ''
let headers: Record<string, string> = {}
let asked: IncomingHttpHeaders[] = []
const server = createServer((request, response) => {
  asked.push(request.headers)
  const isKnown = headers.etag !== undefined && request.headers['if-none-match'] === headers.etag
  response.writeHead(isKnown ? 304 : 200, headers)
  response.end(isKnown ? '' : body)
})
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const serve = (text: string | Buffer, more: Record<string, string> = {}): void => {
  body = text
  headers = more
  asked = []
}

describe('a body', () => {
  it.each<readonly [string, BodyExpectation]>([
    ['all is ready', { contains: 'ready' }],
    ['build 1.24.0', { matches: 'build \\d+\\.24' }],
    [
      '{"status":"ok","depth":3}',
      {
        contains: 'ok',
        matches: '^\\{',
        json: [
          { path: '/status', equals: 'ok' },
          { path: '/depth', below: 4 },
        ],
      },
    ],
  ])('%s is as expected', async (text, expectBody) => {
    serve(text)
    expect(await collectOnce({ url, expectBody })).toMatchObject({ outcome: 'bytes', values: { statusCode: 200 } })
  })

  it.each<readonly [string, BodyExpectation, RegExp]>([
    ['s3cret', { contains: 'ready' }, /^UNAVAILABLE: The body of 127\.0\.0\.1:\d+ lacks the text of expectBody\.contains\.$/],
    ['s3cret', { matches: '^ready' }, /^UNAVAILABLE: The body of \S+ does not match expectBody\.matches\.$/],
    ['s3cret', { json: [{ path: '/a' }] }, /^BAD_DOCUMENT: The body of \S+ is no JSON, as expectBody\.json needs\.$/],
    ['', { json: [{ path: '' }] }, /^BAD_DOCUMENT: /],
    [
      '{"depth":9,"k":"s3cret"}',
      { json: [{ path: '/depth' }, { path: '/depth', below: 5 }] },
      /has 9 at \/depth, which must be below 5 \(expectBody\.json\.1\)\.$/,
    ],
    ['x'.repeat(70_000), { matches: 'y' }, /does not match expectBody\.matches within its first 65536 characters\.$/],
    [
      'a'.repeat(65_536),
      { matches: 'a*a*a*a*b$' },
      /cannot be matched with expectBody\.matches within 50 ms: the pattern backtracks too much\.$/,
    ],
  ])('%.20s is not as expected', async (text, expectBody, message) => {
    serve(text)
    const observation = await collectOnce({ url, expectBody })
    expect(faultOf(observation)).toMatch(message)
    expect(faultOf(observation)).not.toContain('s3cret')
    expect(observation.values).toMatchObject({ statusCode: 200, firstByteMs: expect.any(Number) })
  })

  it('is judged as it reads without its encoding', async () => {
    serve(gzipSync('all is ready'), { 'content-encoding': 'gzip' })
    expect((await collectOnce({ url, expectBody: { contains: 'ready' } })).outcome).toBe('bytes')
  })

  it('of another status than expected is not looked at', async () => {
    serve('nothing')
    const observation = await collectOnce({ url, expectedStatus: [500], expectBody: { contains: 'ready' } })
    expect(faultOf(observation)).toMatch(/answered 200, expected 500/)
  })

  it('that has not changed counts as expected only where this probe has seen that it is', async () => {
    serve('all is ready', { etag: '"1"' })
    const probe = httpProbe({ url, expectBody: { contains: 'ready' } })
    // A tag from before the rule: what it stands for was never judged.
    expect((await collect(probe, { etag: '"1"' })).outcome).toBe('bytes')
    expect((await collect(probe, { etag: '"1"' })).outcome).toBe('not-modified')
    serve('broken', { etag: '"2"' })
    expect(faultOf(await collect(probe, { etag: '"1"' }))).toMatch(/lacks the text/)
    expect(faultOf(await collect(probe, { etag: '"2"' }))).toMatch(/lacks the text/)
    expect(asked.map((each) => each['if-none-match'])).toEqual(['"1"', undefined])
    await probe.close?.()
  })
})

describe('what is expected', () => {
  it('has all its faults told at once, by path', () => {
    const expectBody = {
      contains: '',
      matches: '(a+)+',
      json: [
        { path: 'status' },
        { path: '/a', above: 'x', near: 1 },
        { path: '/b', equals: {} },
        { path: '/c', exists: false, below: 1 },
      ],
    }
    expect(faultsOf(parseHttpProbeOptions, { url: 'http://x', expectBody })).toEqual({
      'expectBody.contains': 'must not be empty',
      'expectBody.matches': 'must not repeat what has a repetition in it',
      'expectBody.json.0.path': 'must be a JSON Pointer, such as /queue/depth',
      'expectBody.json.1.above': 'must be a number',
      'expectBody.json.1.near': 'is not an option of the HTTP probe',
      'expectBody.json.2.equals': 'must be a text, a number, true, false or null',
      'expectBody.json.3.exists': 'contradicts the rest of the rule',
    })
  })

  it.each([
    [{ url: 'http://x', expectBody: {} }, { expectBody: 'must be an object with contains, matches or json' }],
    [{ url: 'http://x', expectBody: { json: [] } }, { 'expectBody.json': 'must have at least one rule' }],
    [{ url: 'http://x', method: 'HEAD', expectBody: { contains: 'a' } }, { expectBody: 'cannot be looked for with HEAD' }],
  ])('%j is refused', (raw, faults) => {
    expect(faultsOf(parseHttpProbeOptions, raw)).toEqual(faults)
  })
})
