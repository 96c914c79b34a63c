import { type Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { within } from '../connection.ts'
import { queueNameOf } from './schedule-place.ts'
import type { TickData } from './schedule-writer.ts'

export interface ShardWorkerOptions {
  readonly redis: Redis
  readonly bullPrefix: string
  readonly lane: string
  readonly shard: number
  /** A job is due. Returns at once: what runs because of it is not BullMQ's concern, so that nothing is run again behind our back. */
  onJob(data: TickData, dueAt: number): void
}

/** Takes a shard's jobs from BullMQ. */
export interface ShardWorker {
  /** Resolves when jobs are taken, or after two seconds where the server does not answer. */
  ready(): Promise<void>
  /** No job is taken afterwards. Resolves within about two seconds also where the server does not answer. */
  stop(): Promise<void>
}

/** Jobs taken at once; each is over at once. */
const CONCURRENCY = 50
/** For how long a job is its worker's, in ms: who died between taking a job and putting the next one of its schedule left it behind. */
const LOCK_MS = 10_000
const STALLED_CHECK_MS = 5_000
const PATIENCE_MS = 2_000

export const startShardWorker = ({ redis, bullPrefix, lane, shard, onJob }: ShardWorkerOptions): ShardWorker => {
  const process = async (job: Job<TickData>): Promise<void> => {
    // Another worker died (or was blocked) with it: whether it ran is unknown. It only brings its schedule back.
    if (job.stalledCounter > 0) return
    const id = job.id ?? ''
    // A job scheduler's jobs end in when they are due; a first one is due after its delay.
    onJob(job.data, job.repeatJobKey === undefined ? job.timestamp + job.delay : Number(id.slice(id.lastIndexOf(':') + 1)))
  }
  const worker = new Worker<TickData>(queueNameOf(lane, shard), process, {
    connection: redis,
    prefix: bullPrefix,
    concurrency: CONCURRENCY,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    skipLockRenewal: true,
  })
  // It tries again by itself; the scheduler's rounds notice that the server is away.
  worker.on('error', () => {})

  return {
    ready: async () => {
      await within(worker.waitUntilReady(), PATIENCE_MS, () => new Error('late')).catch(() => {})
    },
    stop: async () => {
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), PATIENCE_MS)
      })
      const outcome = await Promise.race([worker.close().catch(() => 'late' as const), patience])
      clearTimeout(timer)
      if (outcome === 'late')
        await Promise.race([worker.close(true).catch(() => {}), new Promise((resolve) => setTimeout(resolve, 100))])
    },
  }
}
