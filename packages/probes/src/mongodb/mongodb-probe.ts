import { type Probe, type ProbeKind, SightlineError } from '@sightline/core'
import type { MongoClient, MongoClientOptions } from 'mongodb'
import { z } from 'zod'
import type { AddressGuard } from '../address-guard/address-guard.ts'
import { type DatabaseConnection, type DatabaseDriver, databaseProbe, missingDriver } from '../database/database-probe.ts'
import { untilAborted } from '../observed.ts'
import { parseProbeOptions } from '../probe-options.ts'
import { type ProbeResources, resolveResources } from '../probe-resources.ts'
import { toGivenUp, toSocketError } from '../socket/socket-fault.ts'

/** How a MongoDB server or replica set is pinged. */
export interface MongodbProbeOptions {
  /**
   * `mongodb://name:password@host:27017/?tls=true`, with several hosts, or `mongodb+srv:`. Under a guard one host, which is
   * asked directly: a replica set names its members itself, and so could send the monitor anywhere.
   */
  readonly url: string
}

/** Query parameters that make the driver read no file, ask no third party and use nobody else's credentials. */
const parameters = [
  'authSource',
  'authMechanism',
  'directConnection',
  'readPreference',
  'replicaSet',
  'retryReads',
  'ssl',
  'tls',
  'tlsAllowInvalidCertificates',
  'tlsAllowInvalidHostnames',
  'tlsInsecure',
] as const

const mechanisms = ['DEFAULT', 'PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256']

/** The parts of a connection string, whose several hosts the URL parser does not read. */
const parts = /^(mongodb|mongodb\+srv):\/\/(?:([^@/?]*)@)?([^@/?\s\p{Cc}]+)(?:\/([^?/]*))?(?:\?(.*))?$/u

const urlFault = (text: string): string | null => {
  const [, scheme, login = '', hosts = '', database = '', query = ''] = parts.exec(text) ?? []
  if (scheme === undefined) return 'must be a MongoDB URL, such as mongodb://127.0.0.1:27017'
  // The driver decodes them: to a socket of this machine, or to an address that nobody has looked at.
  if (hosts.includes('%')) return 'must name hosts as they are, not percent-encoded'
  try {
    decodeURIComponent(login + database)
  } catch {
    return 'has a part that is not percent-encoded correctly'
  }
  const search = new URLSearchParams(query)
  if ([...search.keys()].some((name) => !parameters.some((known) => known === name))) {
    return `must have no query parameters but ${parameters.join(', ')}`
  }
  const mechanism = search.get('authMechanism')
  return mechanism === null || mechanisms.includes(mechanism)
    ? null
    : `must have one of ${mechanisms.join(', ')} as authMechanism`
}

const schema = z.strictObject(
  {
    url: z.string('must be a URL').superRefine((text, context) => {
      const message = urlFault(text)
      if (message !== null) context.addIssue({ code: 'custom', message })
    }),
  },
  'must be an object with a url',
)

/** @throws SightlineError `INVALID_CONFIG` with every fault of the options. */
export const parseMongodbProbeOptions = (raw: unknown): MongodbProbeOptions => parseProbeOptions(raw, { name: 'MongoDB', schema })

/** Under a guard, also: one host, by a URL of its own. */
const parseGuarded = (raw: unknown): MongodbProbeOptions => {
  const options = parseMongodbProbeOptions(raw)
  const [, scheme, , hosts = ''] = parts.exec(options.url) ?? []
  const isOne = scheme === 'mongodb' && !hosts.includes(',')
  if (isOne && !/[?&]replicaSet=|[?&]directConnection=false/.test(options.url)) return options
  const fields = [{ path: 'url', message: 'must name one host, which is asked directly: no mongodb+srv:, no replicaSet' }]
  throw new SightlineError('INVALID_CONFIG', `The MongoDB probe cannot be made: url: ${fields[0]?.message}.`, { fields })
}

/**
 * Pings MongoDB servers, for targets that configuration describes. Needs the package `mongodb`.
 *
 * @example
 * mongodbProbeKind().open({ url: 'mongodb://monitor:secret@db.example/?authSource=admin&tls=true' })
 */
export const mongodbProbeKind = (resources: ProbeResources = {}): ProbeKind<MongodbProbeOptions> => ({
  kind: 'mongodb',
  parse: resolveResources(resources).guard === null ? parseMongodbProbeOptions : parseGuarded,
  open: (options) => mongodbProbe(options, resources),
})

/**
 * Runs the command `ping`, through one driver client that is kept between checks and closed by `close`. The document is
 * `{ "status": "up", "version": "8.0.4" }`. What goes wrong is a `failed` observation: `UNAVAILABLE` (not reached, login or command
 * refused, lost), `FORBIDDEN` (the guard), `INVALID_CONFIG` (`mongodb` is not installed), `TIMEOUT`, `ABORTED`. No message has a password.
 *
 * Its `values`: `pingMs`, the command alone; `connectMs`, lookup to login, where a client was made for it.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault of the options.
 */
export const mongodbProbe = (options: MongodbProbeOptions, resources: ProbeResources = {}): Probe => {
  const { clock, guard } = resolveResources(resources)
  const parsed = guard === null ? parseMongodbProbeOptions(options) : parseGuarded(options)
  return databaseProbe(mongodbDriver(parsed, guard), clock)
}

const mongodbDriver = ({ url }: MongodbProbeOptions, guard: AddressGuard | null): DatabaseDriver => {
  const [, scheme, , target = ''] = parts.exec(url) ?? []
  return {
    target,
    toError: (thrown) => toMongoError(thrown, target),
    connect: async (signal) => {
      const { MongoClient } = await loadMongo()
      guard?.check(target.replace(/^\[([^\]]*)\].*$/, '$1').replace(/:\d+$/, ''))
      const client = new MongoClient(url, clientOptions(guard, scheme))
      const lost = watchTopology(client)
      let isOpen = true
      const destroy = (): void => {
        isOpen = false
        client.close().catch(() => {})
      }
      const ask = <T>(asked: Promise<T>): Promise<T> => {
        asked.catch(() => {})
        const first = Promise.race([asked, lost])
        return untilAborted(first, signal, () => toGivenUp(signal.reason, `waiting for ${target} to answer`))
      }
      try {
        await ask(client.connect())
        const admin = client.db('admin')
        await ask(admin.command({ ping: 1 }))
        const version = await ask(admin.command({ buildInfo: 1 }).then(versionOf, () => null))
        return {
          version,
          get isOpen() {
            return isOpen
          },
          ping: () => Promise.race([admin.command({ ping: 1 }).then(() => {}), lost]),
          destroy,
        } satisfies DatabaseConnection
      } catch (thrown) {
        destroy()
        throw thrown
      }
    },
  }
}

/** How long one server has to shake hands, ms. */
const handshakeMs = 5_000

const clientOptions = (guard: AddressGuard | null, scheme: string | undefined): MongoClientOptions => ({
  appName: 'sightline',
  maxPoolSize: 1,
  // The driver cannot be made to drop a handshake that is under way: one that was given up ends after this, at the latest.
  serverSelectionTimeoutMS: handshakeMs,
  connectTimeoutMS: handshakeMs,
  ...(guard === null || scheme === undefined ? {} : { directConnection: true, lookup: guard.lookup }),
})

const loadMongo = async (): Promise<typeof import('mongodb')> => {
  try {
    return await import('mongodb')
  } catch (cause) {
    throw missingDriver('mongodb', cause)
  }
}

/** Rejects once no server can be reached: the driver itself would go on trying in silence until its timeout. */
const watchTopology = (client: MongoClient): Promise<never> => {
  const lost = new Promise<never>((_resolve, reject) => {
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      const errors = [...newDescription.servers.values()].map(({ error }) => error)
      const [first] = errors
      if (first != null && errors.every((error) => error != null)) reject(first)
    })
  })
  lost.catch(() => {})
  return lost
}

const versionOf = ({ version }: { readonly [name: string]: unknown }): string | null =>
  typeof version === 'string' ? (/^[\w.-]{1,32}/.exec(version)?.[0] ?? null) : null

const toMongoError = (thrown: unknown, target: string): SightlineError => {
  for (let error: unknown = thrown, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth++) {
    if (error instanceof SightlineError) return error
    if ('code' in error && typeof error.code === 'string') return toSocketError(error, target)
  }
  const say = (what: string): SightlineError =>
    new SightlineError('UNAVAILABLE', `MongoDB at ${target} ${what}.`, { cause: thrown })
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'number' ? thrown.code : null
  // https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml: Unauthorized and AuthenticationFailed.
  if (code === 13 || code === 18) return say(`refuses the login (${code})`)
  if (code !== null) return say(`answers with an error (${code})`)
  const name = thrown instanceof Error ? thrown.name : ''
  if (name === 'MongoServerSelectionError' || /Timeout/.test(name)) {
    return new SightlineError('TIMEOUT', `No MongoDB server of ${target} could be reached in time.`, { cause: thrown })
  }
  return say(/closed/.test(thrown instanceof Error ? thrown.message : '') ? 'closed the connection' : 'cannot be talked to')
}
