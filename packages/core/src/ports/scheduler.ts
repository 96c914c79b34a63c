import type { Json, Page, PageRequest } from './identity.ts'

/**
 * A recurring tick as data, so that it can run in another process. Due at every `offsetMs + n × everyMs`
 * (`0 <= offsetMs < everyMs`). A `lane` is where it may run: a region, or where its code is.
 */
export interface Schedule {
  readonly id: string
  readonly kind: string
  readonly payload: Json
  readonly everyMs: number
  readonly offsetMs: number
  readonly lane: string
  /**
   * Besides, due once within this long after it is new to the scheduler, or after a start: who set up an hourly schedule need not wait
   * for its place in the hour. A scheduler may leave it out. @default nothing
   */
  readonly firstWithinMs?: number
}

/** One due schedule. `dueAt` is ms since the Unix epoch. */
export interface Tick {
  readonly schedule: Schedule
  readonly dueAt: number
  /** Grows with each change of ownership of the schedule; goes into `SnapshotWrite.fence`. */
  readonly fence: number
  /** Aborted when the scheduler closes or the schedule is removed. */
  readonly signal: AbortSignal
  /** Is this tick still ours? False after another worker took it over. */
  confirm(): Promise<boolean>
}

/** Says when. The poller, not the scheduler, prevents overlap. */
export interface Scheduler {
  /** As shown in `/info`. */
  readonly name: string
  /**
   * Ticks run only after this, only of the given lanes, each on exactly one worker. A tick that is missed (a blocked process, a step
   * of the wall clock) is skipped, never made up for in a burst. `run` never rejects.
   */
  start(options: { readonly lanes: readonly string[]; run(tick: Tick): Promise<void> }): Promise<void>
  /** Adds or replaces by id; before `start` as well. An unchanged schedule keeps its rhythm. */
  put(schedules: readonly Schedule[]): Promise<void>
  /** No tick starts afterwards. */
  remove(ids: readonly string[]): Promise<void>
  list(page: PageRequest): Promise<Page<Schedule>>
  /** Idempotent; resolves when the running ticks have settled. */
  close(): Promise<void>
}
