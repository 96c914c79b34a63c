import { Socket } from 'node:net'
import type * as tls from 'node:tls'
import { type Probe, type ProbeKind, SightlineError } from '@sightline/core'
import { z } from 'zod'
import { type AddressGuard, guardedAddress } from '../address-guard/address-guard.ts'
import { type DatabaseConnection, type DatabaseDriver, databaseProbe, missingDriver } from '../database/database-probe.ts'
import { databaseUrlSchema, toDatabaseAddress } from '../database/database-url.ts'
import { untilAborted } from '../observed.ts'
import { parseProbeOptions, type TlsTrustOptions, tlsTrustSchema } from '../probe-options.ts'
import { type ProbeResources, resolveResources } from '../probe-resources.ts'
import { toTarget } from '../socket/open-socket.ts'
import { faultCode, toGivenUp, toSocketError } from '../socket/socket-fault.ts'

/** How a PostgreSQL server is pinged. */
export interface PostgresProbeOptions {
  /** `postgres://name:password@host:5432/database`, nothing more; the environment (`PGPASSWORD` and the like) is not used. */
  readonly url: string
  /** True or an object: over TLS. Default false. */
  readonly tls?: boolean | TlsTrustOptions
}

const schema = z.strictObject(
  {
    url: databaseUrlSchema({
      protocols: ['postgres:', 'postgresql:'],
      example: 'postgres://monitor@127.0.0.1:5432/postgres',
      parameters: [],
    }),
    tls: z.union([z.boolean(), tlsTrustSchema], 'must be true, false or an object').optional(),
  },
  'must be an object with a url',
)

/** @throws SightlineError `INVALID_CONFIG` with every fault of the options. */
export const parsePostgresProbeOptions = (raw: unknown): PostgresProbeOptions =>
  parseProbeOptions(raw, { name: 'PostgreSQL', schema })

/**
 * Pings PostgreSQL servers, for targets that configuration describes. Needs the package `pg`.
 *
 * @example
 * postgresProbeKind().open({ url: 'postgres://monitor:secret@db.example/orders', tls: true })
 */
export const postgresProbeKind = (resources: ProbeResources = {}): ProbeKind<PostgresProbeOptions> => ({
  kind: 'postgres',
  parse: parsePostgresProbeOptions,
  open: (options) => postgresProbe(options, resources),
})

/**
 * Logs in and asks `select 1`, over one connection that is kept between checks and closed by `close`. The document is
 * `{ "status": "up", "version": "17.5" }`. What goes wrong is a `failed` observation: `UNAVAILABLE` (not reached, login or query
 * refused, lost), `FORBIDDEN` (the guard), `INVALID_CONFIG` (`pg` is not installed), `TIMEOUT`, `ABORTED`. No message has a password.
 *
 * Its `values`: `pingMs`, the query alone; `connectMs`, lookup to login, where a connection was made for it.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault of the options.
 */
export const postgresProbe = (options: PostgresProbeOptions, resources: ProbeResources = {}): Probe => {
  const { clock, guard } = resolveResources(resources)
  return databaseProbe(postgresDriver(parsePostgresProbeOptions(options), guard), clock)
}

const postgresDriver = (options: PostgresProbeOptions, guard: AddressGuard | null): DatabaseDriver => {
  const address = toDatabaseAddress(options.url, 5432)
  const { host, port, user = 'postgres', password = '', database } = address
  const target = toTarget(address)
  return {
    target,
    toError: (thrown) => toPostgresError(thrown, target),
    connect: async (signal) => {
      const { Client } = await loadPg()
      const socket = guardedSocket(guard)
      const client = new Client({
        host,
        port,
        user,
        // A function, since pg takes an empty password for none and goes on to PGPASSWORD, which is not this server's to see.
        password: () => password,
        database: database === '' ? user : database,
        ssl: toSsl(options.tls),
        application_name: 'sightline',
        stream: () => socket,
      })
      let isOpen = true
      const end = (): void => {
        isOpen = false
      }
      client.on('error', end)
      client.on('end', end)
      const destroy = (): void => {
        end()
        socket.destroy()
      }
      try {
        await untilAborted(client.connect(), signal, () => toGivenUp(signal.reason, `connecting to ${target}`))
        const { rows } = await untilAborted(client.query('show server_version'), signal, () =>
          toGivenUp(signal.reason, `waiting for ${target} to answer`),
        )
        const version = toVersion(rows[0]?.server_version)
        return {
          version,
          get isOpen() {
            return isOpen
          },
          ping: async () => void (await client.query('select 1')),
          destroy,
        } satisfies DatabaseConnection
      } catch (thrown) {
        destroy()
        throw thrown
      }
    },
  }
}

const loadPg = async (): Promise<typeof import('pg')> => {
  try {
    return await import('pg')
  } catch (cause) {
    throw missingDriver('pg', cause)
  }
}

/** A socket that asks the guard before it connects; pg calls `connect(port, host)` and nothing else. */
const guardedSocket = (guard: AddressGuard | null): Socket => {
  const socket = new Socket()
  const connect = socket.connect.bind(socket) as (options: { readonly host: string; readonly port: number }) => Socket
  const guarded = (port: number, host: string): Socket => {
    try {
      return connect(guardedAddress(guard, { host, port }))
    } catch (error) {
      return socket.destroy(error as Error)
    }
  }
  return Object.assign(socket, { connect: guarded as Socket['connect'] })
}

const toSsl = (option: PostgresProbeOptions['tls']): boolean | tls.ConnectionOptions =>
  typeof option === 'object' ? { ...option } : (option ?? false)

/** `17.5 (Debian 17.5-1.pgdg120+1)` → `17.5`. */
const toVersion = (text: unknown): string | null => /^[\w.]{1,32}/.exec(String(text ?? ''))?.[0] ?? null

const toPostgresError = (thrown: unknown, target: string): SightlineError => {
  if (thrown instanceof SightlineError) return thrown
  const code = faultCode(thrown) ?? ''
  const say = (what: string): SightlineError =>
    new SightlineError('UNAVAILABLE', `PostgreSQL at ${target} ${what}.`, { cause: thrown })
  // https://www.postgresql.org/docs/current/errcodes-appendix.html; five characters with a digit, which no code of Node's has.
  if (/^28/.test(code)) return say(`refuses the login (${code})`)
  if (code === '3D000') return say('has no such database')
  if (code === '53300') return say('has no connection left')
  if (code === '57P03') return say('is starting up or shutting down')
  if (/^(?=.*\d)[\dA-Z]{5}$/.test(code)) return say(`answers with an error (${code})`)
  if (code !== '') return toSocketError(thrown, target)
  const message = thrown instanceof Error ? thrown.message : ''
  if (/does not support SSL/.test(message)) return say('does not speak TLS')
  if (/terminated/.test(message)) return say('closed the connection')
  if (/SASL|SCRAM|password/i.test(message)) return say('cannot be logged in to with this password')
  return say('answers with something that is not understood')
}
