import { type ErrorCode, type Observation, SightlineError } from '@sightline/core'
import { decodeContent } from './content-decoding.ts'
import type { HttpTrail } from './http-trail.ts'
import { allValues, apiVersion, firstValue, retryAfterMs, toEtag } from './response-headers.ts'

export interface OutcomeOptions {
  /** As it was sent along. */
  readonly etag: string | undefined
  readonly maxBodyBytes: number
  readonly expected: readonly StatusRange[]
  readonly versionHeaders: readonly string[]
  /** ms since the Unix epoch. */
  readonly now: number
}

export type StatusRange = readonly [from: number, to: number]

export type Outcome<O = Observation> = O extends unknown ? Omit<O, 'latencyMs' | 'values'> : never

/** What a check's last answer means. */
export const toOutcome = async (trail: HttpTrail, options: OutcomeOptions): Promise<Outcome> => {
  const { answer, request, redirects, refusal } = trail
  const { statusCode, headers } = answer
  if (answer.error !== null) return { outcome: 'failed', error: answer.error }
  if (refusal !== null) return failed('UNAVAILABLE', `${request.target} ${refusal}.`)

  const version = apiVersion(headers, options.versionHeaders)
  const named = version === undefined ? {} : { apiVersion: version }
  if (statusCode === 304 && options.etag !== undefined && redirects === 0) {
    return { outcome: 'not-modified', etag: toEtag(firstValue(headers, 'etag')) ?? options.etag, ...named }
  }
  if (!isExpected(options.expected, statusCode)) {
    return { ...unexpected(trail, options), ...named }
  }
  if (request.method === 'HEAD') return { outcome: 'value', value: { statusCode }, ...named }

  const etag = redirects === 0 ? toEtag(firstValue(headers, 'etag')) : undefined
  const encoding = allValues(headers, 'content-encoding')
  const found = { outcome: 'bytes' as const, ...(etag === undefined ? {} : { etag }), ...named }
  if (encoding === undefined) return { ...found, bytes: answer.body }
  try {
    const { maxBodyBytes } = options
    return { ...found, bytes: await decodeContent(answer.body, { encoding, maxBytes: maxBodyBytes, target: request.target }) }
  } catch (error) {
    return { outcome: 'failed', error: SightlineError.from(error), ...named }
  }
}

export const isExpected = (expected: readonly StatusRange[], statusCode: number): boolean =>
  expected.some(([from, to]) => statusCode >= from && statusCode <= to)

const unexpected = ({ answer, request }: HttpTrail, { expected, now }: OutcomeOptions) => {
  const { statusCode, headers } = answer
  const waitMs = statusCode === 429 || statusCode === 503 ? retryAfterMs(headers, now) : undefined
  const wanted = expected.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
  const code = statusCode === 429 ? 'TOO_MANY_REQUESTS' : 'UNAVAILABLE'
  return failed(code, `${request.target} answered ${statusCode}, expected ${wanted}.`, waitMs)
}

const failed = (code: ErrorCode, message: string, waitMs?: number) => {
  const wait = waitMs === undefined ? {} : { retryAfterMs: waitMs }
  return { outcome: 'failed' as const, error: new SightlineError(code, message, wait), ...wait }
}
