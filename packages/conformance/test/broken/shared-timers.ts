import { timerScheduler } from '@sightline/core'
import type { Clock, Scheduler } from '@sightline/core/ports'
import { type TestClock, testClock } from '@sightline/core/testing'
import type { SchedulerSubject } from '../../src/index.ts'

/** Makes a worker's scheduler, broken. */
export type WrapScheduler = (make: (clock: Clock) => Scheduler, clock: TestClock) => Scheduler

/** Workers that share their ticks: of several that a tick falls due at, the first one runs it. */
export const sharedInstallation = (wrap: WrapScheduler = (make, clock) => make(clock)): SchedulerSubject => {
  const clock = testClock()
  const taken = new Set<string>()
  /** How often each schedule was taken over. */
  const owners = new Map<string, number>()
  const sharing = (given: Clock): Scheduler => {
    const scheduler = timerScheduler({ clock: given })
    return {
      ...scheduler,
      start: ({ lanes: own, run }) =>
        scheduler.start({
          lanes: own,
          run: async (tick) => {
            const name = JSON.stringify([tick.schedule.id, tick.dueAt])
            if (taken.has(name)) return
            taken.add(name)
            const { id } = tick.schedule
            const owner = owners.get(id) ?? 0
            const confirm = async (): Promise<boolean> => (owners.get(id) ?? 0) === owner && (await tick.confirm())
            await run({ ...tick, fence: tick.fence + owner, confirm })
          },
        }),
    }
  }
  return {
    scheduler: () => wrap(sharing, clock),
    elapse: (ms) => clock.advance(ms),
    block: (ms) => clock.stall(ms),
    stepWallClock: (ms) => clock.step(ms),
    takeOver: async (id) => void owners.set(id, (owners.get(id) ?? 0) + 1),
    clock,
    dispose: async () => {},
  }
}
