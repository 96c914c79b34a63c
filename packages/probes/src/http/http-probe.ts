import {
  type Clock,
  type Observation,
  type Probe,
  type ProbeContext,
  type ProbeKind,
  SightlineError,
  systemClock,
} from '@sightline/core'
import type { Dispatcher } from 'undici'
import { type GuardOption, toAddressGuard } from '../address-guard/address-guard.ts'
import { type BodyJudge, bodyJudge } from '../expectations/body-expectation.ts'
import { roundMs } from '../socket/opening.ts'
import { HttpConnections } from './http-connections.ts'
import { type HttpProbeOptions, parseHttpProbeOptions } from './http-options.ts'
import { isExpected, type Outcome, type StatusRange, toOutcome } from './http-outcome.ts'
import { type HttpRequest, toRequest } from './http-request.ts'
import { followTrail } from './http-trail.ts'
import { httpValues } from './http-values.ts'
import { toEtag } from './response-headers.ts'

/** What an HTTP probe works with, beside its options. */
export interface HttpProbeResources {
  /** Default: the process's own. */
  readonly clock?: Clock
  /**
   * Sends the requests (a `ProxyAgent`, an `Agent` shared with the host) and remains yours to close. Default: one connection of the
   * probe's own. Over a dispatcher the opening of connections and the certificate are not measured, `tls` is the dispatcher's, and
   * a request given up while it connects lingers there until the dispatcher's own connect timeout.
   */
  readonly dispatcher?: Dispatcher
  /**
   * Keeps URLs that users enter off the monitor's own surroundings, at every connection, redirects included. Default: false, as for
   * a configuration that the operator wrote. Not with `dispatcher`, which connects by itself.
   */
  readonly guard?: GuardOption
}

/**
 * Asks URLs, for targets that configuration describes.
 *
 * @example
 * createSightline({ http: httpProbeKind(), apis: { orders: { regions: { 'us-east': { url: 'http://127.0.0.1:4001/status' } } } } })
 */
export const httpProbeKind = (resources: HttpProbeResources = {}): ProbeKind<HttpProbeOptions> => ({
  kind: 'http',
  parse: parseHttpProbeOptions,
  open: (options) => httpProbe(options, resources),
})

/**
 * Asks a URL. The document is what the answer's body holds, byte for byte, decompressed. What goes wrong on the way is a `failed`
 * observation with a `SightlineError`: `UNAVAILABLE` (not reached, cut off, or not an expected status), `TOO_MANY_REQUESTS` (429),
 * `TOO_LARGE`, `BAD_DOCUMENT` (cannot be decompressed), `TIMEOUT`, `ABORTED`. Messages name host and port only.
 *
 * Its `values`: `statusCode`; `bodyBytes`, as sent; `firstByteMs`, request to first byte; `downloadMs`, first to last byte. Where a
 * connection was opened for it: `connectMs`, with `dnsMs` for a host name and `tlsMs` over TLS. Over TLS: `certificateDays`. After
 * redirects: `redirects` and `redirectMs`, up to the last request, which the other phases then belong to.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault of the options.
 * @example
 * const probe = httpProbe({ url: 'https://orders.example/status', headers: { 'x-key': key }, expectedStatus: [200, 503] })
 */
export const httpProbe = (options: HttpProbeOptions, resources: HttpProbeResources = {}): Probe =>
  new HttpProbe(parseHttpProbeOptions(options), resources)

class HttpProbe implements Probe {
  readonly #clock: Clock
  readonly #request: HttpRequest
  readonly #connections: HttpConnections
  readonly #maxBodyBytes: number
  readonly #maxRedirects: number
  readonly #versionHeaders: readonly string[]
  readonly #expected: readonly StatusRange[]
  readonly #judgeBody: BodyJudge | null
  #passedEtag: string | undefined

  constructor(options: HttpProbeOptions, resources: HttpProbeResources) {
    const { clock = systemClock(), dispatcher } = resources
    const guard = toAddressGuard(resources.guard)
    if (guard !== null && dispatcher !== undefined) {
      throw new SightlineError(
        'INVALID_CONFIG',
        'An HTTP probe takes a guard or a dispatcher, which connects by itself, not both.',
      )
    }
    const {
      apiVersionHeader,
      connection,
      expectBody,
      expectedStatus = [[200, 299]],
      maxBodyBytes = 1_048_576,
      maxRedirects = 5,
      tls,
    } = options
    this.#clock = clock
    this.#request = toRequest(options)
    this.#connections = new HttpConnections({ clock, dispatcher, isFresh: connection === 'fresh', tls, guard })
    this.#maxBodyBytes = maxBodyBytes
    this.#maxRedirects = maxRedirects
    this.#versionHeaders = apiVersionHeader === undefined ? ['x-api-version', 'api-version'] : [apiVersionHeader.toLowerCase()]
    this.#expected = expectedStatus.map((status) => (typeof status === 'number' ? [status, status] : status))
    this.#judgeBody = expectBody === undefined ? null : bodyJudge(expectBody)
  }

  async collect(context: ProbeContext): Promise<Observation> {
    if (!this.#connections.isLoaded) await this.#connections.load()
    const startedAt = this.#clock.monotonic()
    const etag = this.#knownEtag(context.etag)
    const trail = await followTrail(this.#request, {
      connections: this.#connections,
      clock: this.#clock,
      signal: context.signal,
      etag,
      maxRedirects: this.#maxRedirects,
      maxBodyBytes: this.#maxBodyBytes,
      isExpected: this.#isExpected,
    })
    const now = this.#clock.now()
    const outcome = await toOutcome(trail, {
      etag,
      maxBodyBytes: this.#maxBodyBytes,
      expected: this.#expected,
      versionHeaders: this.#versionHeaders,
      now,
    })
    const judged = this.#judge(outcome, trail.request.target)
    return { latencyMs: roundMs(this.#clock.monotonic() - startedAt), values: httpValues(trail, now), ...judged }
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  /** The document that still stands must be one whose body was as expected: an older probe may have expected something else. */
  #knownEtag(etag: string | undefined): string | undefined {
    const known = toEtag(etag)
    return this.#judgeBody === null || known === this.#passedEtag ? known : undefined
  }

  #judge(outcome: Outcome, target: string): Outcome {
    if (this.#judgeBody === null || outcome.outcome !== 'bytes') return outcome
    const error = this.#judgeBody(outcome.bytes, target)
    this.#passedEtag = error === null ? outcome.etag : undefined
    if (error === null) return outcome
    return { outcome: 'failed', error, ...(outcome.apiVersion === undefined ? {} : { apiVersion: outcome.apiVersion }) }
  }

  readonly #isExpected = (statusCode: number): boolean => isExpected(this.#expected, statusCode)
}
