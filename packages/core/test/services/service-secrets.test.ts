import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MASK, maskCheck, restoreCheck } from '../../src/services/service-secrets.ts'

const text = fc.string({ minLength: 1, maxLength: 12 }).filter((value) => value !== MASK)
const header = fc.constantFrom('Authorization', 'x-api-key', 'Accept', 'constructor', 'cookie')
const checks = fc.record({
  kind: fc.constantFrom('http', 'postgres'),
  url: fc
    .tuple(fc.constantFrom('ann', 'b-o-b'), fc.constantFrom('pw1', 'p%40w'))
    .map(([user, pw]) => `https://${user}:${pw}@host.test/a`),
  headers: fc.dictionary(header, text, { noNullPrototype: true }),
  password: text,
  tls: fc.record({ servername: text, privateKey: text }),
  body: fc.string(),
  list: fc.array(fc.record({ token: text, name: fc.constantFrom('a', 'b') }), { maxLength: 3 }),
})

test('masks hide every secret; entering what was shown keeps what is stored', () => {
  fc.assert(
    fc.property(checks, (check) => {
      const shown = maskCheck(check)
      expect(Object.keys(shown.headers as object)).toEqual(Object.keys(check.headers))
      for (const value of Object.values(shown.headers as object)) expect(value).toBe(MASK)
      expect(shown.password).toBe(MASK)
      expect(shown.url).toBe('https://***@host.test/a')
      expect((shown.tls as { privateKey: string }).privateKey).toBe(MASK)
      expect(shown.body).toBe(check.body)
      expect(maskCheck(shown)).toEqual(shown)
      expect(restoreCheck(shown, check)).toEqual(check)
      expect(restoreCheck(check, null)).toEqual(check)
      // What goes nowhere can be edited beside a masked secret.
      expect(restoreCheck({ ...shown, body: 'other', method: 'POST' }, check)).toEqual({
        ...check,
        body: 'other',
        method: 'POST',
      })
    }),
  )
})

test.each([
  ['another host', { url: 'https://***@evil.test/a' }],
  ['another scheme', { url: 'http://***@host.test/a' }],
  ['another port', { url: 'https://***@host.test:8443/a' }],
  ['another kind', { kind: 'tcp' }],
  ['a proxy', { proxy: 'http://evil.test' }],
  ['a host beside the URL', { host: 'evil.test' }],
  ['a socket', { socketPath: '/tmp/x' }],
  ['no proof of who it is', { tls: { servername: 's', privateKey: MASK, rejectUnauthorized: false } }],
  ['another name in the certificate', { tls: { servername: 'evil.test', privateKey: MASK } }],
  ['a secret that is not stored', { headers: { Other: MASK } }],
])('a stored secret does not go to %s', (_, change) => {
  const stored = {
    kind: 'http',
    url: 'https://ann:pw@host.test/a',
    headers: { Authorization: 'Bearer x' },
    tls: { servername: 's', privateKey: 'k' },
  }
  expect(restoreCheck({ ...maskCheck(stored), ...change }, stored)).toBeNull()
  expect(restoreCheck(maskCheck(stored), null)).toBeNull()
})

test('the path of a URL may change, and its password with it', () => {
  const stored = { kind: 'http', url: 'https://ann:pw@host.test/a' }
  expect(restoreCheck({ kind: 'http', url: 'https://***@host.test/b?c=1' }, stored)).toEqual({
    kind: 'http',
    url: 'https://ann:pw@host.test/b?c=1',
  })
  expect(restoreCheck({ kind: 'http', url: 'https://new:word@evil.test/b' }, stored)).toEqual({
    kind: 'http',
    url: 'https://new:word@evil.test/b',
  })
})
