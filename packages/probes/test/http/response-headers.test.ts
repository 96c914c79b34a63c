import { describe, expect, it } from 'vitest'
import { allValues, apiVersion, declaredBytes, firstValue, retryAfterMs, toEtag } from '../../src/http/response-headers.ts'

const now = Date.UTC(2026, 0, 2, 3, 4, 5)

describe('retry-after', () => {
  it.each<readonly [string, number | undefined]>([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5_000],
    ['99999999999999999999', 86_400_000],
    ['Fri, 02 Jan 2026 03:04:35 GMT', 30_000],
    ['Friday, 02-Jan-26 03:04:35 GMT', 30_000],
    ['Fri, 02 Jan 2026 03:04:00 GMT', 0],
    ['Sat, 02 Jan 2027 03:04:00 GMT', 86_400_000],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['2026', 2_026_000],
  ])('%j', (value, waitMs) => {
    expect(retryAfterMs({ 'retry-after': value }, now)).toBe(waitMs)
  })

  it('counts a date from the answer\u2019s own date', () => {
    const headers = { 'retry-after': 'Fri, 02 Jan 2026 02:00:10 GMT', date: 'Fri, 02 Jan 2026 02:00:00 GMT' }
    expect(retryAfterMs(headers, now)).toBe(10_000)
    expect(retryAfterMs({ ...headers, date: 'nonsense' }, now)).toBe(0)
  })

  it('is not invented', () => {
    expect(retryAfterMs({}, now)).toBeUndefined()
  })
})

describe('an entity tag', () => {
  it.each(['"a"', 'W/"a"', '""', 'unquoted', '"\xe9"'])('%j can be sent back', (tag) => {
    expect(toEtag(tag)).toBe(tag)
  })

  it.each([undefined, '', '"a\r\nb"', '"a b"', '"\u20ac"', '"a\x7f"', 'a'.repeat(257)])('%j cannot', (tag) => {
    expect(toEtag(tag)).toBeUndefined()
  })
})

describe('others', () => {
  it('take the first of several', () => {
    expect(firstValue({ a: ['x', 'y'] }, 'a')).toBe('x')
    expect(firstValue({ a: [] }, 'a')).toBeUndefined()
  })

  it('join a list', () => {
    expect(allValues({ a: ['x', 'y'] }, 'a')).toBe('x, y')
    expect(allValues({ a: 'x' }, 'a')).toBe('x')
    expect(allValues({}, 'a')).toBeUndefined()
  })

  it('read a length only from digits', () => {
    expect(declaredBytes({ 'content-length': '12' })).toBe(12)
    expect(declaredBytes({ 'content-length': '1e3' })).toBeUndefined()
    expect(declaredBytes({})).toBeUndefined()
  })

  it('take the version of the first name that has a plausible one', () => {
    const names = ['x-api-version', 'api-version']
    expect(apiVersion({ 'api-version': '2', 'x-api-version': ' 3 ' }, names)).toBe('3')
    expect(apiVersion({ 'api-version': '2', 'x-api-version': '' }, names)).toBe('2')
    expect(apiVersion({ 'x-api-version': 'v'.repeat(65) }, names)).toBeUndefined()
  })
})
