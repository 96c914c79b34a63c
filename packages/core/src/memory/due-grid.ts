import type { Schedule } from '../ports/scheduler.ts'

type Rhythm = Pick<Schedule, 'everyMs' | 'offsetMs'>

/** The first due time at or after `time`: the grid is `offsetMs + n × everyMs`. */
export const dueAtOrAfter = ({ everyMs, offsetMs }: Rhythm, time: number): number =>
  offsetMs + Math.ceil((time - offsetMs) / everyMs) * everyMs

/** The first due time after `time`. */
export const dueAfter = ({ everyMs, offsetMs }: Rhythm, time: number): number =>
  offsetMs + (Math.floor((time - offsetMs) / everyMs) + 1) * everyMs

/** Is a tick that comes this late missed? From half its interval on, the next one is nearer. */
export const isMissed = ({ everyMs }: Rhythm, lateMs: number): boolean => lateMs >= everyMs / 2
