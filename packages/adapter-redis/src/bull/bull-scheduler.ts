import { randomUUID } from 'node:crypto'
import { SightlineError } from '@sightline/core'
import type { Schedule, Scheduler, Tick } from '@sightline/core/ports'
import type { Redis } from 'ioredis'
import { openConnection } from '../connection.ts'
import { createHeldShards, type ShardJob } from './held-shards.ts'
import { createIntents, type Intent } from './intents.ts'
import { createRunningTicks } from './running-ticks.ts'
import { createScheduleRegistry } from './schedule-registry.ts'
import { createScheduleWriter } from './schedule-writer.ts'
import { createShardLeases, type Installation } from './shard-leases.ts'

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

interface Started {
  readonly lanes: readonly string[]
  run(tick: Tick): Promise<void>
}

/** Schedules asked about in one call. */
const BATCH = 500
/** A tick that comes this late is run all the same, in ms, however short its interval. */
const LATEST_MS = 1_000
/** Rounds within a lease: some may fail before it runs out. */
const ROUNDS_PER_LEASE = 5
/**
 * The scheduler on BullMQ's job schedulers: any number of processes put schedules and work on them. A lane's schedules are split into shards;
 * each shard is worked on by one worker at a time, under a lease whose fence goes with every tick, so that a target stays with its worker as
 * long as that lives, and storage refuses what a worker writes that was frozen meanwhile. Within a shard BullMQ hands each job to one worker.
 *
 * A tick that comes a whole interval (and a second) late counts as missed and is skipped; up to 100 ms late is usual, since an idle Redis looks at its
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
    needs: 'a connection: an ioredis client, or a url',
    timeoutMs,
  })
  const worker = randomUUID()
  const bullPrefix = `${prefix}:bull`
  const registry = createScheduleRegistry({ connection, prefix })
  const leases = createShardLeases({ connection, prefix, worker, leaseMs, shards: options.shards ?? 8 })
  const running = createRunningTicks()
  const intents = createIntents()
  let bull: { readonly redis: Redis; readonly writer: ReturnType<typeof createScheduleWriter> } | null = null
  let installation: Installation | null = null
  let version = -1
  let started: Started | null = null
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let turning: Promise<void> = Promise.resolve()
  let leaseEndsAt = Number.NEGATIVE_INFINITY
  let claimAt = performance.now() + forgetAfterMs / 4
  /** Since when the server has answered, monotonic ms; null while it does not. */
  let answersSince: number | null = null

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

  const remember = (found: Installation): void => {
    if (installation !== null && installation.id !== found.id) intents.repeat()
    installation = found
  }

  /** Tells the server what it has not been told. Where that fails it stays so. */
  const flush = async (): Promise<void> => {
    const { untold } = intents
    if (untold.length === 0) return
    if (installation === null) remember(await leases.load())
    const { shards: count } = installation as unknown as Installation
    const { writer } = openBull()
    const isRemoval = ([, schedule]: Intent): boolean => schedule === null
    await writer.remove(
      untold.filter(isRemoval).map(([id]) => id),
      count,
    )
    await writer.put(
      untold.map(([, schedule]) => schedule).filter((schedule) => schedule !== null),
      count,
    )
    intents.told(untold)
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

  const onJob = ({ lane, held, shardId, data: { schedule }, dueAt }: ShardJob): void => {
    if (isClosed || started === null || intents.isRemoved(schedule.id)) return
    // Frozen, or cut off, for longer than the lease: another worker may have the shard.
    if (performance.now() >= leaseEndsAt) return
    // Its successor is due. Half an interval would be too strict: an idle Redis looks at its timeouts every 100 ms only. A schedule has
    // one job at a time, so that one which is late makes no burst.
    if (Date.now() - dueAt >= Math.max(schedule.everyMs, LATEST_MS)) return
    const confirm = (): Promise<boolean> => leases.isHeld(lane, held).catch(() => false)
    running.run({ schedule, dueAt, fence: held.fence, confirm }, shardId, started.run)
  }

  const shards = createHeldShards({ leases, running, bullPrefix, redis: () => openBull().redis, onJob })

  /** Another process may have removed what runs here, or was put here. */
  const followRemovals = async (): Promise<void> => {
    const ids = [...new Set([...running.ids, ...intents.ownIds])]
    const gone = new Set<string>()
    for (let start = 0; start < ids.length; start += BATCH) {
      const batch = ids.slice(start, start + BATCH)
      const found = await registry.load(batch)
      batch.forEach((id, index) => {
        if (found[index] === null) gone.add(id)
      })
    }
    intents.letGo([...gone])
    running.abort(({ id }) => gone.has(id))
  }

  /** Says which schedules are still wanted, and forgets those that nobody wants any more: their targets left every configuration. */
  const claim = async (): Promise<void> => {
    const now = performance.now()
    if (now < claimAt) return
    claimAt = now + forgetAfterMs / 4
    const ids = intents.ownIds
    for (let start = 0; start < ids.length; start += BATCH) await registry.claim(ids.slice(start, start + BATCH))
    // After an absence of the server everybody has had time to say what they want.
    if (installation === null || answersSince === null || now - answersSince < forgetAfterMs / 2) return
    const wanted = new Set(ids)
    const unclaimed = (await registry.listUnclaimed(forgetAfterMs)).filter((id) => !wanted.has(id))
    if (unclaimed.length > 0) await openBull().writer.remove(unclaimed, installation.shards)
  }

  const round = async (): Promise<void> => {
    for (const lane of started?.lanes ?? []) {
      const askedAt = performance.now()
      const found = await leases.round(lane)
      if (isClosed) return
      leaseEndsAt = askedAt + leaseMs
      answersSince ??= askedAt
      remember(found.installation)
      shards.follow(lane, found.held)
      // It only grows: where it is less, the server has lost it, and nobody knows what else.
      if (found.version < version) intents.repeat()
      else if (found.version !== version) await inTurn(followRemovals)
      version = found.version
    }
    // What BullMQ has lost of a schedule, nobody hears of: it is looked for now and then.
    if (performance.now() >= claimAt) intents.repeat()
    await inTurn(flush)
    await claim()
  }

  const rounds = async (): Promise<void> => {
    // A round that fails is followed by the next.
    await round().catch(() => {
      answersSince = null
    })
    if (!isClosed) timer = setTimeout(() => void rounds(), leaseMs / ROUNDS_PER_LEASE)
  }

  const end = async (): Promise<void> => {
    clearTimeout(timer)
    running.abort(() => true)
    await shards.stop()
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
      await shards.ready()
    },

    put: async (schedules) => {
      checkOpen()
      schedules.forEach(checkSchedule)
      intents.put(schedules)
      await tell()
    },

    remove: async (ids) => {
      checkOpen()
      intents.remove(ids)
      running.abort(({ id }) => intents.isRemoved(id))
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
