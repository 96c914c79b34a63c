import { errorCodes, SightlineError } from '@sightline/core'
import { errors } from 'undici'
import { describe, expect, it } from 'vitest'
import { type HttpFailure, isConnectionLoss, toAbortError, toHttpError } from '../../src/http/http-error.ts'

const failure: HttpFailure = { target: 'host:80', phase: 'connecting', bodyBytes: 0, declaredBytes: undefined }
const coded = (code: string): Error => Object.assign(new Error(`raw text about ${code}`), { code })
// As undici makes it; its declaration leaves out the bytes.
const unreadable = Object.assign(new errors.HTTPParserError('Bad'), { code: 'HPE_INVALID_VERSION', data: 'body-secret' })
const shown = (error: SightlineError): string => `${error.code}: ${error.message}`

describe('an error of the network', () => {
  it.each<readonly [unknown, string]>([
    [coded('ECONNREFUSED'), 'UNAVAILABLE: Connection refused by host:80.'],
    [
      Object.assign(new AggregateError([coded('ECONNREFUSED')], ''), { code: 'ECONNREFUSED' }),
      'UNAVAILABLE: Connection refused by host:80.',
    ],
    [coded('ENOTFOUND'), 'UNAVAILABLE: The host name of host:80 was not found.'],
    [coded('EAI_AGAIN'), 'UNAVAILABLE: The host name of host:80 cannot be looked up at present.'],
    [coded('ETIMEDOUT'), 'TIMEOUT: The connection to host:80 timed out.'],
    [new errors.ConnectTimeoutError(), 'TIMEOUT: The connection to host:80 timed out.'],
    [new errors.HeadersTimeoutError(), 'TIMEOUT: host:80 took too long to answer.'],
    [new errors.BodyTimeoutError(), 'TIMEOUT: host:80 took too long to answer.'],
    [coded('ECONNRESET'), 'UNAVAILABLE: Connection closed by host:80 while connecting.'],
    [coded('EMFILE'), 'UNAVAILABLE: This process has no socket left to reach host:80 (EMFILE).'],
    [coded('EHOSTUNREACH'), 'UNAVAILABLE: host:80 cannot be reached (EHOSTUNREACH).'],
    [new errors.HeadersOverflowError(), 'TOO_LARGE: The response headers from host:80 are too long.'],
    [new errors.ClientDestroyedError(), 'ABORTED: The probe of host:80 was closed.'],
    [unreadable, 'UNAVAILABLE: The answer of host:80 is not valid HTTP/1.1.'],
    [coded('CERT_HAS_EXPIRED'), 'UNAVAILABLE: The TLS certificate of host:80 has expired.'],
    [coded('CERT_NOT_YET_VALID'), 'UNAVAILABLE: The TLS certificate of host:80 is not valid yet.'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'UNAVAILABLE: The TLS certificate of host:80 is for another host.'],
    [
      coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
      'UNAVAILABLE: The TLS certificate of host:80 is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE).',
    ],
    [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'UNAVAILABLE: TLS with host:80 failed (ERR_SSL_WRONG_VERSION_NUMBER).'],
    [new Error('GET http://u:secret@host failed'), 'UNAVAILABLE: host:80 cannot be reached (no code given).'],
    ['a string', 'UNAVAILABLE: host:80 cannot be reached (no code given).'],
    [coded('a code with\nmore'), 'UNAVAILABLE: host:80 cannot be reached (no code given).'],
  ])('%s', (thrown, text) => {
    const error = toHttpError(thrown, failure)
    expect(shown(error)).toBe(text)
    expect(errorCodes).toHaveProperty(error.code)
  })

  it('keeps its cause, but no bytes of an answer', () => {
    const refused = coded('ECONNREFUSED')
    expect(toHttpError(refused, failure).cause).toBe(refused)
    const shownError = toHttpError(unreadable, failure)
    expect(JSON.stringify(shownError.cause, Object.getOwnPropertyNames(shownError.cause))).not.toContain('body-secret')
  })

  it('that is ours already stays', () => {
    const ours = new SightlineError('TOO_LARGE', 'as it is')
    expect(toHttpError(ours, failure)).toBe(ours)
  })

  it('says how far things had come', () => {
    const lost = new errors.SocketError('other side closed')
    expect(toHttpError(lost, { ...failure, phase: 'waiting' }).message).toBe('Connection closed by host:80 before it answered.')
    const reading = { ...failure, phase: 'reading', bodyBytes: 5 } as const
    expect(toHttpError(lost, reading).message).toBe('Connection closed by host:80 amid the body, after 5 bytes.')
    expect(toHttpError(lost, { ...reading, declaredBytes: 9 }).message).toBe(
      'Connection closed by host:80 amid the body, after 5 of 9 bytes.',
    )
    expect(toHttpError(coded('ODD'), reading).message).toBe('The request to host:80 failed (ODD).')
  })
})

describe('giving up', () => {
  it.each<readonly [unknown, string]>([
    [new DOMException('late', 'TimeoutError'), 'TIMEOUT: Timed out while connecting to host:80.'],
    [new SightlineError('TIMEOUT', 'the target has 800 ms'), 'TIMEOUT: Timed out while connecting to host:80.'],
    [new SightlineError('ABORTED', 'polling stopped'), 'ABORTED: Given up while connecting to host:80.'],
    [new DOMException('stop', 'AbortError'), 'ABORTED: Given up while connecting to host:80.'],
    [undefined, 'ABORTED: Given up while connecting to host:80.'],
  ])('for %s', (reason, text) => {
    expect(shown(toAbortError(reason, failure))).toBe(text)
  })
})

describe('a lost connection', () => {
  it('is told from other faults', () => {
    expect([coded('ECONNRESET'), coded('EPIPE'), new errors.SocketError('closed')].every(isConnectionLoss)).toBe(true)
    expect([coded('ECONNREFUSED'), new errors.ClientDestroyedError(), new Error('x'), null].some(isConnectionLoss)).toBe(false)
  })
})
