import { SightlineError } from '@sightline/core'
import { Redis, type RedisOptions } from 'ioredis'
import { toRedisError } from './redis-error.ts'

/** Which server: the host's own client, which is left open, or a URL, whose connection is closed with what uses it. */
export interface RedisSource {
  /** ioredis 6. Its options hold: where it queues commands while the server is away, what is asked meanwhile waits. */
  readonly client?: Redis
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. Either this or `client`. */
  readonly url?: string
}

export interface ConnectionOptions extends RedisSource {
  /** As errors name it: `The Redis cache`. */
  readonly what: string
  /** The option that is missing or given twice, as its caller knows it. @default 'either a client or a url' */
  readonly needs?: string
  /** How long the server may take to answer one call, in ms. */
  readonly timeoutMs: number
}

/** The way to the server, with every wait bounded. */
export interface Connection {
  readonly redis: Redis
  /** One call; rejects with `UNAVAILABLE` at once while the server is away, and where it does not answer in time. */
  run<T>(command: (redis: Redis) => Promise<T>): Promise<T>
  /** One call that takes as long as it takes: until it is answered, or the connection breaks. Rejects at once while the server is away. */
  runPatiently<T>(command: (redis: Redis) => Promise<T>): Promise<T>
  /** A connection of one's own to the same server; its end is the caller's. */
  duplicate(options?: RedisOptions): Redis
  /** Idempotent. Closes only what was opened here. */
  close(): void
}

/** Calls that wait for an answer, at most: a server that is frozen must not make this process grow. */
const MAX_UNANSWERED = 1_000

/** How often a lost connection is tried again: soon at first, at least every two seconds. */
const retryStrategy = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000)

/** Settings of every connection that is opened here. */
const ownOptions = {
  lazyConnect: true,
  retryStrategy,
  connectTimeout: 5_000,
  disconnectTimeout: 500,
  // A server that vanished without a word; more than any call here is held back.
  socketTimeout: 30_000,
  // A call either reaches the server or is refused; nothing is done later, behind the caller's back.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
} satisfies RedisOptions

export const openConnection = ({
  client,
  url,
  what,
  needs = 'either a client or a url',
  timeoutMs,
}: ConnectionOptions): Connection => {
  if ((client === undefined) === (url === undefined)) throw new SightlineError('INVALID_INPUT', `${what} needs ${needs}.`)
  const redis = client ?? ownClient(url as string, what)
  let unanswered = 0
  let isClosed = false
  let connecting: Promise<void> | null = null
  /** Why there is no connection, as the server or the system says it. */
  let failure: Error | null = null
  if (client === undefined) {
    redis.on('error', (error: Error) => {
      failure = error
    })
    redis.on('ready', () => {
      failure = null
    })
  }

  /** A client that has not been connected yet is, on first use; one that was ended by its owner is left alone. */
  const ready = async (): Promise<void> => {
    if (redis.status === 'ready') return
    if (redis.status === 'wait') redis.connect().catch(() => {})
    connecting ??= untilReady(redis, timeoutMs).finally(() => {
      connecting = null
    })
    await connecting
  }

  const demandReady = async (): Promise<void> => {
    if (isClosed) throw unavailable('is closed')
    if (redis.status === 'connecting' || redis.status === 'wait' || redis.status === 'connect') await ready()
    if (redis.status !== 'ready') throw failure ?? unavailable('cannot reach its server')
  }

  const unavailable = (why: string): SightlineError => new SightlineError('UNAVAILABLE', `${what} ${why}.`)

  return {
    redis,

    run: async (command) => {
      try {
        await demandReady()
        if (unanswered >= MAX_UNANSWERED) throw unavailable('waits for too many answers of its server')
        unanswered++
        const answer = command(redis).finally(() => {
          unanswered--
        })
        return await within(answer, timeoutMs, () => unavailable(`had no answer of its server within ${timeoutMs} ms`))
      } catch (thrown) {
        throw toRedisError(what, thrown)
      }
    },

    runPatiently: async (command) => {
      try {
        await demandReady()
        return await untilClosed(redis, command(redis))
      } catch (thrown) {
        throw toRedisError(what, thrown)
      }
    },

    duplicate: (options = {}) => {
      const own = redis.duplicate({ ...ownOptions, ...options })
      // Every failure is told by the call that meets it; without a listener it would end the process.
      own.on('error', () => {})
      return own
    },

    close: () => {
      if (isClosed) return
      isClosed = true
      if (client === undefined) redis.disconnect()
    },
  }
}

const ownClient = (url: string, what: string): Redis => {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url))
    throw new SightlineError('INVALID_INPUT', `${what} needs a url such as redis://127.0.0.1:6379.`)
  return new Redis(url, ownOptions)
}

/** Resolves when it is ready; rejects when it has not been for `timeoutMs`, or has been ended. */
export const untilReady = async (redis: Redis, timeoutMs: number): Promise<void> => {
  if (redis.status === 'ready') return
  await new Promise<void>((resolve, reject) => {
    let reason: Error | null = null
    const settle = (error?: Error): void => {
      clearTimeout(timer)
      redis.off('error', failed)
      redis.off('ready', ready)
      redis.off('end', ended)
      if (error === undefined) resolve()
      else reject(error)
    }
    const ready = (): void => settle()
    const ended = (): void => settle(new Error('the connection was ended'))
    const failed = (error: Error): void => {
      reason = error
    }
    const timer = setTimeout(() => settle(reason ?? new Error(`not connected within ${timeoutMs} ms`)), timeoutMs)
    redis.on('error', failed)
    redis.once('ready', ready)
    redis.once('end', ended)
  })
}

/** The answer, or a rejection once the connection breaks: a client may be set to forget what was on its way then. */
const untilClosed = async <T>(redis: Redis, answer: Promise<T>): Promise<T> => {
  let closed = (): void => {}
  const broken = new Promise<never>((_resolve, reject) => {
    closed = () => reject(new Error('the connection broke'))
  })
  redis.once('close', closed)
  answer.catch(() => {})
  try {
    return await Promise.race([answer, broken])
  } finally {
    redis.off('close', closed)
  }
}

/** The answer, or `late()` after `timeoutMs`. What comes later is dropped. */
export const within = async <T>(answer: Promise<T>, timeoutMs: number, late: () => Error): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), timeoutMs)
  })
  answer.catch(() => {})
  try {
    return await Promise.race([answer, patience])
  } finally {
    clearTimeout(timer)
  }
}
