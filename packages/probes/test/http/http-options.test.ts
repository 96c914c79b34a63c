import { SightlineError } from '@sightline/core'
import { describe, expect, it } from 'vitest'
import { type HttpProbeOptions, httpProbe, parseHttpProbeOptions } from '../../src/index.ts'

const faultsOf = (raw: unknown): Record<string, string> => {
  try {
    parseHttpProbeOptions(raw)
    return {}
  } catch (error) {
    if (!(error instanceof SightlineError) || error.code !== 'INVALID_CONFIG') throw error
    return Object.fromEntries((error.fields ?? []).map(({ path, message }) => [path, message]))
  }
}

describe('options', () => {
  it('need no more than a url', () => {
    expect(parseHttpProbeOptions({ url: 'http://127.0.0.1:4001/status' })).toEqual({ url: 'http://127.0.0.1:4001/status' })
  })

  it('come out as they went in', () => {
    const options: HttpProbeOptions = {
      url: 'https://[::1]:8443/a?b=c',
      method: 'POST',
      headers: { 'X-Key': 'ä b' },
      body: '',
      expectedStatus: [200, [300, 399]],
      maxBodyBytes: 1,
      maxRedirects: 0,
      connection: 'fresh',
      compression: true,
      apiVersionHeader: 'x-v',
      tls: { ca: 'PEM', servername: 'a', rejectUnauthorized: false },
    }
    expect(parseHttpProbeOptions(options)).toEqual(options)
  })

  it('have all their faults told at once, by path', () => {
    expect(
      faultsOf({
        url: 'ftp://x',
        method: 'TRACE',
        headers: { 'bad name': 'a', 'x-key': 'a\r\nb', Host: 'ok', Connection: 'close', 'X-A': '1', 'x-a': '2' },
        expectedStatus: [99],
        maxBodyBytes: 0,
        maxRedirects: 2.5,
        connection: 'sometimes',
        compression: 'yes',
        apiVersionHeader: 'a b',
        tls: { verify: false },
        intervalMS: 5,
      }),
    ).toEqual({
      url: 'must begin with http: or https:',
      method: 'must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      'headers.bad name': 'is not a header name',
      'headers.x-key': 'has a character that a header cannot carry',
      'headers.Connection': 'cannot be set: use the option `connection`',
      'headers.x-a': 'is there twice',
      'expectedStatus.0': 'must be a status (200 to 599) or [from, to]',
      maxBodyBytes: 'must be 1 to 1073741824',
      maxRedirects: 'must be a whole number',
      connection: 'must be keep-alive or fresh',
      compression: 'must be true or false',
      apiVersionHeader: 'must be a header name',
      'tls.verify': 'is not an option of the HTTP probe',
      intervalMS: 'is not an option of the HTTP probe',
    })
  })

  it.each<readonly [unknown, Record<string, string>]>([
    [undefined, { '': 'must be an object with a url' }],
    ['http://x', { '': 'must be an object with a url' }],
    [{}, { url: 'must be a URL' }],
    [{ url: 'status' }, { url: 'must be a complete URL, such as http://127.0.0.1:4001/status' }],
    [{ url: 'file:///etc/passwd' }, { url: 'must begin with http: or https:' }],
    [{ url: 'http://%zz:b@x/' }, { url: 'has a name or password that is not percent-encoded correctly' }],
    [{ url: 'http://x', body: 'b' }, { body: 'cannot be sent with GET' }],
    [{ url: 'http://x', method: 'HEAD', body: 'b' }, { body: 'cannot be sent with HEAD' }],
    [
      { url: 'http://a:b@x', headers: { Authorization: 'c' } },
      { 'headers.authorization': 'contradicts the name and password in the url' },
    ],
    [{ url: 'http://x', expectedStatus: [] }, { expectedStatus: 'must name at least one status' }],
    [{ url: 'http://x', expectedStatus: [[300, 200]] }, { 'expectedStatus.0': 'must be a status (200 to 599) or [from, to]' }],
    [{ url: 'http://x', headers: { a: 1 } }, { 'headers.a': 'must be a string' }],
  ])('%j is refused', (raw, faults) => {
    expect(faultsOf(raw)).toEqual(faults)
  })

  it('are not repeated in messages, since they may be secrets', () => {
    const secret = 's3cret'
    for (const raw of [
      { url: `ftp://user:${secret}@x/${secret}` },
      { url: `http://%zz:${secret}@x` },
      { url: 'http://x', headers: { 'x-key': `${secret}\n` } },
      { url: 'http://x', tls: { ca: 5, servername: [secret] }, body: secret },
    ]) {
      expect(() => httpProbe(raw as HttpProbeOptions)).toThrow(SightlineError)
      expect(() => httpProbe(raw as HttpProbeOptions)).not.toThrow(secret)
    }
  })

  it('cannot smuggle a header in through the url', () => {
    const fault = faultsOf({ url: 'http://127.0.0.1/a\r\nx-evil: 1' })
    expect(fault).toEqual({ url: 'has a line break or another control character' })
  })
})
