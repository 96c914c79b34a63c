import type { Redis } from 'ioredis'
import type { RunningTicks } from './running-ticks.ts'
import type { TickData } from './schedule-writer.ts'
import type { HeldShard, ShardLeases } from './shard-leases.ts'
import { type ShardWorker, startShardWorker } from './shard-worker.ts'

/** A job of a shard that this worker holds at this moment. */
export interface ShardJob {
  readonly lane: string
  readonly held: HeldShard
  /** Of the shard, for its ticks. */
  readonly shardId: string
  readonly data: TickData
  readonly dueAt: number
}

export interface HeldShardsOptions {
  readonly leases: Pick<ShardLeases, 'release'>
  readonly running: Pick<RunningTicks, 'abort' | 'settled'>
  readonly bullPrefix: string
  /** For BullMQ. */
  redis(): Redis
  onJob(job: ShardJob): void
}

/** The shards that are worked on here, kept in step with the leases. */
export interface HeldShards {
  follow(lane: string, held: readonly HeldShard[]): void
  /** Resolves when jobs are taken of all that are held now, or after a while. */
  ready(): Promise<void>
  /** No job is taken afterwards. */
  stop(): Promise<void>
}

/** How long the ticks of a shard that another worker is to have may still run, in ms; then they are aborted. */
const DRAIN_MS = 10_000

interface Shard {
  readonly id: string
  readonly lane: string
  held: HeldShard
  readonly worker: ShardWorker
  isDraining: boolean
}

export const createHeldShards = ({ leases, running, bullPrefix, redis, onJob }: HeldShardsOptions): HeldShards => {
  const shards = new Map<string, Shard>()
  let isStopped = false

  const idOf = (lane: string, shard: number): string => JSON.stringify([lane, shard])

  const start = (lane: string, held: HeldShard): void => {
    const id = idOf(lane, held.shard)
    const shard: Shard = {
      id,
      lane,
      held,
      isDraining: false,
      worker: startShardWorker({
        redis: redis(),
        bullPrefix,
        lane,
        shard: held.shard,
        onJob: (data, dueAt) => {
          if (!shard.isDraining && !isStopped) onJob({ lane, held: shard.held, shardId: id, data, dueAt })
        },
      }),
    }
    shards.set(id, shard)
  }

  const release = async (lane: string, shard: number): Promise<void> => {
    // Where the server is away the lease runs out by itself.
    if (!isStopped) await leases.release(lane, shard).catch(() => {})
  }

  const drain = async (shard: Shard): Promise<void> => {
    shard.isDraining = true
    await shard.worker.stop()
    const patience = setTimeout(() => running.abort((_schedule, of) => of === shard.id), DRAIN_MS)
    await running.settled(shard.id)
    clearTimeout(patience)
    await release(shard.lane, shard.held.shard)
    // Only now: meanwhile a round that finds the lease still here must not start the shard again.
    shards.delete(shard.id)
  }

  return {
    follow: (lane, held) => {
      const ids = new Set(held.map(({ shard }) => idOf(lane, shard)))
      for (const shard of shards.values()) {
        if (shard.lane !== lane || ids.has(shard.id) || shard.isDraining) continue
        // Another worker has it: it was frozen or cut off here. What it writes is refused.
        running.abort((_schedule, of) => of === shard.id)
        void drain(shard)
      }
      for (const each of held) {
        const known = shards.get(idOf(lane, each.shard))
        if (known !== undefined) {
          known.held = each
          if (each.isLeaving && !known.isDraining) void drain(known)
        } else if (each.isLeaving) void release(lane, each.shard)
        else start(lane, each)
      }
    },
    ready: async () => {
      await Promise.all([...shards.values()].map(({ worker }) => worker.ready()))
    },
    stop: async () => {
      isStopped = true
      await Promise.all([...shards.values()].map(({ worker }) => worker.stop()))
    },
  }
}
