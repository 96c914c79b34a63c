import { SightlineError } from '@sightline/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectOnce, faultOf, textOf } from '../collect-once.ts'
import { calmDocument, deepJsonLevels, type HostilePath, type HostileServer, startHostileServer } from '../hostile-servers.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer({ dripMs: 100 })
})
afterAll(() => server.close())

const ask = (path: HostilePath, timeoutMs = 5_000) => collectOnce({ url: server.url(path) }, { timeoutMs })
const at = () => `127.0.0.1:${server.port}`

describe('targets that do not end', () => {
  const timeoutMs = 600
  it.each<readonly [HostilePath, RegExp]>([
    ['/hang', /^TIMEOUT: Timed out while waiting for 127\.0\.0\.1:\d+ to answer\.$/],
    ['/slow-headers', /^TIMEOUT: Timed out while waiting for 127\.0\.0\.1:\d+ to answer\.$/],
    ['/early-hints', /^TIMEOUT: Timed out while waiting for 127\.0\.0\.1:\d+ to answer\.$/],
    ['/drip', /^TIMEOUT: Timed out while reading the body from 127\.0\.0\.1:\d+, after [1-9] bytes\.$/],
  ])('%s ends at its timeout', async (path, fault) => {
    const startedAt = performance.now()
    const observation = await ask(path, timeoutMs)
    const tookMs = performance.now() - startedAt
    expect(faultOf(observation)).toMatch(fault)
    // A tenth more is promised; the rest is what a busy machine may add. The drip would go on for ever.
    expect(tookMs).toBeGreaterThan(timeoutMs - 20)
    expect(tookMs).toBeLessThan(timeoutMs * 1.1 + 300)
    expect(observation.latencyMs).toBeLessThanOrEqual(tookMs)
  })

  it('leaves none of their connections open', async () => {
    await expect.poll(() => server.openConnections()).toBe(0)
  })
})

describe('targets that send too much', () => {
  // 1 MB is read; what else was sent lies in the kernel's buffers on both sides.
  const mostSent = 24_000_000

  it.each<readonly [HostilePath, string]>([
    ['/huge', 'is longer than 1048576 bytes'],
    ['/huge-declared', 'is longer than 1048576 bytes'],
    ['/gzip-bomb', 'is longer than 1048576 bytes once decompressed'],
  ])('%s ends early', async (path, fault) => {
    const observation = await ask(path)
    expect(faultOf(observation)).toBe(`TOO_LARGE: The body from ${at()} ${fault}.`)
    expect(server.lastBytesSent(path)).toBeLessThan(mostSent)
  })

  it('keeps its verdict on an error whose body is endless, and does not read it', async () => {
    const observation = await ask('/huge-error')
    expect(faultOf(observation)).toBe(`UNAVAILABLE: ${at()} answered 500, expected 200–299.`)
    expect(observation.values.bodyBytes).toBeLessThan(1_000_000)
    expect(server.lastBytesSent('/huge-error')).toBeLessThan(mostSent)
  })

  it('keeps its verdict on an error whose body drips until the timeout', async () => {
    expect(faultOf(await ask('/drip-error', 400))).toBe(`UNAVAILABLE: ${at()} answered 500, expected 200–299.`)
  })

  it('takes no more memory for twenty huge bodies at once than their limits allow', async () => {
    globalThis.gc?.()
    const before = process.memoryUsage()
    const observations = await Promise.all(Array.from({ length: 20 }, () => ask('/huge')))
    const after = process.memoryUsage()
    expect(new Set(observations.map(faultOf))).toEqual(
      new Set([`TOO_LARGE: The body from ${at()} is longer than 1048576 bytes.`]),
    )
    // 20 × (1 MB, doubled while it grows), as much again for what waits to be collected, and the server's own buffers.
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(160_000_000)
  })

  it('takes a body in single bytes', async () => {
    expect(textOf(await ask('/crumbs'))).toBe('1'.repeat(20_000))
  })

  it('refuses headers without end', async () => {
    expect(faultOf(await ask('/huge-headers'))).toBe(`TOO_LARGE: The response headers from ${at()} are too long.`)
  })
})

describe('targets that break off', () => {
  it.each<readonly [HostilePath, RegExp]>([
    ['/reset', /^UNAVAILABLE: Connection closed by 127\.0\.0\.1:\d+ before it answered\.$/],
    ['/reset-mid-body', /^UNAVAILABLE: Connection closed by 127\.0\.0\.1:\d+ amid the body, after 9 of 1000 bytes\.$/],
    ['/short-body', /^UNAVAILABLE: Connection closed by 127\.0\.0\.1:\d+ amid the body, after 11 of 100 bytes\.$/],
    ['/short-chunk', /^UNAVAILABLE: Connection closed by 127\.0\.0\.1:\d+ amid the body, after 11 bytes\.$/],
    ['/not-http', /^UNAVAILABLE: The answer of 127\.0\.0\.1:\d+ is not valid HTTP\/1\.1\.$/],
    ['/bad-header', /^UNAVAILABLE: The answer of 127\.0\.0\.1:\d+ is not valid HTTP\/1\.1\.$/],
    ['/switch-protocols', /^UNAVAILABLE: Connection closed by 127\.0\.0\.1:\d+ before it answered\.$/],
  ])('%s', async (path, fault) => {
    const observation = await ask(path)
    expect(faultOf(observation)).toMatch(fault)
    expect(observation.outcome === 'failed' && observation.error).toBeInstanceOf(SightlineError)
  })

  it('takes no more of a body than was declared', async () => {
    expect(textOf(await ask('/long-body'))).toBe('{"a":"b"}')
  })
})

describe('targets that redirect badly', () => {
  it.each<readonly [HostilePath, string]>([
    ['/redirect-loop', 'redirects in a loop'],
    ['/redirect-self', 'redirects in a loop'],
    ['/redirect-file', 'redirects to file:, which is not followed'],
    ['/redirect-nowhere', 'redirects to something that is no URL'],
    ['/redirect-without-location', 'answered 302, expected 200–299'],
    ['/endless-redirects', 'redirects again after 5, the most that are followed'],
  ])('%s', async (path, fault) => {
    expect(faultOf(await ask(path))).toBe(`UNAVAILABLE: ${at()} ${fault}.`)
  })

  it('asks an endless chain six times, and no more', async () => {
    const before = server.requestCount('/endless-redirects')
    await ask('/endless-redirects')
    expect(server.requestCount('/endless-redirects') - before).toBe(6)
  })
})

describe('documents that are none', () => {
  it('hands over bytes as they came, for the engine to judge', async () => {
    expect(textOf(await ask('/bad-json'))).toBe('{"open": 3,')
    expect(textOf(await ask('/deep-json'))).toBe('['.repeat(deepJsonLevels) + ']'.repeat(deepJsonLevels))
    expect(textOf(await ask('/html'))).toBe('<!doctype html><p>Sign in')
    expect(textOf(await ask('/empty'))).toBe('')
    expect(textOf(await ask('/no-content'))).toBe('')
    const expected: readonly (readonly [HostilePath, Buffer])[] = [
      ['/bad-utf8', Buffer.from([0x22, 0xc3, 0x28, 0xff, 0x22])],
      ['/latin1', Buffer.from('{"city":"Zürich"}', 'latin1')],
      ['/bom', Buffer.from(`\uFEFF${JSON.stringify(calmDocument)}`)],
    ]
    for (const [path, bytes] of expected) {
      const observation = await ask(path)
      expect(observation.outcome === 'bytes' && Buffer.compare(observation.bytes, bytes), path).toBe(0)
    }
  })

  it('says what is wrong with an encoding', async () => {
    expect(faultOf(await ask('/false-gzip'))).toBe(`BAD_DOCUMENT: The body from ${at()} is not valid gzip.`)
    for (const path of ['/unknown-encoding', '/two-encodings'] as const) {
      expect(faultOf(await ask(path))).toBe(`BAD_DOCUMENT: The body from ${at()} has a content-encoding that is not supported.`)
    }
  })

  it('takes a body that ends with its connection', async () => {
    expect(JSON.parse(textOf(await ask('/until-close')))).toEqual(calmDocument)
  })

  it('inflates what comes compressed unasked', async () => {
    expect(JSON.parse(textOf(await ask('/unasked-gzip')))).toEqual(calmDocument)
    expect(server.lastHeaders('/unasked-gzip')?.['accept-encoding']).toBe('identity')
  })
})
