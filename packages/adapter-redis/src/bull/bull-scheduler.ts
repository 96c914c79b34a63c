import { randomUUID } from 'node:crypto'
import { SightlineError } from '@sightline/core'
import type { Schedule, Scheduler, Tick } from '@sightline/core/ports'
import type { Redis } from 'ioredis'
import { openConnection } from '../connection.ts'
import { createRunningTicks } from './running-ticks.ts'
import { createScheduleRegistry } from './schedule-registry.ts'
import { createScheduleWriter } from './schedule-writer.ts'
import { createShardLeases, type HeldShard } from './shard-leases.ts'
import { type ShardWorker, startShardWorker } from './shard-worker.ts'

export interface BullSchedulerOptions {
  /** The host's own client (ioredis 6), which is left open, or a URL (`redis://127.0.0.1:6379`). */
  readonly connection: Redis | string
  /** Begins every key. @default 'sightline' */
  readonly prefix?: string
  /** Into how many parts a lane's schedules are split: at most as many workers share them. The first process of an installation decides. @default 8 */
  readonly shards?: number
  /** For how long a worker that says nothing counts as alive, in ms: how long its targets wait for another one after a kill -9. @default 5,000 */
  readonly leaseMs?: number
  /** A schedule that no living process has put is forgotten after this, in ms. @default 600,000 */
  readonly forgetAfterMs?: number
  /** How long the server may take to answer one call, in ms. @default 5,000 */
  readonly timeoutMs?: number
}

interface Shard {
  held: HeldShard
  readonly worker: ShardWorker
  isDraining: boolean
}

interface Started {
  readonly lanes: readonly string[]
  run(tick: Tick): Promise<void>
}

/** Rounds within a lease: some may fail before it runs out. */
const ROUNDS_PER_LEASE = 5
/** How long the ticks of a shard that another worker is to have may still run, in ms; then they are aborted. */
const DRAIN_MS = 10_000

/**
 * The scheduler on BullMQ's job schedulers: any number of processes put schedules and work on them. A lane's schedules are split into shards;
 * each shard is worked on by one worker at a time, under a lease whose fence goes with every tick, so that a target stays with its worker as
 * long as that lives, and storage refuses what a worker writes that was frozen meanwhile. Within a shard BullMQ hands each job to one worker.
 *
 * A tick that comes a whole interval late counts as missed and is skipped; up to 100 ms late is usual, since an idle Redis looks at its
 * timeouts ten times a second (`hz`). While the server is away nothing ticks; what is put and
 * removed meanwhile is remembered and done when it is back. Due times follow the wall clock of the process that works on the shard.
 *
 * @example
 * createSightline({ ...config, scheduler: bullScheduler({ connection: client }) })
 */
export const bullScheduler = (options: BullSchedulerOptions): Scheduler => {
  const { connection: source, prefix = 'sightline', leaseMs = 5_000, forgetAfterMs = 600_000, timeoutMs = 5_000 } = options
  const connection = openConnection({
    ...(typeof source === 'string' ? { url: source } : { client: source }),
    what: 'The BullMQ scheduler',
    timeoutMs,
  })
  const worker = randomUUID()
  const bullPrefix = `${prefix}:bull`
  const registry = createScheduleRegistry({ connection, prefix })
  const leases = createShardLeases({ connection, prefix, worker, leaseMs, shards: options.shards ?? 8 })
  const running = createRunningTicks()
  const shards = new Map<string, Shard>()
  /** What this process has put: put again where the server has forgotten it. */
  const own = new Map<string, Schedule>()
  /** What the server has not been told yet; null for a removal. */
  const pending = new Map<string, Schedule | null>()
  const removed = new Set<string>()
  let bull: { readonly redis: Redis; readonly writer: ReturnType<typeof createScheduleWriter> } | null = null
  let shardCount: number | null = null
  let version = -1
  let started: Started | null = null
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let turning: Promise<void> = Promise.resolve()
  let leaseEndsAt = Number.NEGATIVE_INFINITY
  let claimAt = performance.now() + forgetAfterMs / 4

  /** BullMQ gets a connection of ours: its workers need one that waits for the server for as long as it takes, and without a prefix. */
  const openBull = () => {
    if (bull === null) {
      const redis = connection.duplicate({
        enableOfflineQueue: true,
        autoResendUnfulfilledCommands: true,
        maxRetriesPerRequest: null,
        lazyConnect: false,
        keyPrefix: '',
      })
      bull = { redis, writer: createScheduleWriter({ connection, redis, bullPrefix, registry }) }
    }
    return bull
  }

  const checkOpen = (): void => {
    if (isClosed) throw new SightlineError('UNAVAILABLE', 'The BullMQ scheduler is closed.')
  }

  const shardId = (lane: string, shard: number): string => JSON.stringify([lane, shard])

  const remember = (count: number, isForgotten: boolean): void => {
    if (isForgotten || (shardCount !== null && shardCount !== count)) {
      for (const [id, schedule] of own) if (!pending.has(id)) pending.set(id, schedule)
    }
    shardCount = count
  }

  /** Tells the server what it has not been told. Where that fails it stays pending. */
  const flush = async (): Promise<void> => {
    if (pending.size === 0) return
    if (shardCount === null) {
      const { shards: count, isForgotten } = await leases.count()
      remember(count, isForgotten)
    }
    const count = shardCount as unknown as number
    const told = [...pending]
    const { writer } = openBull()
    await writer.remove(
      told.filter(([, schedule]) => schedule === null).map(([id]) => id),
      count,
    )
    await writer.put(
      told.map(([, schedule]) => schedule).filter((schedule) => schedule !== null),
      count,
    )
    for (const [id, schedule] of told) if (pending.get(id) === schedule) pending.delete(id)
  }

  /** One after another, in the order in which they were asked for. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turning.then(work)
    turning = done.catch(() => {})
    return done
  }

  const tell = async (): Promise<void> => {
    try {
      await inTurn(flush)
    } catch (thrown) {
      // The next round tries again.
      if (SightlineError.from(thrown).code !== 'UNAVAILABLE') throw thrown
    }
  }

  const onJob = (
    lane: string,
    shard: Shard,
    { schedule, dueAt }: { readonly schedule: Schedule; readonly dueAt: number },
  ): void => {
    if (isClosed || started === null || shard.isDraining || removed.has(schedule.id)) return
    // Frozen, or cut off, for longer than the lease: another worker may have the shard.
    if (performance.now() >= leaseEndsAt) return
    // Its successor is due. Half an interval would be too strict: an idle Redis looks at its timeouts every 100 ms only.
    if (Date.now() - dueAt >= schedule.everyMs) return
    const { held } = shard
    const confirm = (): Promise<boolean> => leases.isHeld(lane, held).catch(() => false)
    running.run({ schedule, dueAt, fence: held.fence, confirm }, shardId(lane, held.shard), started.run)
  }

  const drain = async (lane: string, id: string, shard: Shard): Promise<void> => {
    shard.isDraining = true
    await shard.worker.stop()
    const patience = setTimeout(() => running.abort((_schedule, of) => of === id), DRAIN_MS)
    await running.settled(id)
    clearTimeout(patience)
    if (shards.get(id) === shard) shards.delete(id)
    // Where the server is away the lease runs out by itself.
    if (!isClosed) await leases.release(lane, shard.held.shard).catch(() => {})
  }

  const follow = (lane: string, held: readonly HeldShard[]): void => {
    const ids = new Set(held.map(({ shard }) => shardId(lane, shard)))
    for (const [id, shard] of shards) {
      if ((JSON.parse(id) as [string, number])[0] !== lane || ids.has(id) || shard.isDraining) continue
      // Another worker has it: it was frozen or cut off here. What it writes is refused.
      running.abort((_schedule, of) => of === id)
      void drain(lane, id, shard)
    }
    for (const each of held) {
      const id = shardId(lane, each.shard)
      const known = shards.get(id)
      if (known !== undefined) {
        known.held = each
        if (each.isLeaving && !known.isDraining) void drain(lane, id, known)
      } else if (each.isLeaving) void leases.release(lane, each.shard).catch(() => {})
      else {
        const shard: Shard = {
          held: each,
          isDraining: false,
          worker: startShardWorker({
            redis: openBull().redis,
            bullPrefix,
            lane,
            shard: each.shard,
            onJob: ({ schedule }, dueAt) => onJob(lane, shard, { schedule, dueAt }),
          }),
        }
        shards.set(id, shard)
      }
    }
  }

  /** Another process may have removed what runs here. */
  const abortRemoved = async (): Promise<void> => {
    const ids = [...running.ids]
    if (ids.length === 0) return
    const found = await registry.load(ids)
    const gone = new Set(ids.filter((_id, index) => found[index] === null))
    running.abort(({ id }) => gone.has(id))
  }

  /** Says which schedules are still wanted, and forgets those that nobody wants any more: their targets left every configuration. */
  const claim = async (): Promise<void> => {
    if (performance.now() < claimAt) return
    claimAt = performance.now() + forgetAfterMs / 4
    const ids = [...own.keys()]
    for (let start = 0; start < ids.length; start += 500) await registry.claim(ids.slice(start, start + 500))
    const unclaimed = (await registry.listUnclaimed(forgetAfterMs)).filter((id) => !own.has(id))
    if (unclaimed.length > 0 && shardCount !== null) await openBull().writer.remove(unclaimed, shardCount)
  }

  const round = async (): Promise<void> => {
    for (const lane of started?.lanes ?? []) {
      const askedAt = performance.now()
      const found = await leases.round(lane)
      if (isClosed) return
      leaseEndsAt = askedAt + leaseMs
      remember(found.shards, found.isForgotten)
      follow(lane, found.held)
      if (found.version !== version) await abortRemoved()
      version = found.version
    }
    await inTurn(flush)
    await claim()
  }

  const rounds = async (): Promise<void> => {
    // A round that fails is followed by the next.
    await round().catch(() => {})
    if (!isClosed) timer = setTimeout(() => void rounds(), leaseMs / ROUNDS_PER_LEASE)
  }

  const end = async (): Promise<void> => {
    clearTimeout(timer)
    running.abort(() => true)
    await Promise.all([...shards.values()].map((shard) => shard.worker.stop()))
    await running.settled()
    await turning
    for (const lane of started?.lanes ?? []) await leases.leave(lane).catch(() => {})
    await bull?.writer.close()
    bull?.redis.disconnect()
    connection.close()
  }
  let ending: Promise<void> | null = null

  return {
    name: 'bullmq',

    start: async ({ lanes, run }) => {
      checkOpen()
      if (started !== null) throw new SightlineError('INVALID_INPUT', 'The BullMQ scheduler has been started already.')
      started = { lanes, run }
      await rounds()
    },

    put: async (schedules) => {
      checkOpen()
      schedules.forEach(checkSchedule)
      for (const schedule of schedules) {
        removed.delete(schedule.id)
        own.set(schedule.id, schedule)
        pending.set(schedule.id, schedule)
      }
      await tell()
    },

    remove: async (ids) => {
      checkOpen()
      for (const id of ids) {
        own.delete(id)
        pending.set(id, null)
        removed.add(id)
      }
      running.abort(({ id }) => removed.has(id))
      await tell()
    },

    list: async (page) => {
      checkOpen()
      return registry.list(page)
    },

    close: () => {
      isClosed = true
      ending ??= end()
      return ending
    },
  }
}

const checkSchedule = ({ id, everyMs, offsetMs }: Schedule): void => {
  const isValid = Number.isFinite(everyMs) && everyMs >= 1 && offsetMs >= 0 && offsetMs < everyMs
  if (isValid) return
  throw new SightlineError('INVALID_INPUT', `The schedule '${id}' needs everyMs of at least 1 and 0 <= offsetMs < everyMs.`)
}
