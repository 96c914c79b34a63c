import type { Schedule, Scheduler, Tick } from '@sightline/core/ports'
import type { SchedulerSubject } from './subject.ts'

/** A tick that ran, and when: by the wall clock and by the monotonic one. */
export interface Ran {
  readonly tick: Tick
  readonly at: number
  readonly monotonic: number
}

/** One started worker and what it ran. */
export interface Worker {
  readonly scheduler: Scheduler
  readonly ran: readonly Ran[]
  of(id: string): readonly Ran[]
}

export interface SchedulerContext {
  readonly subject: SchedulerSubject
  /** Not started; closed after the test all the same. */
  scheduler(): Scheduler
  /** Starts a worker; `run` is called beside what is recorded. */
  work(options?: {
    readonly scheduler?: Scheduler
    readonly lanes?: readonly string[]
    run?(tick: Tick): Promise<void>
  }): Promise<Worker>
  elapse(ms: number): Promise<void>
  block(ms: number): void
  now(): number
}

export const schedule = (schedule: Partial<Schedule> & { readonly id: string }): Schedule => ({
  kind: 'poll',
  payload: '{}',
  everyMs: 200,
  offsetMs: 0,
  lane: 'east',
  ...schedule,
})

export const schedulerContext = (subject: SchedulerSubject): { readonly context: SchedulerContext; dispose(): Promise<void> } => {
  const schedulers: Scheduler[] = []
  const clock = subject.clock ?? { now: () => Date.now(), monotonic: () => performance.now() }
  const scheduler = (): Scheduler => {
    const made = subject.scheduler()
    schedulers.push(made)
    return made
  }
  return {
    context: {
      subject,
      scheduler,
      work: async ({ scheduler: own = scheduler(), lanes = ['east'], run = async () => {} } = {}) => {
        const ran: Ran[] = []
        await own.start({
          lanes,
          run: async (tick) => {
            ran.push({ tick, at: clock.now(), monotonic: clock.monotonic() })
            await run(tick)
          },
        })
        return { scheduler: own, ran, of: (id) => ran.filter(({ tick }) => tick.schedule.id === id) }
      },
      elapse: (ms) => subject.elapse?.(ms) ?? new Promise((resolve) => setTimeout(resolve, ms)),
      block: (ms) => {
        if (subject.block !== undefined) return subject.block(ms)
        for (const end = performance.now() + ms; performance.now() < end; );
      },
      now: () => clock.now(),
    },
    dispose: async () => {
      await Promise.allSettled(schedulers.map((made) => made.close()))
      await subject.dispose()
    },
  }
}
