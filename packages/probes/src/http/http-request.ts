import type { HttpProbeOptions } from './http-options.ts'

/** One request, ready to be written. */
export interface HttpRequest {
  readonly url: URL
  readonly origin: string
  readonly path: string
  /** Host and port: all that is shown of the URL, whose path and query carry keys, too. */
  readonly target: string
  readonly method: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: string | null
}

/** Follow a redirect to another origin: nothing here can be a credential. */
const harmlessHeaders = new Set(['accept', 'accept-encoding', 'accept-language', 'user-agent'])

/** Say something about a body, and go with it. */
const bodyHeaders = new Set(['content-type', 'content-language', 'content-encoding', 'content-location'])

/** The first request of a check. The URL's name and password move into a header; its fragment is dropped. */
export const toRequest = (options: HttpProbeOptions): HttpRequest => {
  const url = new URL(options.url)
  const headers = new Map<string, string>([
    ['accept', 'application/json, */*;q=0.5'],
    ['accept-encoding', options.compression === true ? 'gzip, br, deflate' : 'identity'],
    ['user-agent', 'sightline'],
  ])
  if (url.username !== '' || url.password !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
  }
  if (options.body !== undefined) headers.set('content-type', 'application/json')
  for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name.toLowerCase(), value)
  return {
    ...place(url),
    method: options.method ?? 'GET',
    headers: [...headers].flat(),
    body: options.body ?? null,
  }
}

/**
 * The request that follows a redirect, or why there is none.
 * https://www.rfc-editor.org/rfc/rfc9110#section-15.4 says which statuses turn a POST into a GET.
 */
export const redirect = (
  request: HttpRequest,
  statusCode: number,
  location: string,
): HttpRequest | { readonly refusal: string } => {
  const url = URL.parse(location, request.url.href)
  if (url === null) return { refusal: 'redirects to something that is no URL' }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { refusal: `redirects to ${url.protocol}, which is not followed` }
  const becomesGet =
    (statusCode === 303 && request.method !== 'HEAD') || ((statusCode === 301 || statusCode === 302) && request.method === 'POST')
  const isSameOrigin = url.origin === request.url.origin
  if (!isSameOrigin && !becomesGet && request.body !== null) {
    return { refusal: `redirects to another origin, where the body of a ${request.method} is not sent` }
  }
  return {
    ...place(url),
    method: becomesGet ? 'GET' : request.method,
    headers: pickHeaders(
      request.headers,
      (name) => (isSameOrigin || harmlessHeaders.has(name)) && !(becomesGet && bodyHeaders.has(name)),
    ),
    body: becomesGet ? null : request.body,
  }
}

/** Where a request goes. What a URL may hold beside that is no part of it: credentials are a header, a fragment is the reader's. */
const place = (location: URL) => {
  const url = new URL(location)
  url.username = ''
  url.password = ''
  url.hash = ''
  const port = url.port === '' ? ({ 'https:': '443' }[url.protocol] ?? '80') : url.port
  return { url, origin: url.origin, path: url.pathname + url.search, target: `${url.hostname}:${port}` }
}

const pickHeaders = (headers: readonly string[], isKept: (name: string) => boolean): string[] =>
  headers.filter((_, index) => isKept(headers[index - (index % 2)] ?? ''))
