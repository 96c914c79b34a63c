import { type Clock, type Observation, type Probe, type ProbeContext, type ProbeKind, systemClock } from '@sightline/core'
import type { Dispatcher } from 'undici'
import { HttpConnections } from './http-connections.ts'
import { type HttpProbeOptions, parseHttpProbeOptions } from './http-options.ts'
import { isExpected, type StatusRange, toOutcome } from './http-outcome.ts'
import { type HttpRequest, toRequest } from './http-request.ts'
import { followTrail } from './http-trail.ts'
import { httpValues, roundMs } from './http-values.ts'
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
 * connection was opened for it: `connectMs`, with `dnsMs` for a host name and `tlsMs` over TLS. Over TLS: `certificateDaysLeft`. After
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

  constructor(options: HttpProbeOptions, { clock = systemClock(), dispatcher }: HttpProbeResources) {
    const {
      apiVersionHeader,
      connection,
      expectedStatus = [[200, 299]],
      maxBodyBytes = 1_048_576,
      maxRedirects = 5,
      tls,
    } = options
    this.#clock = clock
    this.#request = toRequest(options)
    this.#connections = new HttpConnections({ clock, dispatcher, isFresh: connection === 'fresh', tls })
    this.#maxBodyBytes = maxBodyBytes
    this.#maxRedirects = maxRedirects
    this.#versionHeaders = apiVersionHeader === undefined ? ['x-api-version', 'api-version'] : [apiVersionHeader.toLowerCase()]
    this.#expected = expectedStatus.map((status) => (typeof status === 'number' ? [status, status] : status))
  }

  async collect(context: ProbeContext): Promise<Observation> {
    const startedAt = this.#clock.monotonic()
    const etag = toEtag(context.etag)
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
    return { latencyMs: roundMs(this.#clock.monotonic() - startedAt), values: httpValues(trail, now), ...outcome }
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  readonly #isExpected = (statusCode: number): boolean => isExpected(this.#expected, statusCode)
}
