import { timerScheduler } from '@sightline/core'
import type { Page, PageRequest, Schedule, Scheduler, Tick } from '@sightline/core/ports'
import { schedulerConformance } from '../../src/index.ts'
import { type RecordedTest, recordingRunner } from './recording-runner.ts'
import { broken, putting, running, type SchedulerFault, type Start } from './scheduler-fault.ts'
import { sharedInstallation } from './shared-timers.ts'

const onTicks = (...titles: readonly string[]): readonly string[] => titles.map((title) => `ticks: ${title}`)
const onMissed = (...titles: readonly string[]): readonly string[] => titles.map((title) => `missed ticks: ${title}`)
const onChanges = (...titles: readonly string[]): readonly string[] => titles.map((title) => `changes: ${title}`)
const onListing = (...titles: readonly string[]): readonly string[] => titles.map((title) => `listing: ${title}`)
const onLife = (...titles: readonly string[]): readonly string[] => titles.map((title) => `lifecycle: ${title}`)

const beforeStart = 'nothing runs before start'
const everyDue = 'a tick comes at every due time, on the grid of its offset'
const carries = 'a tick carries its schedule as it was put'
const lanes = 'only the lanes it was started for'
const oneWorker = 'each tick runs on exactly one worker'
const long = 'a run that takes long, or never ends, delays no other schedule'
const ours = 'a tick is ours while it runs, with a signal that stands still'
const takenOver = 'a tick that another worker took over is no longer ours, and the next has a higher fence'
const fence = 'a fence is a number that grows from one owner to the next'
const blocked = 'ticks missed by a blocked process are skipped, not made up for'
const stepped = 'a step of the wall clock makes neither a burst nor a stall'
const unchanged = 'an unchanged schedule keeps its rhythm, however often it is put'
const replaced = 'a schedule that is put again is replaced by id'
const interval = 'a new interval holds from then on'
const lane = 'a schedule that goes to another lane leaves this one'
const removed = 'no tick of a removed schedule starts afterwards, and its running ticks are aborted'
const early = 'a schedule that is removed before start never runs'
const bad = 'a schedule that is no schedule is refused'
const everyOne = 'every schedule once, as it was put, in pages'
const nothing = 'nothing is an empty page'
const stays = 'what stays is listed once while others come and go'
const cursors = 'a bad limit and a foreign cursor are refused'
const closing = 'close aborts running ticks, waits until they have settled, and starts no more'
const closedTwice = 'close may be called again, at once, and before start'

const all = async (scheduler: Scheduler): Promise<readonly Schedule[]> => {
  const schedules: Schedule[] = []
  for (
    let page: Page<Schedule> = await scheduler.list({ limit: 1_000 });
    ;
    page = await scheduler.list({ limit: 1_000, cursor: page.next })
  ) {
    schedules.push(...page.items)
    if (page.next === null) return schedules
  }
}

const tickFaults: readonly SchedulerFault[] = [
  broken('what is put runs before start', onTicks(beforeStart), (scheduler) => {
    const early: Tick[] = []
    let run: Start['run'] | null = null
    let isStarted = false
    return {
      put: async (schedules) => {
        await scheduler.put(schedules)
        if (isStarted) return
        isStarted = true
        await scheduler.start({
          lanes: ['east'],
          run: async (tick) => {
            if (run === null) early.push(tick)
            else await run(tick)
          },
        })
      },
      start: async (options) => {
        run = options.run
        for (const tick of early) await run(tick)
        if (!isStarted) await scheduler.start(options)
        isStarted = true
      },
    }
  }),
  broken('what is put before start is forgotten', [...onTicks(beforeStart), ...onChanges(early)], (scheduler) => {
    let isStarted = false
    return {
      put: async (schedules) => (isStarted ? scheduler.put(schedules) : undefined),
      start: (options) => {
        isStarted = true
        return scheduler.start(options)
      },
    }
  }),
  running('a due time is told a millisecond off', onTicks(everyDue), (run) => (tick) => run({ ...tick, dueAt: tick.dueAt + 1 })),
  putting('offsets are not looked at', onTicks(carries), (schedule) => ({ ...schedule, offsetMs: 0 })),
  running('every tick runs twice', [...onTicks(everyDue, oneWorker), ...onChanges(unchanged)], (run) => async (tick) => {
    await Promise.all([run(tick), run(tick)])
  }),
  running('every other tick is left out', onTicks(everyDue), (run) => async (tick) => {
    if ((tick.dueAt / tick.schedule.everyMs) % 2 < 1) await run(tick)
  }),
  running(
    'payloads are parsed and written again',
    onTicks(carries),
    (run) => (tick) =>
      run({ ...tick, schedule: { ...tick.schedule, payload: JSON.stringify(JSON.parse(tick.schedule.payload)) } }),
  ),
  broken('lanes are not looked at', [...onTicks(lanes), ...onChanges(lane)], (scheduler) => ({
    start: (options) => scheduler.start({ ...options, lanes: ['east', 'west', 'north', 'eas'] }),
  })),
  broken('a lane takes those whose names begin it', onTicks(lanes), (scheduler) => ({
    start: (options) =>
      scheduler.start({ ...options, lanes: [...options.lanes, ...options.lanes.map((name) => name.slice(0, -1))] }),
  })),
  {
    breaks: 'every worker runs every tick',
    noticedBy: onTicks(oneWorker),
    wrap: () => (_, clock) => timerScheduler({ clock }),
  },
  running('runs follow one another', onTicks(long), (run) => {
    let queue: Promise<void> = Promise.resolve()
    return (tick) => {
      queue = queue.then(() => run(tick))
      return queue
    }
  }),
  running('a tick does not know whose it is', onTicks(ours), (run) => (tick) => run({ ...tick, confirm: async () => false })),
  running(
    'a signal has aborted before the tick began',
    onTicks(ours),
    (run) => (tick) => run({ ...tick, signal: AbortSignal.abort() }),
  ),
  running('a tick is ours for ever', onTicks(takenOver), (run) => (tick) => run({ ...tick, confirm: async () => true })),
  running('every owner has the same fence', onTicks(fence, takenOver), (run) => (tick) => run({ ...tick, fence: 7 })),
]

const timeFaults: readonly SchedulerFault[] = [
  running('missed ticks are made up for', onMissed(blocked), (run) => {
    const last = new Map<string, number>()
    return async (tick) => {
      const { id, everyMs } = tick.schedule
      for (let dueAt = (last.get(id) ?? tick.dueAt) + everyMs; dueAt < tick.dueAt; dueAt += everyMs) await run({ ...tick, dueAt })
      last.set(id, tick.dueAt)
      await run(tick)
    }
  }),
  running('after a block nothing runs any more', onMissed(blocked), (run) => {
    let last = 0
    return async (tick) => {
      if (last > 0 && tick.dueAt - last > 1_000) return
      last = tick.dueAt
      await run(tick)
    }
  }),
  {
    breaks: 'it goes by the wall clock alone',
    noticedBy: onMissed(stepped),
    wrap: () => (make, clock) => make({ ...clock, monotonic: () => clock.now() }),
  },
  {
    breaks: 'due times stay behind when the wall clock steps',
    noticedBy: onMissed(stepped),
    wrap: () => (make, clock) => {
      const start = clock.now() - clock.monotonic()
      return make({ ...clock, now: () => start + clock.monotonic() })
    },
  },
]

const changeFaults: readonly SchedulerFault[] = [
  broken('a schedule that is put again begins anew', onChanges(unchanged), (scheduler, clock) => {
    const waiting = new Map<string, () => void>()
    return {
      put: async (schedules) => {
        for (const schedule of schedules) {
          await scheduler.remove([schedule.id])
          waiting.get(schedule.id)?.()
          waiting.set(
            schedule.id,
            clock.setTimer(150, () => void scheduler.put([schedule])),
          )
        }
      },
    }
  }),
  broken('a schedule that is there already is left alone', onChanges(replaced, interval, lane), (scheduler) => {
    const known = new Set<string>()
    return {
      put: async (schedules) => {
        await scheduler.put(schedules.filter(({ id }) => !known.has(id)))
        for (const { id } of schedules) known.add(id)
      },
    }
  }),
  broken('a removed schedule goes on', [...onChanges(removed, early), ...onListing(stays)].slice(0, 2), () => ({
    remove: async () => {},
  })),
  running('a removal does not abort running ticks', onChanges(removed), (run) => (tick) => {
    const { signal: _, ...rest } = tick
    const forEver = new AbortController()
    // Only its closing reaches the tick, late, so that the test can end.
    setTimeout(() => forEver.abort(), 500)
    return run({ ...rest, signal: forEver.signal })
  }),
  broken('a removal aborts the ticks of every schedule', onChanges(removed), (scheduler) => {
    const aborts = new Set<AbortController>()
    return {
      start: (options) =>
        scheduler.start({
          ...options,
          run: (tick) => {
            const abort = new AbortController()
            aborts.add(abort)
            return options.run({ ...tick, signal: AbortSignal.any([tick.signal, abort.signal]) })
          },
        }),
      remove: async (ids) => {
        for (const abort of aborts) abort.abort()
        await scheduler.remove(ids)
      },
    }
  }),
  broken('removing before start does nothing', onChanges(early), (scheduler) => {
    let isStarted = false
    return {
      start: (options) => {
        isStarted = true
        return scheduler.start(options)
      },
      remove: async (ids) => (isStarted ? scheduler.remove(ids) : undefined),
    }
  }),
  putting('what is no schedule is made one', onChanges(bad), (schedule) => {
    const everyMs = schedule.everyMs >= 1 ? schedule.everyMs : 1_000
    return { ...schedule, everyMs, offsetMs: Math.min(Math.max(0, schedule.offsetMs), everyMs - 1) }
  }),
  broken('of a call with a bad schedule the good ones are kept', onChanges(bad), (scheduler) => ({
    put: async (schedules) => {
      for (const schedule of schedules) await scheduler.put([schedule])
    },
  })),
]

const listed = (
  breaks: string,
  noticedBy: readonly string[],
  list: (scheduler: Scheduler, page: PageRequest) => Promise<Page<Schedule>>,
): SchedulerFault => broken(breaks, noticedBy, (scheduler) => ({ list: (page) => list(scheduler, page) }))

const listingFaults: readonly SchedulerFault[] = [
  listed('the last of a page is left out', onListing(everyOne, stays), async (scheduler, page) => {
    const { items, next } = await scheduler.list(page)
    return { items: next === null ? items : items.slice(0, -1), next }
  }),
  listed('nothing is listed as something', onListing(nothing), async (scheduler, page) => {
    const { items, next } = await scheduler.list(page)
    return { items: items.length > 0 ? items : [{ id: 'ghost', kind: '', payload: '', everyMs: 1, offsetMs: 0, lane: '' }], next }
  }),
  listed('a cursor is a number of items', onListing(stays), async (scheduler, { limit, cursor = '0' }) => {
    const items = await all(scheduler)
    const end = Number(cursor) + limit
    return { items: items.slice(Number(cursor), end), next: end < items.length ? String(end) : null }
  }),
  listed('a foreign cursor begins from the front', onListing(cursors), (scheduler, page) =>
    scheduler.list(page).catch(() => scheduler.list({ limit: Math.max(1, Math.ceil(page.limit)) })),
  ),
]

const lifeFaults: readonly SchedulerFault[] = [
  broken('a scheduler has no name', onLife('a scheduler has a name'), () => ({ name: '' })),
  broken('close does not wait for running ticks', onLife(closing), (scheduler) => ({
    close: async () => {
      void scheduler.close()
    },
  })),
  broken('close does nothing', onLife(closing), () => ({ close: async () => {} })),
  broken('a second close rejects', onLife(closedTwice), (scheduler) => {
    let isClosed = false
    return {
      close: async () => {
        if (isClosed) throw new Error('closed already')
        isClosed = true
        return scheduler.close()
      },
    }
  }),
]

export const schedulerFaults: readonly SchedulerFault[] = [
  ...tickFaults,
  ...timeFaults,
  ...changeFaults,
  ...listingFaults,
  ...lifeFaults,
]

/** The tests of the scheduler suite over shared timers, broken or sound. */
export const schedulerTests = (fault: SchedulerFault | null): readonly RecordedTest[] => {
  const { runner, tests } = recordingRunner()
  schedulerConformance({ name: 'shared timers', runner, open: async () => sharedInstallation(fault?.wrap()) })
  return tests
}
