import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { type Observation, type Probe, type ProbeContext, type ProbeKind, SightlineError } from '@sightline/core'
import { observed } from '../observed.ts'
import { type ProbeResources, type ResolvedResources, resolveResources } from '../probe-resources.ts'
import { openSocket, toTarget } from '../socket/open-socket.ts'
import { daysUntil, openingValues } from '../socket/opening.ts'
import { toSocketError } from '../socket/socket-fault.ts'
import { parseTlsProbeOptions, type TlsProbeOptions } from './tls-options.ts'

/**
 * Checks TLS endpoints and their certificates, for targets that configuration describes.
 *
 * @example
 * tlsProbeKind().open({ host: 'orders.example', minCertificateDays: 14 })
 */
export const tlsProbeKind = (resources: ProbeResources = {}): ProbeKind<TlsProbeOptions> => ({
  kind: 'tls',
  parse: parseTlsProbeOptions,
  open: (options) => tlsProbe(options, resources),
})

/**
 * Makes a full TLS handshake and looks at what the other side proves itself with. The document names protocol, cipher and
 * certificates, so that a renewal shows as a change. What goes wrong is a `failed` observation: `UNAVAILABLE` (not reached, no TLS, or
 * a certificate that has expired, is not trusted, is for another host or ends too soon), `FORBIDDEN` (the guard), `TIMEOUT`,
 * `ABORTED`. A certificate that is refused is measured all the same.
 *
 * Its `values`: `connectMs`, `tlsMs`, with `dnsMs` for a host name; `certificateDays`, until the served certificate ends;
 * `chainDays`, until the first of all certificates sent does; `chainCount`, how many those are; `tlsVersion`, 1.2 or 1.3.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault of the options.
 */
export const tlsProbe = (options: TlsProbeOptions, resources: ProbeResources = {}): Probe =>
  new TlsProbe(parseTlsProbeOptions(options), resolveResources(resources))

class TlsProbe implements Probe {
  readonly #options: TlsProbeOptions
  readonly #resources: ResolvedResources
  readonly #closing = new AbortController()

  constructor(options: TlsProbeOptions, resources: ResolvedResources) {
    this.#options = options
    this.#resources = resources
  }

  collect(context: ProbeContext): Promise<Observation> {
    const { clock, guard } = this.#resources
    const { host, port = 443, ca, servername, minVersion, alpn } = this.#options
    const target = toTarget({ host, port })
    const tls = {
      // Judged below: a certificate that is refused is to be measured, too.
      rejectUnauthorized: false,
      ...(ca === undefined ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
      minVersion: minVersion ?? 'TLSv1.2',
      ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    } as const
    return observed({ clock, signal: context.signal, closing: this.#closing.signal, target }, async (values, signal) => {
      const { socket, opening } = await openSocket({ host, port, tls, guard, clock, signal })
      try {
        Object.assign(values, openingValues(opening))
        return this.#judge(socket as TLSSocket, { target, values })
      } finally {
        socket.destroy()
      }
    })
  }

  async close(): Promise<void> {
    this.#closing.abort(new SightlineError('ABORTED', 'The probe was closed.'))
  }

  #judge(socket: TLSSocket, { target, values }: { readonly target: string; readonly values: Record<string, number> }): unknown {
    const now = this.#resources.clock.now()
    const { rejectUnauthorized = true, minCertificateDays = 0 } = this.#options
    const chain = chainOf(socket.getPeerCertificate(true))
    const [leaf] = chain
    if (leaf === undefined) throw new SightlineError('UNAVAILABLE', `${target} shows no certificate.`)
    const protocol = socket.getProtocol() ?? ''
    const version = Number(/^TLSv(\d(?:\.\d)?)$/.exec(protocol)?.[1])
    if (!Number.isNaN(version)) values.tlsVersion = version
    const days = chain.map(({ valid_to }) => daysUntil(Date.parse(valid_to), now)).filter((each) => !Number.isNaN(each))
    if (days[0] !== undefined) values.certificateDays = days[0]
    if (days.length > 0) values.chainDays = Math.min(...days)
    values.chainCount = chain.length

    // Typed as an error, and a code in fact.
    const fault: unknown = socket.authorizationError
    if (rejectUnauthorized && fault != null) {
      throw toSocketError(
        Object.assign(new Error('not trusted'), { code: fault instanceof Error ? fault.message : String(fault) }),
        target,
      )
    }
    if (values.certificateDays !== undefined && values.certificateDays < minCertificateDays) {
      throw new SightlineError(
        'UNAVAILABLE',
        `The TLS certificate of ${target} ends in ${values.certificateDays} days, which must be ${minCertificateDays} at least.`,
      )
    }
    return {
      status: 'up',
      protocol,
      cipher: socket.getCipher().name,
      ...(socket.alpnProtocol === false || socket.alpnProtocol === null ? {} : { alpn: socket.alpnProtocol }),
      isTrusted: fault == null,
      certificates: chain.map((certificate) => ({
        subject: nameOf(certificate.subject),
        issuer: nameOf(certificate.issuer),
        validTo: new Date(certificate.valid_to).toISOString(),
        fingerprint: certificate.fingerprint256,
      })),
    }
  }
}

/** The longest chain that is looked at: OpenSSL itself takes no more than 100, and real ones have two to four. */
const maxChain = 10

/** From the served certificate up; a root is its own issuer. */
const chainOf = (leaf: DetailedPeerCertificate | null | undefined): readonly DetailedPeerCertificate[] => {
  const chain: DetailedPeerCertificate[] = []
  let next = leaf ?? undefined
  while (next?.valid_to !== undefined && !chain.includes(next) && chain.length < maxChain) {
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}

const nameOf = (name: DetailedPeerCertificate['subject'] | undefined): string => {
  const text: string | readonly string[] | undefined = name?.CN ?? name?.O
  return (typeof text === 'string' ? text : (text?.[0] ?? '')).slice(0, 256)
}
