import { SightlineError } from '@sightline/core'
import type { Page, PageRequest } from '@sightline/core/ports'
import { openConnection, type RedisSource } from './connection.ts'
import { fromKeyPart, toKeyPart } from './text.ts'

/** A client's session at one of the processes, and what it is subscribed to. */
export interface SharedSession {
  readonly id: string
  /** The process it is at. */
  readonly process: string
  readonly team: string
  readonly userId: string | null
  /** ms since the Unix epoch. */
  readonly openedAt: number
  /** Topic keys. */
  readonly subscriptions: readonly string[]
}

export interface RedisSessionsOptions extends RedisSource {
  /** This process's own name: no other that lives may have it. */
  readonly process: string
  /** Begins every key. @default 'sightline' */
  readonly prefix?: string
  /** A process that says nothing for so long is dead, and its sessions are forgotten, in ms. @default 30,000 */
  readonly ttlMs?: number
  /** How long the server may take to answer one call, in ms. @default 2,000 */
  readonly timeoutMs?: number
}

/** The sessions of all processes of an installation. Each process writes its own; whoever lives clears up after the dead. */
export interface RedisSessions {
  /** Adds or replaces a session of this process. */
  save(session: Omit<SharedSession, 'process'>): Promise<void>
  /** Deleting what is not there is no error. */
  delete(id: string): Promise<void>
  /** By process, then by id. */
  list(page: PageRequest): Promise<Page<SharedSession>>
  count(): Promise<{ readonly processes: number; readonly sessions: number }>
  /** Forgets this process and its sessions. Idempotent. */
  close(): Promise<void>
}

/** KEYS: processes, sessions of this one. ARGV: process, id, session. */
const saveScript = `
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
return redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])`

/**
 * KEYS: processes, sessions of this one. ARGV: process, how long one may be silent in ms, what the sessions of any begin with. Says that this
 * process lives and forgets those that do not; answers how many sessions are known of it.
 */
const beatScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])) do
  redis.call('DEL', ARGV[3] .. dead)
  redis.call('ZREM', KEYS[1], dead)
end
return redis.call('HLEN', KEYS[2])`

const BEATS_PER_TTL = 3
const CURSOR = 'sessions:'

/**
 * Which clients are connected, over all processes. Keys: `<prefix>:sessions:processes`, and a hash for each process.
 *
 * @throws SightlineError `UNAVAILABLE` while the server does not answer; what was saved meanwhile is written with the next beat.
 * @example
 * const sessions = redisSessions({ client, process: instanceId })
 * await sessions.save({ id, team: 'red', userId: 'u1', openedAt: Date.now(), subscriptions: [] })
 */
export const redisSessions = (options: RedisSessionsOptions): RedisSessions => {
  const { process, prefix = 'sightline', ttlMs = 30_000, timeoutMs = 2_000, ...source } = options
  const connection = openConnection({ ...source, what: 'The Redis session store', timeoutMs })
  const processesKey = `${prefix}:sessions:processes`
  const sessionsPrefix = `${prefix}:sessions:of:`
  const me = toKeyPart(process)
  const own = new Map<string, SharedSession>()
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  const write = async (session: SharedSession): Promise<void> => {
    await connection.run((redis) =>
      redis.eval(saveScript, 2, processesKey, sessionsPrefix + me, me, toKeyPart(session.id), JSON.stringify(session)),
    )
  }

  const beat = async (): Promise<void> => {
    const known = await connection.run((redis) =>
      redis.eval(beatScript, 2, processesKey, sessionsPrefix + me, me, String(ttlMs), sessionsPrefix),
    )
    if (known === own.size) return
    // The server has forgotten some, or was away when they came and went.
    await connection.run((redis) => redis.del(sessionsPrefix + me))
    for (const session of [...own.values()]) await write(session)
  }

  const beats = async (): Promise<void> => {
    await beat().catch(() => {})
    if (!isClosed) timer = setTimeout(() => void beats(), ttlMs / BEATS_PER_TTL)
  }

  const begin = (): void => {
    if (isClosed) throw new SightlineError('UNAVAILABLE', 'The Redis session store is closed.')
    if (timer === undefined) timer = setTimeout(() => void beats(), ttlMs / BEATS_PER_TTL)
  }

  const loadProcesses = async (): Promise<readonly string[]> =>
    (await connection.run((redis) => redis.zrange(processesKey, '0', '-1'))).toSorted()

  /** Those of a process behind an id. */
  const loadSessions = async (of: string, after: string | null): Promise<readonly SharedSession[]> => {
    const all = await connection.run((redis) => redis.hgetall(sessionsPrefix + of))
    return Object.entries(all)
      .filter(([id]) => after === null || id > after)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, text]) => JSON.parse(text) as SharedSession)
  }

  return {
    save: async (session) => {
      begin()
      const saved: SharedSession = { ...session, process }
      own.set(session.id, saved)
      await write(saved)
    },

    delete: async (id) => {
      begin()
      own.delete(id)
      await connection.run((redis) => redis.hdel(sessionsPrefix + me, toKeyPart(id)))
    },

    list: async ({ limit, cursor }) => {
      if (!Number.isInteger(limit) || limit < 1)
        throw new SightlineError('INVALID_INPUT', `limit must be a whole number of at least 1, not ${limit}.`)
      const from = cursor === undefined ? null : parseCursor(cursor)
      const found: SharedSession[] = []
      for (const of of await loadProcesses()) {
        if (from !== null && of < from.process) continue
        found.push(...(await loadSessions(of, of === from?.process ? from.id : null)))
        if (found.length > limit) break
      }
      const items = found.slice(0, limit)
      const last = items.at(-1)
      return { items, next: last === undefined || found.length <= limit ? null : toCursor(last) }
    },

    count: async () => {
      const processes = await loadProcesses()
      const counts = await Promise.all(processes.map((of) => connection.run((redis) => redis.hlen(sessionsPrefix + of))))
      return { processes: processes.length, sessions: counts.reduce((sum, count) => sum + count, 0) }
    },

    close: async () => {
      if (isClosed) return
      isClosed = true
      clearTimeout(timer)
      // Where the server is away, somebody else clears up later.
      await connection
        .run((redis) =>
          redis
            .multi()
            .del(sessionsPrefix + me)
            .zrem(processesKey, me)
            .exec(),
        )
        .catch(() => {})
      connection.close()
    },
  }
}

const toCursor = ({ process, id }: SharedSession): string =>
  CURSOR + encodeURIComponent(JSON.stringify([toKeyPart(process), toKeyPart(id)]))

const parseCursor = (cursor: string): { readonly process: string; readonly id: string } => {
  try {
    const position: unknown = cursor.startsWith(CURSOR) ? JSON.parse(decodeURIComponent(cursor.slice(CURSOR.length))) : null
    if (Array.isArray(position) && position.length === 2) {
      const [process, id] = position.map(String) as [string, string]
      // Only what can be a name again was one.
      fromKeyPart(process)
      fromKeyPart(id)
      return { process, id }
    }
  } catch {}
  throw new SightlineError('INVALID_INPUT', 'The cursor is not one of this listing (sessions).')
}
