import { Cron } from 'croner'
import { SightlineError } from '../errors.ts'
import type { Route } from '../protocol/alerts.ts'
import type { Severity } from '../protocol/incidents.ts'

export interface QuietHours {
  /** When the hours that `now` lies in end, ms since the Unix epoch; null where it lies in none, or the severity is told at any hour. */
  end(now: number, severity: Severity): number | null
}

const HOUR = /^([01]\d|2[0-3]):([0-5]\d)$/

/**
 * Hours of the day in a time zone; across midnight where `from` is later than `to`. A clock that is put forward or back makes them shorter or
 * longer, as for who sleeps through it. Throws `INVALID_CONFIG` for hours or a zone that do not exist.
 */
export const createQuietHours = ({ from, to, timeZone, except = [] }: NonNullable<Route['quietHours']>): QuietHours => {
  const begins = daily(from, timeZone)
  const ends = daily(to, timeZone)
  return {
    end: (now, severity) => {
      if (except.includes(severity)) return null
      const at = new Date(now)
      const end = ends.nextRun(at)?.getTime()
      const begin = begins.nextRun(at)?.getTime()
      // Within them, they end before they begin again.
      return end === undefined || begin === undefined || end >= begin ? null : end
    },
  }
}

const daily = (hour: string, timeZone: string): Cron => {
  const [, hours, minutes] = HOUR.exec(hour) ?? []
  if (hours === undefined || minutes === undefined) {
    throw new SightlineError('INVALID_CONFIG', `Quiet hours are written as 22:00, not ${JSON.stringify(hour)}.`)
  }
  try {
    const cron = new Cron(`${Number(minutes)} ${Number(hours)} * * *`, { timezone: timeZone })
    cron.nextRun(new Date(0))
    return cron
  } catch (cause) {
    throw new SightlineError('INVALID_CONFIG', `There is no time zone ${JSON.stringify(timeZone)}.`, { cause })
  }
}
