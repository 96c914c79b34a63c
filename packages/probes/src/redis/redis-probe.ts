import { type Probe, type ProbeKind, SightlineError } from '@sightline/core'
import { z } from 'zod'
import { type DatabaseConnection, type DatabaseDriver, databaseProbe, missingDriver } from '../database/database-probe.ts'
import { databaseUrlSchema, toDatabaseAddress } from '../database/database-url.ts'
import { untilAborted } from '../observed.ts'
import { parseProbeOptions, type TlsTrustOptions, tlsTrustSchema } from '../probe-options.ts'
import { type ProbeResources, type ResolvedResources, resolveResources } from '../probe-resources.ts'
import { openSocket, toTarget } from '../socket/open-socket.ts'
import { toGivenUp, toSocketError } from '../socket/socket-fault.ts'

/** How a Redis or Valkey server is pinged. */
export interface RedisProbeOptions {
  /** `redis://name:password@host:6379/0`, or `rediss:` for TLS; nothing more. */
  readonly url: string
  /** With `rediss:`. Default: Node's authorities, and the host's name. */
  readonly tls?: TlsTrustOptions
}

const schema = z.strictObject(
  {
    url: databaseUrlSchema({ protocols: ['redis:', 'rediss:'], example: 'redis://127.0.0.1:6379', parameters: [] }).refine(
      (text) => !URL.canParse(text) || /^\/?(?:\d{1,5})?$/.test(new URL(text).pathname),
      'must end with the number of a database, if anything',
    ),
    tls: tlsTrustSchema.optional(),
  },
  'must be an object with a url',
)

const contradictions = (raw: unknown) => {
  if (typeof raw !== 'object' || raw === null) return []
  const { url, tls: trust } = raw as Partial<Record<keyof RedisProbeOptions, unknown>>
  const isPlain = typeof url === 'string' && url.startsWith('redis:')
  return isPlain && trust !== undefined ? [{ path: 'tls', message: 'needs a url that begins with rediss:' }] : []
}

/** @throws SightlineError `INVALID_CONFIG` with every fault of the options. */
export const parseRedisProbeOptions = (raw: unknown): RedisProbeOptions =>
  parseProbeOptions(raw, { name: 'Redis', schema, contradictions })

/**
 * Pings Redis and Valkey servers, for targets that configuration describes. Needs the package `ioredis`.
 *
 * @example
 * redisProbeKind().open({ url: 'rediss://monitor:secret@cache.example:6379' })
 */
export const redisProbeKind = (resources: ProbeResources = {}): ProbeKind<RedisProbeOptions> => ({
  kind: 'redis',
  parse: parseRedisProbeOptions,
  open: (options) => redisProbe(options, resources),
})

/**
 * Sends `PING`, over one connection that is kept between checks and closed by `close`. The document is
 * `{ "status": "up", "version": "7.4.2" }`; a user who may not ask `INFO` learns no version. What goes wrong is a `failed` observation:
 * `UNAVAILABLE` (not reached, login or command refused, lost), `FORBIDDEN` (the guard), `INVALID_CONFIG` (`ioredis` is not installed),
 * `TIMEOUT`, `ABORTED`. No message has a password.
 *
 * Its `values`: `pingMs`, the command alone; `connectMs`, lookup to login, where a connection was made for it.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault of the options.
 */
export const redisProbe = (options: RedisProbeOptions, resources: ProbeResources = {}): Probe => {
  const resolved = resolveResources(resources)
  return databaseProbe(redisDriver(parseRedisProbeOptions(options), resolved), resolved.clock)
}

const redisDriver = (options: RedisProbeOptions, { guard, clock }: ResolvedResources): DatabaseDriver => {
  const address = toDatabaseAddress(options.url, 6379)
  const target = toTarget(address)
  const { host, port, user, password } = address
  const trust = address.protocol === 'rediss:' ? { ...options.tls } : undefined
  return {
    target,
    toError: (thrown) => toRedisError(thrown, target),
    connect: async (signal) => {
      const { Redis, AbstractConnector } = await loadRedis()
      const opened = await openSocket({ host, port, tls: trust, guard, clock, signal })
      const { socket } = opened
      /** Hands ioredis a connection that is open already, and has passed the guard. */
      class OpenConnector extends AbstractConnector {
        constructor() {
          super(0)
        }

        async connect(): Promise<typeof socket> {
          this.stream = socket
          return socket
        }
      }
      const redis = new Redis({
        Connector: OpenConnector,
        lazyConnect: true,
        ...(user === undefined ? {} : { username: user }),
        ...(password === undefined ? {} : { password }),
        db: Number(address.database === '' ? 0 : address.database),
        // A connection that is lost is made anew by the next check.
        retryStrategy: () => null,
        maxRetriesPerRequest: 0,
        enableReadyCheck: false,
        enableOfflineQueue: false,
        disableClientInfo: true,
      })
      let lastError: unknown = null
      redis.on('error', (error: unknown) => {
        lastError = error
      })
      const destroy = (): void => {
        redis.disconnect()
        socket.destroy()
      }
      const giveUp = (): Error => toGivenUp(signal.reason, `waiting for ${target} to answer`)
      try {
        await untilAborted(redis.connect(), signal, giveUp)
        // The first answer also tells whether the login went through.
        await untilAborted(redis.ping(), signal, giveUp)
        const version = await untilAborted(askVersion(redis), signal, giveUp)
        return {
          version,
          get isOpen() {
            return redis.status === 'ready' && !socket.destroyed
          },
          ping: async () => void (await redis.ping()),
          destroy,
        } satisfies DatabaseConnection
      } catch (thrown) {
        destroy()
        throw thrown instanceof SightlineError ? thrown : (replyOf(lastError) ?? thrown)
      }
    },
  }
}

const loadRedis = async (): Promise<Pick<typeof import('ioredis'), 'Redis' | 'AbstractConnector'>> => {
  try {
    return await import('ioredis')
  } catch (cause) {
    throw missingDriver('ioredis', cause)
  }
}

/** Null where the user may not ask. */
const askVersion = async (redis: { info(section: string): Promise<string> }): Promise<string | null> => {
  try {
    const info = await redis.info('server')
    return /^(?:valkey_version|redis_version):(?<version>[\w.-]{1,32})/m.exec(info)?.groups?.version ?? null
  } catch (thrown) {
    if (replyOf(thrown) !== null) return null
    throw thrown
  }
}

/** An error that the server itself answered with. */
const replyOf = (thrown: unknown): Error | null => (thrown instanceof Error && thrown.name === 'ReplyError' ? thrown : null)

const toRedisError = (thrown: unknown, target: string): SightlineError => {
  if (thrown instanceof SightlineError) return thrown
  const say = (what: string): SightlineError =>
    new SightlineError('UNAVAILABLE', `Redis at ${target} ${what}.`, { cause: thrown })
  const reply = replyOf(thrown)
  if (reply !== null) {
    const code = /^[A-Z]{2,20}(?=\s)/.exec(reply.message)?.[0] ?? 'ERR'
    if (code === 'NOAUTH' || code === 'WRONGPASS') return say(`refuses the login (${code})`)
    if (code === 'LOADING') return say('is loading its data')
    return say(`answers with an error (${code})`)
  }
  const message = thrown instanceof Error ? thrown.message : ''
  if (/Connection is closed|isn't writeable|ended|max retries/i.test(message)) return say('closed the connection')
  if (/Protocol error/i.test(message)) return say('answers with something that is not understood')
  return toSocketError(thrown, target)
}
