import type { Leases } from '@sightline/core/ports'
import { openConnection, type RedisSource } from './connection.ts'
import { toKeyPart } from './text.ts'

export interface RedisLeasesOptions extends RedisSource {
  /** Begins every key. @default 'sightline' */
  readonly prefix?: string
  /** How long the server may take to answer one call, in ms. @default 2,000 */
  readonly timeoutMs?: number
}

/**
 * KEYS: the lease. ARGV: holder, ttl in ms. A lease is a hash that is never deleted, since fences outlive leases. A fence is the server's
 * time of the change of holder, or one more than the last: it grows even over a server that has forgotten everything. More time left than
 * was asked for means that the server's clock was set back.
 */
const acquireScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('HMGET', KEYS[1], 'holder', 'until', 'ttl', 'fence', 'held')
local isHeld = lease[5] == '1'
local left = tonumber(lease[2] or 0) - now
local fence = tonumber(lease[4] or 0)
if isHeld and lease[1] ~= ARGV[1] and left > 0 and left <= tonumber(lease[3]) then return false end
if not (isHeld and lease[1] == ARGV[1]) then fence = math.max(fence + 1, now) end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', string.format('%.0f', now + tonumber(ARGV[2])), 'ttl', ARGV[2],
  'fence', string.format('%.0f', fence), 'held', '1')
return string.format('%.0f', fence)`

const releaseScript = `
local lease = redis.call('HMGET', KEYS[1], 'holder', 'held')
if lease[2] == '1' and lease[1] == ARGV[1] then redis.call('HSET', KEYS[1], 'holder', '', 'held', '0', 'until', '0') end
return 1`

/** Leases of an installation, with an end: as far as it opened its connection, it closes it. */
export interface RedisLeases extends Leases {
  /** Idempotent. What is held stays held until it runs out. */
  close(): Promise<void>
}

/**
 * Who may do a thing alone, by the server's clock. Keys: `<prefix>:lease:<name>`.
 *
 * A server that loses acknowledged writes (a failover to a replica that lags) may for that moment let two hold one lease; the fence of
 * the later one is higher, and storage refuses the earlier one's writes.
 *
 * @throws SightlineError `UNAVAILABLE` while the server does not answer: whether the lease was acquired is then unknown.
 * @example
 * const lease = await redisLeases({ client }).acquire('evaluate:0', instanceId, 15_000)
 */
export const redisLeases = ({ prefix = 'sightline', timeoutMs = 2_000, ...source }: RedisLeasesOptions): RedisLeases => {
  const connection = openConnection({ ...source, what: 'The Redis lease', timeoutMs })
  const keyOf = (name: string): string => `${prefix}:lease:${toKeyPart(name)}`
  return {
    acquire: async (name, holder, ttlMs) => {
      const fence = await connection.run((redis) =>
        redis.eval(acquireScript, 1, keyOf(name), toKeyPart(holder), String(Math.ceil(ttlMs))),
      )
      return fence === null ? null : { fence: Number(fence) }
    },
    release: async (name, holder) => {
      await connection.run((redis) => redis.eval(releaseScript, 1, keyOf(name), toKeyPart(holder)))
    },
    close: async () => connection.close(),
  }
}
