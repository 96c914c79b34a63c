import { promises } from 'node:dns'
import { type Observation, type Probe, type ProbeContext, type ProbeKind, SightlineError } from '@sightline/core'
import { observed } from '../observed.ts'
import { type ProbeResources, type ResolvedResources, resolveResources } from '../probe-resources.ts'
import { toTarget } from '../socket/open-socket.ts'
import { faultCode } from '../socket/socket-fault.ts'
import { askResolver, type DnsAnswers, isNoAnswer, toComparable } from './dns-answers.ts'
import { type DnsProbeOptions, parseDnsProbeOptions, toResolver } from './dns-options.ts'

/** Most records that the document shows; all are counted and compared. */
const maxShownRecords = 200

/** How long one server has for one try, ms; each is asked twice, and the target's timeout ends it all. */
const tryMs = 2_000

/**
 * Looks names up, for targets that configuration describes.
 *
 * @example
 * dnsProbeKind().open({ name: 'orders.example', type: 'MX', expect: ['10 mail.orders.example'] })
 */
export const dnsProbeKind = (resources: ProbeResources = {}): ProbeKind<DnsProbeOptions> => ({
  kind: 'dns',
  parse: parseDnsProbeOptions,
  open: (options) => dnsProbe(options, resources),
})

/**
 * Asks DNS, the system's servers or those given, past every cache of this machine. The document is
 * `{ "status": "up", "records": […] }`, in order, at most 200 of them. What goes wrong is a `failed` observation: `UNAVAILABLE` (no
 * such name or record, refused by the server, or not what is expected), `FORBIDDEN` (the guard, which judges resolvers), `TIMEOUT`,
 * `ABORTED`.
 *
 * Its `values`: `dnsMs`; `answerCount`; `ttlS`, the lowest, for A and AAAA.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault of the options.
 */
export const dnsProbe = (options: DnsProbeOptions, resources: ProbeResources = {}): Probe =>
  new DnsProbe(parseDnsProbeOptions(options), resolveResources(resources))

class DnsProbe implements Probe {
  readonly #options: DnsProbeOptions
  readonly #resources: ResolvedResources
  readonly #closing = new AbortController()

  constructor(options: DnsProbeOptions, resources: ResolvedResources) {
    this.#options = options
    this.#resources = resources
  }

  collect(context: ProbeContext): Promise<Observation> {
    const { clock } = this.#resources
    const { name, type = 'A', minAnswers = 1 } = this.#options
    const target = `${type} of ${name}`
    const toError = (thrown: unknown): SightlineError => toDnsError(thrown, target)
    return observed({ clock, signal: context.signal, closing: this.#closing.signal, target, toError }, async (values, signal) => {
      // One each time: a resolver that was cancelled or whose servers failed keeps a memory of it.
      const resolver = this.#makeResolver()
      const cancel = (): void => resolver.cancel()
      signal.addEventListener('abort', cancel)
      const startedAt = clock.monotonic()
      try {
        const { records, ttlS } = await this.#ask(resolver, { name, type, minAnswers })
        values.dnsMs = Math.round((clock.monotonic() - startedAt) * 1000) / 1000
        values.answerCount = records.length
        if (ttlS !== undefined) values.ttlS = ttlS
        this.#judge(records, target)
        return { status: 'up', records: [...records].sort().slice(0, maxShownRecords) }
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    })
  }

  async close(): Promise<void> {
    this.#closing.abort(new SightlineError('ABORTED', 'The probe was closed.'))
  }

  #makeResolver(): InstanceType<typeof promises.Resolver> {
    const resolver = new promises.Resolver({ timeout: tryMs, tries: 2 })
    const servers = (this.#options.resolvers ?? []).flatMap((text) => toResolver(text) ?? [])
    for (const { address } of servers) this.#resources.guard?.check(address)
    if (servers.length > 0) resolver.setServers(servers.map(({ address, port }) => toTarget({ host: address, port })))
    return resolver
  }

  async #ask(
    resolver: InstanceType<typeof promises.Resolver>,
    { minAnswers, ...question }: Parameters<typeof askResolver>[1] & { readonly minAnswers: number },
  ): Promise<DnsAnswers> {
    try {
      return await askResolver(resolver, question)
    } catch (thrown) {
      if (minAnswers === 0 && isNoAnswer(thrown)) return { records: [], ttlS: undefined }
      throw thrown
    }
  }

  #judge(records: readonly string[], target: string): void {
    const { type = 'A', expect = [], exact = false, minAnswers = 1 } = this.#options
    if (records.length < minAnswers) {
      throw new SightlineError(
        'UNAVAILABLE',
        `The ${target} has ${records.length} answers, which must be ${minAnswers} at least.`,
      )
    }
    const found = new Set(records.map((record) => toComparable(record, type)))
    const wanted = new Set(expect.map((record) => toComparable(record, type)))
    const missing = [...wanted].filter((record) => !found.has(record)).length
    const surplus = exact ? [...found].filter((record) => !wanted.has(record)).length : 0
    if (missing > 0)
      throw new SightlineError('UNAVAILABLE', `The ${target} lacks ${missing} of ${wanted.size} records of expect.`)
    if (surplus > 0) throw new SightlineError('UNAVAILABLE', `The ${target} has ${surplus} records that are not in expect.`)
  }
}

const toDnsError = (thrown: unknown, target: string): SightlineError => {
  if (thrown instanceof SightlineError) return thrown
  const code = faultCode(thrown)
  const say = (message: string): SightlineError => new SightlineError('UNAVAILABLE', message, { cause: thrown })
  switch (code) {
    case 'ENOTFOUND':
      return say(`There is no ${target}: the name does not exist.`)
    case 'ENODATA':
      return say(`There is no ${target}: the name has no such record.`)
    case 'ETIMEOUT':
      return new SightlineError('TIMEOUT', `No server answered for ${target}.`, { cause: thrown })
    case 'ECONNREFUSED':
      return say(`No server could be asked for ${target}.`)
    case 'ESERVFAIL':
    case 'EREFUSED':
    case 'ENOTIMP':
    case 'EFORMERR':
      return say(`The server refused or failed to answer for ${target} (${code}).`)
    case 'EBADRESP':
      return say(`The server's answer for ${target} is malformed.`)
    case 'EBADNAME':
      return say(`The name of ${target} is none that DNS can carry.`)
  }
  return say(`The ${target} could not be looked up (${code ?? 'no code given'}).`)
}
