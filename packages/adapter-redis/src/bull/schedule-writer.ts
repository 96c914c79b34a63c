import type { Schedule } from '@sightline/core/ports'
import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { type Connection, within } from '../connection.ts'
import { queueOf, schedulerKeyOf } from './schedule-place.ts'
import type { ScheduleRegistry } from './schedule-registry.ts'

export interface ScheduleWriterOptions {
  readonly connection: Connection
  /** For BullMQ. */
  readonly redis: Redis
  readonly bullPrefix: string
  readonly registry: ScheduleRegistry
}

/** Brings BullMQ's job schedulers in step with the schedules. */
export interface ScheduleWriter {
  put(schedules: readonly Schedule[], shards: number): Promise<void>
  remove(ids: readonly string[], shards: number): Promise<void>
  close(): Promise<void>
}

/** What a job of BullMQ carries. */
export interface TickData {
  readonly schedule: Schedule
}

const BATCH = 100
const CLOSE_MS = 1_000

/** Events of BullMQ nobody listens to here; it keeps as many. */
const EVENTS_KEPT = 10

const isSameRhythm = (a: Schedule, b: Schedule): boolean => a.everyMs === b.everyMs && a.offsetMs === b.offsetMs

export const createScheduleWriter = ({ connection, redis, bullPrefix, registry }: ScheduleWriterOptions): ScheduleWriter => {
  const queues = new Map<string, Queue<TickData>>()

  const queueNamed = (name: string): Queue<TickData> => {
    const known = queues.get(name)
    if (known !== undefined) return known
    const queue = new Queue<TickData>(name, {
      connection: redis,
      prefix: bullPrefix,
      streams: { events: { maxLen: EVENTS_KEPT } },
      skipMetasUpdate: false,
    })
    // What fails is told by the call that meets it.
    queue.on('error', () => {})
    queues.set(name, queue)
    return queue
  }

  const removeFrom = async (queue: string, id: string): Promise<void> => {
    await connection.run(() => queueNamed(queue).removeJobScheduler(schedulerKeyOf(id)))
  }

  /** Once, at its place in that time, however many processes put it at once. */
  const addFirst = async (queue: Queue<TickData>, schedule: Schedule, withinMs: number): Promise<void> => {
    const { id, everyMs, offsetMs } = schedule
    const delay = Math.floor((offsetMs / everyMs) * withinMs)
    const jobId = `first-${schedulerKeyOf(id)}`
    await connection.run(() =>
      queue.add(schedule.kind, { schedule }, { jobId, delay, removeOnComplete: true, removeOnFail: true }),
    )
  }

  const apply = async (schedule: Schedule, before: Schedule | null, shards: number): Promise<void> => {
    const { id, everyMs, offsetMs } = schedule
    const key = schedulerKeyOf(id)
    const queue = queueOf(schedule, shards)
    const stays = before !== null && queueOf(before, shards) === queue && isSameRhythm(before, schedule)
    if (stays && JSON.stringify(before) === JSON.stringify(schedule)) {
      // What BullMQ holds may have been lost apart from what was put.
      const held = await connection.run(() => queueNamed(queue).getJobScheduler(key))
      if (held !== undefined && held !== null) return
    }
    if (before !== null && !stays) await removeFrom(queueOf(before, shards), id)
    await connection.run(() =>
      queueNamed(queue).upsertJobScheduler(
        key,
        // Without an offset BullMQ would count from now; a whole interval is on the grid as well.
        { every: everyMs, offset: offsetMs === 0 ? everyMs : offsetMs },
        { name: schedule.kind, data: { schedule }, opts: { removeOnComplete: true, removeOnFail: true } },
      ),
    )
    if (before === null && schedule.firstWithinMs !== undefined)
      await addFirst(queueNamed(queue), schedule, schedule.firstWithinMs)
    // Last, so that who dies before leaves something to put again.
    await registry.save(schedule)
  }

  return {
    put: async (schedules, shards) => {
      for (let start = 0; start < schedules.length; start += BATCH) {
        const batch = schedules.slice(start, start + BATCH)
        const before = await registry.load(batch.map(({ id }) => id))
        await Promise.all(batch.map((schedule, index) => apply(schedule, before[index] ?? null, shards)))
        await registry.claim(batch.map(({ id }) => id))
      }
    },

    remove: async (ids, shards) => {
      for (let start = 0; start < ids.length; start += BATCH) {
        const batch = ids.slice(start, start + BATCH)
        const before = await registry.load(batch)
        await Promise.all(
          batch.map(async (id, index) => {
            const schedule = before[index] ?? null
            if (schedule !== null) await removeFrom(queueOf(schedule, shards), id)
            await registry.delete(id)
          }),
        )
      }
    },

    close: async () => {
      const closed = Promise.allSettled([...queues.values()].map((queue) => queue.close()))
      // Where the server is away they wait for it; their connection is ended behind them.
      await within(closed, CLOSE_MS, () => new Error('late')).catch(() => {})
    },
  }
}
