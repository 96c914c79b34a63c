import type { Schedule } from '../ports/scheduler.ts'

type Rhythm = Pick<Schedule, 'everyMs' | 'offsetMs'>

/** The first due time at or after `time`: the grid is `offsetMs + n × everyMs`. */
export const dueAtOrAfter = ({ everyMs, offsetMs }: Rhythm, time: number): number =>
  offsetMs + Math.ceil((time - offsetMs) / everyMs) * everyMs

/** The first due time of a schedule that is new at `time`: in its place within `firstWithinMs`, where that is sooner. */
export const firstDueAt = (schedule: Rhythm & Pick<Schedule, 'firstWithinMs'>, time: number): number => {
  const dueAt = dueAtOrAfter(schedule, time)
  const { everyMs, offsetMs, firstWithinMs = everyMs } = schedule
  return firstWithinMs >= everyMs ? dueAt : Math.min(dueAt, time + (offsetMs / everyMs) * firstWithinMs)
}

/** The due time after a first one: not so soon that two fall into one interval. */
export const secondDueAt = (schedule: Rhythm, time: number): number => dueAtOrAfter(schedule, time + schedule.everyMs / 2)

/** The first due time after `time`. */
export const dueAfter = ({ everyMs, offsetMs }: Rhythm, time: number): number =>
  offsetMs + (Math.floor((time - offsetMs) / everyMs) + 1) * everyMs

/** Is a tick that comes this late missed? From half its interval on, the next one is nearer. */
export const isMissed = ({ everyMs }: Rhythm, lateMs: number): boolean => lateMs >= everyMs / 2
