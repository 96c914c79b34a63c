import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { FieldFault } from '@sightline/core'
import { z } from 'zod'
import { type BodyExpectation, bodyExpectationSchema } from '../expectations/body-expectation.ts'
import { parseProbeOptions, type TlsTrustOptions, tlsTrustSchema } from '../probe-options.ts'

/** How a URL is asked. Only `url` is needed. */
export interface HttpProbeOptions {
  /** `http:` or `https:`. A name and password in it are sent as Basic authorization and never shown. */
  readonly url: string
  /** Default `GET`. `HEAD` has no document: its value is `{ "statusCode": 200 }`. */
  readonly method?: HttpMethod
  /**
   * Added to the probe's own (`accept`, `user-agent`, `accept-encoding`). Default none. At a redirect to another origin all of
   * them stay behind but `accept`, `accept-language` and `user-agent`: an API key may have any name.
   */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is; `content-type` is `application/json` unless `headers` has another. Not with `GET` and `HEAD`. */
  readonly body?: string
  /** Statuses that are no failure, singly or as `[from, to]`, both included. Default `[[200, 299]]`. */
  readonly expectedStatus?: readonly (number | readonly [from: number, to: number])[]
  /** Longest body, in bytes, both as sent and after decompression: 1 to 1,073,741,824. Default 1,048,576. */
  readonly maxBodyBytes?: number
  /** Redirects followed in a row, 0 to 20. Default 5. */
  readonly maxRedirects?: number
  /** `fresh` makes a new connection (lookup, TCP, full TLS handshake) for each check. Default `keep-alive`. */
  readonly connection?: 'keep-alive' | 'fresh'
  /**
   * Asks for gzip, br or deflate. Default false: a status document is small and asked often, and inflating one costs more than the
   * whole check. A body that comes compressed unasked is inflated all the same.
   */
  readonly compression?: boolean
  /** Response header with the provider's API version. Default: `x-api-version`, else `api-version`. */
  readonly apiVersionHeader?: string
  readonly tls?: HttpTlsOptions
  /** What the body of an expected answer must hold; anything else is a failed check. Not with `HEAD`. Default: any body. */
  readonly expectBody?: BodyExpectation
}

/** How a target is asked. */
export type HttpMethod = (typeof methods)[number]

/** How an `https:` target proves itself. */
export type HttpTlsOptions = TlsTrustOptions

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** What the probe or the connection decides; a second say would break one of them. */
const reservedHeaders: Readonly<Record<string, string>> = {
  'accept-encoding': 'use the option `compression`',
  connection: 'use the option `connection`',
  'content-length': 'it follows from `body`',
  expect: 'it is not supported',
  'if-none-match': 'the probe sends the last ETag itself',
  'keep-alive': 'use the option `connection`',
  te: 'it is not supported',
  trailer: 'it is not supported',
  'transfer-encoding': 'it follows from `body`',
  upgrade: 'it is not supported',
}

const isStatus = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599

const expectation = z.custom<number | [number, number]>(
  (value) =>
    isStatus(value) ||
    (Array.isArray(value) && value.length === 2 && value.every(isStatus) && Number(value[0]) <= Number(value[1])),
  'must be a status (200 to 599) or [from, to]',
)

const optionsSchema = z.strictObject(
  {
    url: z.string('must be a URL').superRefine((url, context) => {
      const message = urlFault(url)
      if (message !== null) context.addIssue({ code: 'custom', message })
    }),
    method: z.enum(methods, `must be one of ${methods.join(', ')}`).optional(),
    headers: z
      .record(z.string(), z.string('must be a string'), 'must be names and strings')
      .superRefine((headers, context) => {
        for (const [name, message] of headerFaults(headers)) context.addIssue({ code: 'custom', path: [name], message })
      })
      .optional(),
    body: z.string('must be a string').optional(),
    expectedStatus: z
      .array(expectation, 'must be a list of statuses and [from, to] pairs')
      .min(1, 'must name at least one status')
      .optional(),
    maxBodyBytes: z
      .int('must be a whole number')
      .min(1, 'must be 1 to 1073741824')
      .max(1_073_741_824, 'must be 1 to 1073741824')
      .optional(),
    maxRedirects: z.int('must be a whole number').min(0, 'must be 0 to 20').max(20, 'must be 0 to 20').optional(),
    connection: z.enum(['keep-alive', 'fresh'], 'must be keep-alive or fresh').optional(),
    compression: z.boolean('must be true or false').optional(),
    apiVersionHeader: z
      .string('must be a header name')
      .refine((name) => isHeaderName(name), 'must be a header name')
      .optional(),
    tls: tlsTrustSchema.optional(),
    expectBody: bodyExpectationSchema.optional(),
  },
  'must be an object with a url',
)

/**
 * Checks options that come from a file or from JavaScript. No message repeats a value, since values may be secrets.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault at once, by path (`headers.x-key`).
 */
export const parseHttpProbeOptions = (raw: unknown): HttpProbeOptions =>
  parseProbeOptions(raw, { name: 'HTTP', schema: optionsSchema, contradictions })

const urlFault = (text: string): string | null => {
  // The URL parser would drop them in silence.
  if (/\p{Cc}/u.test(text)) return 'has a line break or another control character'
  if (!URL.canParse(text)) return 'must be a complete URL, such as http://127.0.0.1:4001/status'
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http: or https:'
  try {
    decodeURIComponent(url.username + url.password)
    return null
  } catch {
    return 'has a name or password that is not percent-encoded correctly'
  }
}

function* headerFaults(headers: Readonly<Record<string, string>>): Generator<readonly [name: string, message: string]> {
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(headers)) {
    const lowerCased = name.toLowerCase()
    if (!isHeaderName(name)) yield [name, 'is not a header name']
    else if (Object.hasOwn(reservedHeaders, lowerCased)) yield [name, `cannot be set: ${reservedHeaders[lowerCased]}`]
    else if (seen.has(lowerCased)) yield [name, 'is there twice']
    else if (!isHeaderValue(value)) yield [name, 'has a character that a header cannot carry']
    seen.add(lowerCased)
  }
}

/** Faults between fields; each is looked for wherever its own fields are readable, so that all come at once. */
const contradictions = (raw: unknown): FieldFault[] => {
  if (typeof raw !== 'object' || raw === null) return []
  const { url, method = 'GET', headers, body, expectBody } = raw as Partial<Record<keyof HttpProbeOptions, unknown>>
  const faults: FieldFault[] = []
  if (typeof body === 'string' && (method === 'GET' || method === 'HEAD')) {
    faults.push({ path: 'body', message: `cannot be sent with ${method}` })
  }
  if (expectBody !== undefined && method === 'HEAD')
    faults.push({ path: 'expectBody', message: 'cannot be looked for with HEAD' })
  const hasAuthorization =
    typeof headers === 'object' && headers !== null && Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  if (hasAuthorization && typeof url === 'string' && URL.canParse(url) && new URL(url).username + new URL(url).password !== '') {
    faults.push({ path: 'headers.authorization', message: 'contradicts the name and password in the url' })
  }
  return faults
}

const isHeaderName = (name: string): boolean => {
  try {
    validateHeaderName(name)
    return true
  } catch {
    return false
  }
}

const isHeaderValue = (value: string): boolean => {
  try {
    validateHeaderValue('x', value)
    return true
  } catch {
    return false
  }
}
