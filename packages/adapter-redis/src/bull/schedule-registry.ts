import { SightlineError } from '@sightline/core'
import type { Page, PageRequest, Schedule } from '@sightline/core/ports'
import type { Connection } from '../connection.ts'
import { fromKeyPart, toKeyPart } from '../text.ts'

export interface ScheduleRegistryOptions {
  readonly connection: Connection
  readonly prefix: string
}

/** The schedules of the installation as they were put, whatever BullMQ makes of them. */
export interface ScheduleRegistry {
  load(ids: readonly string[]): Promise<readonly (Schedule | null)[]>
  save(schedule: Schedule): Promise<void>
  delete(id: string): Promise<void>
  list(page: PageRequest): Promise<Page<Schedule>>
  /** Says that somebody still wants them. */
  claim(ids: readonly string[]): Promise<void>
  /** Those that nobody has wanted for so long, some of them. */
  listUnclaimed(forMs: number): Promise<readonly string[]>
}

const CURSOR = 'schedules:'
const UNCLAIMED_AT_ONCE = 200

/** KEYS: claims. ARGV: ids. */
const claimScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, id in ipairs(ARGV) do redis.call('ZADD', KEYS[1], now, id) end
return 1`

/** KEYS: claims. ARGV: for how long in ms, how many. */
const unclaimedScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1], 'LIMIT', 0, ARGV[2])`

export const createScheduleRegistry = ({ connection, prefix }: ScheduleRegistryOptions): ScheduleRegistry => {
  const schedulesKey = `${prefix}:scheduler:schedules`
  const orderKey = `${prefix}:scheduler:order`
  const claimsKey = `${prefix}:scheduler:claims`
  const versionKey = `${prefix}:scheduler:version`

  const loadParts = async (parts: readonly string[]): Promise<readonly (Schedule | null)[]> => {
    if (parts.length === 0) return []
    const stored = await connection.run((redis) => redis.hmget(schedulesKey, ...parts))
    return stored.map((text) => (text === null ? null : (JSON.parse(text) as Schedule)))
  }

  return {
    load: (ids) => loadParts(ids.map(toKeyPart)),

    save: async (schedule) => {
      const part = toKeyPart(schedule.id)
      await connection.run((redis) =>
        redis.multi().hset(schedulesKey, part, JSON.stringify(schedule)).zadd(orderKey, 0, part).incr(versionKey).exec(),
      )
    },

    delete: async (id) => {
      const part = toKeyPart(id)
      await connection.run((redis) =>
        redis.multi().hdel(schedulesKey, part).zrem(orderKey, part).zrem(claimsKey, part).incr(versionKey).exec(),
      )
    },

    list: async ({ limit, cursor }) => {
      if (!Number.isInteger(limit) || limit < 1)
        throw new SightlineError('INVALID_INPUT', `limit must be a whole number of at least 1, not ${limit}.`)
      const from = cursor === undefined ? '-' : `(${fromCursor(cursor)}`
      const parts = await connection.run((redis) => redis.zrangebylex(orderKey, from, '+', 'LIMIT', 0, limit + 1))
      const page = parts.slice(0, limit)
      const found = await loadParts(page)
      const last = page.at(-1)
      return {
        items: found.filter((schedule) => schedule !== null),
        next: last === undefined || parts.length <= limit ? null : `${CURSOR}${encodeURIComponent(last)}`,
      }
    },

    claim: async (ids) => {
      if (ids.length > 0) await connection.run((redis) => redis.eval(claimScript, 1, claimsKey, ...ids.map(toKeyPart)))
    },

    listUnclaimed: async (forMs) => {
      const parts = await connection.run((redis) => redis.eval(unclaimedScript, 1, claimsKey, forMs, UNCLAIMED_AT_ONCE))
      return (parts as string[]).map(fromKeyPart)
    },
  }
}

const fromCursor = (cursor: string): string => {
  if (!cursor.startsWith(CURSOR)) throw new SightlineError('INVALID_INPUT', 'The cursor is not one of this listing (schedules).')
  return decodeURIComponent(cursor.slice(CURSOR.length))
}
