import { randomUUID } from 'node:crypto'
import type { Connection } from '../connection.ts'
import { toKeyPart } from '../text.ts'

/** A shard that this worker holds. */
export interface HeldShard {
  readonly shard: number
  readonly fence: number
  /** Another worker is to have it: it is given up once its ticks have settled. */
  readonly isLeaving: boolean
}

/** What all workers agree on; another one where the server has forgotten everything. */
export interface Installation {
  readonly id: string
  readonly shards: number
}

/** What one round found. */
export interface Round {
  readonly installation: Installation
  /** Grows with each change of the schedules. */
  readonly version: number
  readonly held: readonly HeldShard[]
}

export interface ShardLeasesOptions {
  readonly connection: Connection
  readonly prefix: string
  readonly worker: string
  readonly leaseMs: number
  /** How many shards a new installation gets. */
  readonly shards: number
}

/** Who of the workers of a lane holds which of its shards. The workers' names, sorted, take turns. */
export interface ShardLeases {
  /** Says that this worker lives, prolongs what it holds, takes what it should have and nobody holds. */
  round(lane: string): Promise<Round>
  /** Without being a worker. */
  load(): Promise<Installation>
  isHeld(lane: string, held: Pick<HeldShard, 'shard' | 'fence'>): Promise<boolean>
  release(lane: string, shard: number): Promise<void>
  /** Gives up everything at once. */
  leave(lane: string): Promise<void>
}

/**
 * KEYS: installation, workers, leases, version of the schedules. ARGV: worker, how long it counts as alive in ms, a new installation
 * (`<shards>:<id>`).
 * A fence is the server's time of the change of owner, or one more than the last, so that it grows over a server that has forgotten everything.
 */
const roundScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me, ttl = ARGV[1], tonumber(ARGV[2])
redis.call('SET', KEYS[1], ARGV[3], 'NX')
local installation = redis.call('GET', KEYS[1])
local shards = tonumber(string.match(installation, '^%d+'))
redis.call('ZADD', KEYS[2], now + ttl, me)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local workers = redis.call('ZRANGE', KEYS[2], 0, -1)
table.sort(workers)
local answer = { installation, tonumber(redis.call('GET', KEYS[4]) or 0) }
for shard = 0, shards - 1 do
  local lease = redis.call('HMGET', KEYS[3], shard .. ':holder', shard .. ':until', shard .. ':ttl', shard .. ':fence')
  local left = tonumber(lease[2] or 0) - now
  local fence = tonumber(lease[4] or 0)
  local isHeld = lease[1] and lease[1] ~= '' and left > 0 and left <= tonumber(lease[3])
  local isMine = lease[1] == me
  local isWanted = workers[shard % #workers + 1] == me
  if isMine or (isWanted and not isHeld) then
    if not isMine then fence = math.max(fence + 1, now) end
    redis.call('HSET', KEYS[3], shard .. ':holder', me, shard .. ':until', string.format('%.0f', now + ttl), shard .. ':ttl', ARGV[2],
      shard .. ':fence', string.format('%.0f', fence))
    table.insert(answer, shard)
    table.insert(answer, fence)
    table.insert(answer, isWanted and 0 or 1)
  end
end
return answer`

/** KEYS: leases. ARGV: worker, shards. */
const releaseScript = `
for index = 2, #ARGV do
  if redis.call('HGET', KEYS[1], ARGV[index] .. ':holder') == ARGV[1] then
    redis.call('HSET', KEYS[1], ARGV[index] .. ':holder', '', ARGV[index] .. ':until', '0')
  end
end
return 1`

export const createShardLeases = ({ connection, prefix, worker, leaseMs, shards }: ShardLeasesOptions): ShardLeases => {
  const installationKey = `${prefix}:scheduler:installation`
  const workersKey = (lane: string): string => `${prefix}:scheduler:workers:${toKeyPart(lane)}`
  const leasesKey = (lane: string): string => `${prefix}:scheduler:leases:${toKeyPart(lane)}`
  const versionKey = `${prefix}:scheduler:version`
  let known = shards

  const parse = (text: string): Installation => {
    const [count = '', id = ''] = text.split(':')
    known = Number(count)
    return { id, shards: known }
  }

  const releaseAll = async (lane: string, all: readonly number[]): Promise<void> => {
    await connection.run((redis) => redis.eval(releaseScript, 1, leasesKey(lane), worker, ...all))
  }

  return {
    round: async (lane) => {
      const keys = [installationKey, workersKey(lane), leasesKey(lane), versionKey]
      const answer = (await connection.run((redis) =>
        redis.eval(roundScript, keys.length, ...keys, worker, Math.ceil(leaseMs), `${shards}:${randomUUID()}`),
      )) as [string, ...number[]]
      const [installation, version = 0, ...leases] = answer
      const held: HeldShard[] = []
      for (let index = 0; index < leases.length; index += 3) {
        const [shard = 0, fence = 0, isLeaving = 0] = leases.slice(index, index + 3)
        held.push({ shard, fence, isLeaving: isLeaving === 1 })
      }
      return { installation: parse(installation), version, held }
    },

    load: async () => {
      const own = `${shards}:${randomUUID()}`
      return parse((await connection.run((redis) => redis.set(installationKey, own, 'NX', 'GET'))) ?? own)
    },

    isHeld: async (lane, { shard, fence }) => {
      const lease = await connection.run((redis) => redis.hmget(leasesKey(lane), `${shard}:holder`, `${shard}:fence`))
      return lease[0] === worker && lease[1] === String(fence)
    },

    release: (lane, shard) => releaseAll(lane, [shard]),

    leave: async (lane) => {
      await connection.run((redis) => redis.zrem(workersKey(lane), worker))
      await releaseAll(
        lane,
        Array.from({ length: known }, (_, shard) => shard),
      )
    },
  }
}
