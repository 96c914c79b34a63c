import { fromCursor, toCursor, toPage } from '../driver/cursor.ts'
import { checkLimit } from '../driver/names.ts'
import { SightlineError } from '../errors.ts'
import { compareBytes } from '../ports/byte-order.ts'
import { type Clock, systemClock } from '../ports/clock.ts'
import type { Schedule, Scheduler, Tick } from '../ports/scheduler.ts'
import { dueAfter, dueAtOrAfter, firstDueAt, isMissed, secondDueAt } from './due-grid.ts'
import { DueHeap } from './due-heap.ts'
import { SortedArray } from './sorted-array.ts'

/** By which clock a scheduler in this process ticks, and what shows that it still may. */
export interface TimerSchedulerOptions {
  /** @default the system's */
  readonly clock?: Clock
  /**
   * The fence of every tick that falls due; null while another process is to run them. Grows with every change of owner.
   * @default the wall clock when it is made, ms: processes on one storage, and clocks that were set back, need better
   */
  readonly fence?: () => number | null
}

/** How far the wall clock may run from the monotonic one before it counts as a step: more than any slewing in a minute. */
const stepMs = 1_000
/** Also when nothing is due: often enough to notice a step of the wall clock soon. */
const longestSleepMs = 60_000

interface Plan {
  readonly id: string
  readonly dueAt: number
  /** Monotonic time: no step of the wall clock puts it off beyond this, however many there are. */
  readonly latest: number
}

interface Started {
  readonly lanes: ReadonlySet<string>
  run(tick: Tick): Promise<void>
}

interface Running {
  readonly id: string
  readonly abort: AbortController
  readonly settled: Promise<void>
}

/**
 * Ticks in this process: one timer, a heap of due times. It runs on the monotonic clock. When the wall clock steps, every schedule goes over
 * to the new time's grid after at least its interval, so that a step of any size costs less than one tick of each, and makes no burst.
 *
 * @example
 * const scheduler = timerScheduler()
 * await scheduler.put([{ id: 'orders', kind: 'poll', payload: '{}', everyMs: 1_000, offsetMs: 250, lane: 'eu-west' }])
 * await scheduler.start({ lanes: ['eu-west'], run: (tick) => poll(tick) })
 */
export const timerScheduler = ({ clock = systemClock(), fence }: TimerSchedulerOptions = {}): Scheduler => {
  const createdAt = clock.now()
  const fenceNow = fence ?? (() => createdAt)
  const schedules = new Map<string, Schedule>()
  const ordered = new SortedArray<Pick<Schedule, 'id'>>((a, b) => compareBytes(a.id, b.id))
  const plans = new Map<string, Plan>()
  /** Every plan, and those that have been dropped or replaced since: they are passed over when their time comes. */
  const heap = new DueHeap<Plan>()
  const running = new Set<Running>()
  let started: Started | null = null
  let isStarting = false
  let isClosed = false
  let cancelTimer = (): void => {}
  /** Monotonic time plus this is the time of the due times, ms since the Unix epoch. */
  let offset = clock.now() - clock.monotonic()

  const time = (): number => clock.monotonic() + offset

  const plan = (id: string, dueAt: number): void => {
    const next = { id, dueAt, latest: clock.monotonic() + 2 * (schedules.get(id)?.everyMs ?? 0) }
    plans.set(id, next)
    heap.push(next)
    if (heap.size > 2 * plans.size + 64) heap.fill([...plans.values()])
  }

  const followWallClock = (): void => {
    const drift = clock.now() - time()
    if (Math.abs(drift) < stepMs) return
    offset += drift
    for (const { id, dueAt, latest } of plans.values()) {
      const onGrid = dueAtOrAfter(schedules.get(id) as Schedule, dueAt + drift)
      plans.set(id, { id, dueAt: Math.min(onGrid, latest + offset), latest })
    }
    heap.fill([...plans.values()])
  }

  const run = (schedule: Schedule, dueAt: number, work: Started['run']): void => {
    const ownFence = fenceNow()
    // Another process's: only the rhythm goes on.
    if (ownFence === null) return
    const abort = new AbortController()
    const { signal } = abort
    const tick: Tick = {
      schedule,
      dueAt,
      fence: ownFence,
      signal,
      confirm: async () => !signal.aborted && fenceNow() === ownFence,
    }
    const entry: Running = {
      id: schedule.id,
      abort,
      // `run` never rejects; what breaks that promise must not take the process down with it.
      settled: (async () => work(tick))().then(
        () => void running.delete(entry),
        () => void running.delete(entry),
      ),
    }
    running.add(entry)
  }

  const fire = (): void => {
    followWallClock()
    const now = time()
    for (let next = heap.peek(); next !== undefined && next.dueAt <= now; next = heap.peek()) {
      heap.pop()
      const schedule = plans.get(next.id) === next ? schedules.get(next.id) : undefined
      if (schedule === undefined || started === null) continue
      plan(schedule.id, isOffGrid(schedule, next.dueAt) ? secondDueAt(schedule, now) : dueAfter(schedule, now))
      if (!isMissed(schedule, now - next.dueAt)) run(schedule, next.dueAt, started.run)
    }
    arm()
  }

  const arm = (): void => {
    cancelTimer()
    const next = heap.peek()
    if (next === undefined || started === null || isClosed) return
    cancelTimer = clock.setTimer(Math.min(Math.max(0, next.dueAt - time()), longestSleepMs), fire)
  }

  const checkOpen = (): void => {
    if (isClosed) throw new SightlineError('UNAVAILABLE', 'The timer scheduler is closed.')
  }

  return {
    name: 'timer',

    start: async (options) => {
      checkOpen()
      if (isStarting) throw new SightlineError('INVALID_INPUT', 'The timer scheduler has been started already.')
      isStarting = true
      started = { lanes: new Set(options.lanes), run: options.run }
      const now = time()
      for (const schedule of schedules.values())
        if (started.lanes.has(schedule.lane)) plan(schedule.id, firstDueAt(schedule, now))
      arm()
    },

    put: async (changed) => {
      checkOpen()
      changed.forEach(checkSchedule)
      for (const schedule of changed) {
        const { id, lane, everyMs, offsetMs } = schedule
        const before = schedules.get(id)
        schedules.set(id, schedule)
        ordered.put(schedule)
        if (started === null) continue
        const keepsRhythm = plans.has(id) && before?.everyMs === everyMs && before.offsetMs === offsetMs
        if (!started.lanes.has(lane)) plans.delete(id)
        else if (before === undefined) plan(id, firstDueAt(schedule, time()))
        else if (!keepsRhythm) plan(id, dueAtOrAfter(schedule, time()))
      }
      arm()
    },

    remove: async (ids) => {
      for (const id of ids) {
        const schedule = schedules.get(id)
        if (schedule === undefined) continue
        schedules.delete(id)
        ordered.delete(schedule)
        plans.delete(id)
      }
      const removed = new Set(ids)
      for (const { id, abort } of running) if (removed.has(id)) abort.abort()
    },

    list: async ({ limit, cursor }) => {
      checkLimit(limit)
      const after = fromCursor<readonly [id: string]>('schedules', cursor)
      const start = after === null ? 0 : ordered.upperBound({ id: after[0] })
      const candidates = ordered.items.slice(start, start + limit + 1) as Schedule[]
      return toPage(candidates, limit, ({ id }) => toCursor('schedules', [id]))
    },

    close: async () => {
      isClosed = true
      cancelTimer()
      for (const { abort } of running) abort.abort()
      await Promise.all([...running].map(({ settled }) => settled))
    },
  }
}

const isOffGrid = (schedule: Schedule, dueAt: number): boolean => dueAtOrAfter(schedule, dueAt) !== dueAt

const checkSchedule = ({ id, everyMs, offsetMs }: Schedule): void => {
  const isValid = Number.isFinite(everyMs) && everyMs >= 1 && offsetMs >= 0 && offsetMs < everyMs
  if (isValid) return
  throw new SightlineError('INVALID_INPUT', `The schedule '${id}' needs everyMs of at least 1 and 0 <= offsetMs < everyMs.`)
}
