import type { Schedule, Tick } from '@sightline/core/ports'

/** Ticks that run in this process. */
export interface RunningTicks {
  readonly ids: ReadonlySet<string>
  run(tick: Pick<Tick, 'schedule' | 'dueAt' | 'fence' | 'confirm'>, shard: string, work: (tick: Tick) => Promise<void>): void
  /** Aborts those of the schedules. */
  abort(isMeant: (schedule: Schedule, shard: string) => boolean): void
  /** Resolves when those of the shard (or all) have settled. */
  settled(shard?: string): Promise<void>
}

interface Entry {
  readonly schedule: Schedule
  readonly shard: string
  readonly abort: AbortController
  readonly settled: Promise<void>
}

export const createRunningTicks = (): RunningTicks => {
  const running = new Set<Entry>()

  return {
    get ids() {
      return new Set([...running].map(({ schedule }) => schedule.id))
    },
    run: ({ schedule, dueAt, fence, confirm }, shard, work) => {
      const abort = new AbortController()
      const { signal } = abort
      const tick: Tick = {
        schedule,
        dueAt,
        fence,
        signal,
        confirm: async () => !signal.aborted && (await confirm()) && !signal.aborted,
      }
      const over = (): void => void running.delete(entry)
      // `run` never rejects; what breaks that promise must not take the process down with it.
      const entry: Entry = { schedule, shard, abort, settled: (async () => work(tick))().then(over, over) }
      running.add(entry)
    },
    abort: (isMeant) => {
      for (const { schedule, shard, abort } of running) if (isMeant(schedule, shard)) abort.abort()
    },
    settled: async (shard) => {
      const meant = [...running].filter((entry) => shard === undefined || entry.shard === shard)
      await Promise.all(meant.map(({ settled }) => settled))
    },
  }
}
