import { SightlineError } from '@sightline/core'
import type { SessionStore, SharedSession } from '@sightline/core/ports'
import { openConnection, type RedisSource } from './connection.ts'
import { fromKeyPart, toKeyPart } from './text.ts'

export interface RedisSessionsOptions extends RedisSource {
  /** This process's own name: no other that lives may have it. */
  readonly process: string
  /** Begins every key. @default 'sightline' */
  readonly prefix?: string
  /** A process that says nothing for so long is dead, and its sessions are forgotten, in ms. @default 30,000 */
  readonly ttlMs?: number
  /** How long an ended session is known, so that its client may come back to another process, in ms. @default 60,000 */
  readonly recallMs?: number
  /** How long the server may take to answer one call, in ms. @default 2,000 */
  readonly timeoutMs?: number
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
 * Which clients are connected, over all processes. Keys: `<prefix>:sessions:processes`, a hash for each process, and
 * `<prefix>:sessions:ended:<id>` for what ended lately.
 *
 * @throws SightlineError `UNAVAILABLE` while the server does not answer; what was saved meanwhile is written with the next beat.
 * @example
 * createSightline({ ...config, sessions: redisSessions({ client, process: `${hostname()}-${pid}` }) })
 */
export const redisSessions = (options: RedisSessionsOptions): SessionStore => {
  const { process, prefix = 'sightline', ttlMs = 30_000, recallMs = 60_000, timeoutMs = 2_000, ...source } = options
  if (typeof process !== 'string' || process === '')
    throw new SightlineError('INVALID_INPUT', 'The Redis session store needs a process: a name that no other process has.')
  const connection = openConnection({ ...source, what: 'The Redis session store', timeoutMs })
  const processesKey = `${prefix}:sessions:processes`
  const sessionsPrefix = `${prefix}:sessions:of:`
  const endedPrefix = `${prefix}:sessions:ended:`
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

  /** Kept for who comes back; who was subscribed to nothing has nothing to come back to. */
  const ended = (session: SharedSession | undefined): readonly (readonly [key: string, text: string])[] =>
    session === undefined || session.subscriptions.length === 0
      ? []
      : [[endedPrefix + toKeyPart(session.id), JSON.stringify(session)]]

  return {
    name: 'redis',

    save: async (session) => {
      begin()
      const saved: SharedSession = { ...session, process }
      own.set(session.id, saved)
      await write(saved)
    },

    delete: async (id) => {
      begin()
      const kept = ended(own.get(id))
      own.delete(id)
      await connection.run((redis) => {
        const transaction = redis.multi().hdel(sessionsPrefix + me, toKeyPart(id))
        for (const [key, text] of kept) transaction.set(key, text, 'PX', recallMs)
        return transaction.exec()
      })
    },

    load: async (id) => {
      const part = toKeyPart(id)
      const processes = await loadProcesses()
      const found = await connection.run((redis) =>
        Promise.all([redis.get(endedPrefix + part), ...processes.map((of) => redis.hget(sessionsPrefix + of, part))]),
      )
      const text = found.find((each) => each !== null)
      return text == null ? null : (JSON.parse(text) as SharedSession)
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
        .run((redis) => {
          const transaction = redis
            .multi()
            .del(sessionsPrefix + me)
            .zrem(processesKey, me)
          for (const session of own.values()) for (const [key, text] of ended(session)) transaction.set(key, text, 'PX', recallMs)
          return transaction.exec()
        })
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
