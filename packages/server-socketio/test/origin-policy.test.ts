import { SightlineError } from '@sightline/core'
import { expect, test } from 'vitest'
import { createOriginPolicy } from '../src/origin-policy.ts'

const decide = createOriginPolicy(['https://status.example.com', 'http://localhost:3000/', 'HTTPS://Upper.Example.com'])

test.each([
  // origin, host, sec-fetch-site, may
  [undefined, 'ops.example.com', undefined, true],
  [undefined, 'ops.example.com', 'none', true],
  [undefined, 'ops.example.com', 'same-origin', true],
  [undefined, 'ops.example.com', 'same-site', true],
  [undefined, 'ops.example.com', 'cross-site', false],
  ['null', 'ops.example.com', undefined, false],
  ['null', 'null', undefined, false],
  ['', 'ops.example.com', undefined, false],
  ['https://ops.example.com', 'ops.example.com', undefined, true],
  ['https://ops.example.com', 'ops.example.com:443', undefined, true],
  ['http://ops.example.com', 'ops.example.com:80', undefined, true],
  ['https://ops.example.com', 'ops.example.com:80', undefined, false],
  ['http://ops.example.com:8080', 'ops.example.com', undefined, false],
  ['http://ops.example.com:8080', 'ops.example.com:8080', undefined, true],
  ['http://OPS.example.com', 'ops.EXAMPLE.com', undefined, true],
  ['http://[::1]:5000', '[::1]:5000', undefined, true],
  ['https://status.example.com', 'ops.example.com', 'cross-site', true],
  ['https://status.example.com:443', 'ops.example.com', undefined, false],
  ['http://status.example.com', 'ops.example.com', undefined, false],
  ['https://status.example.com.evil.com', 'ops.example.com', undefined, false],
  ['https://evil.com/https://status.example.com', 'ops.example.com', undefined, false],
  ['https://user@ops.example.com', 'ops.example.com', undefined, false],
  ['http://localhost:3000', 'ops.example.com', undefined, true],
  ['http://localhost:3001', 'ops.example.com', undefined, false],
  ['https://upper.example.com', 'ops.example.com', undefined, true],
  ['https://evil.example.com', 'ops.example.com', 'same-origin', false],
  ['file://', 'ops.example.com', undefined, false],
  ['chrome-extension://abc', 'ops.example.com', undefined, false],
  ['https://a.com, https://ops.example.com', 'ops.example.com', undefined, false],
  ['https://ops.example.com', undefined, undefined, false],
])('origin %s, host %s, sec-fetch-site %s: %s', (origin, host, site, may) => {
  const headers = {
    ...(origin === undefined ? {} : { origin }),
    ...(host === undefined ? {} : { host }),
    ...(site === undefined ? {} : { 'sec-fetch-site': site }),
  }
  expect(decide(headers).ok).toBe(may)
})

test('only pages of other origins are named in CORS', () => {
  expect(decide({ origin: 'https://status.example.com', host: 'x' })).toEqual({ ok: true, allowed: 'https://status.example.com' })
  expect(decide({ origin: 'http://x', host: 'x' })).toEqual({ ok: true, allowed: null })
})

test.each(['status.example.com', '*', 'https://x.com/path', 'null', ''])('clientUrl %j is no origin', (entry) => {
  expect(() => createOriginPolicy([entry])).toThrow(SightlineError)
})
