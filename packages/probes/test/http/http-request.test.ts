import { describe, expect, it } from 'vitest'
import { type HttpRequest, redirect, toRequest } from '../../src/http/http-request.ts'

const headersOf = (request: HttpRequest): Record<string, string> =>
  Object.fromEntries(
    request.headers.flatMap((name, index) => (index % 2 === 0 ? [[name, request.headers[index + 1] ?? '']] : [])),
  )

const followed = (request: HttpRequest, status: number, location: string): HttpRequest => {
  const next = redirect(request, status, location)
  if ('refusal' in next) throw new Error(next.refusal)
  return next
}

describe('a request', () => {
  it('has defaults that headers may replace', () => {
    const request = toRequest({ url: 'http://host/a?b=c#d', headers: { Accept: 'text/plain', 'X-Key': 'k' } })
    expect(request).toMatchObject({ origin: 'http://host', path: '/a?b=c', target: 'host:80', method: 'GET', body: null })
    expect(headersOf(request)).toEqual({
      accept: 'text/plain',
      'accept-encoding': 'identity',
      'user-agent': 'sightline',
      'x-key': 'k',
    })
  })

  it.each([
    ['https://host/', 'host:443'],
    ['https://host:444/', 'host:444'],
    ['http://[::1]/', '[::1]:80'],
    ['http://user:pass@host/', 'host:80'],
  ])('to %s shows as %s', (url, target) => {
    expect(toRequest({ url }).target).toBe(target)
  })
})

describe('a redirect', () => {
  const get = toRequest({ url: 'http://host:1/a/b?c', headers: { 'x-key': 'k' } })
  const post = toRequest({ url: 'http://host:1/a', method: 'POST', body: '{}', headers: { 'x-key': 'k' } })

  it.each([
    ['../c', 'http://host:1/c'],
    ['?d', 'http://host:1/a/b?d'],
    ['//other/c', 'http://other/c'],
    ['https://host:1/a', 'https://host:1/a'],
    ['http://u:p@host:1/x#y', 'http://host:1/x'],
  ])('to %s asks %s', (location, url) => {
    expect(followed(get, 302, location).url.href).toBe(url)
  })

  it.each([
    ['file:///etc/passwd', 'redirects to file:, which is not followed'],
    ['javascript:alert(1)', 'redirects to javascript:, which is not followed'],
    ['data:,x', 'redirects to data:, which is not followed'],
    ['http://[', 'redirects to something that is no URL'],
  ])('to %s is refused', (location, refusal) => {
    expect(redirect(get, 302, location)).toEqual({ refusal })
  })

  it.each([
    [301, 'GET', null],
    [302, 'GET', null],
    [303, 'GET', null],
    [307, 'POST', '{}'],
    [308, 'POST', '{}'],
  ])('of a POST with %i becomes %s', (status, method, body) => {
    const next = followed(post, status, '/b')
    expect(next).toMatchObject({ method, body })
    expect(headersOf(next)['content-type']).toBe(body === null ? undefined : 'application/json')
    expect(headersOf(next)['x-key']).toBe('k')
  })

  it.each(['PUT', 'DELETE', 'HEAD'] as const)('of a %s keeps it with 301 and 302', (method) => {
    const request = toRequest({ url: 'http://host:1/a', method })
    expect(followed(request, 301, '/b').method).toBe(method)
    expect(followed(request, 302, '/b').method).toBe(method)
  })

  it.each(['http://host:2/', 'https://host:1/', 'http://other:1/'])(
    'to %s, another origin, drops what may be a credential',
    (location) => {
      expect(Object.keys(headersOf(followed(get, 302, location)))).toEqual(['accept', 'accept-encoding', 'user-agent'])
      expect(redirect(post, 307, location)).toEqual({
        refusal: 'redirects to another origin, where the body of a POST is not sent',
      })
      expect(Object.keys(headersOf(followed(post, 303, location)))).toEqual(['accept', 'accept-encoding', 'user-agent'])
    },
  )
})
