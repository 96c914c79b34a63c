import { Cron } from 'croner'
import { SightlineError } from '../errors.ts'
import type { StoredMaintenance } from './alert-records.ts'

/** From inclusive, to exclusive, ms since the Unix epoch. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** When planned work goes on. */
export interface MaintenanceWindows {
  /** The window that `now` lies in, or else the next; null when there will be none. */
  next(now: number): Window | null
}

/**
 * The windows of a maintenance: one, or those that begin as `cron` says, on the clock of its time zone (default UTC) whether or not that is
 * put forward, each for `durationMs` of real time. Throws `INVALID_INPUT` where neither is given whole, for a pattern or zone that cannot be
 * read, for a date in place of a pattern, and for a pattern that never comes.
 */
export const createMaintenanceWindows = ({
  from,
  to,
  cron,
  timeZone = 'UTC',
  durationMs,
}: Pick<StoredMaintenance, 'from' | 'to' | 'cron' | 'timeZone' | 'durationMs'>): MaintenanceWindows => {
  if (cron === undefined) {
    if (from === undefined || to === undefined || to <= from) {
      throw new SightlineError(
        'INVALID_INPUT',
        'A maintenance has a beginning and a later end, or a cron pattern and a duration.',
      )
    }
    return { next: (now) => (now < to ? { from, to } : null) }
  }
  if (durationMs === undefined || durationMs <= 0) {
    throw new SightlineError('INVALID_INPUT', 'A maintenance with a cron pattern has a duration.')
  }
  const begins = parseCron(cron, timeZone)
  const find = (now: number): Window | null => {
    // The earliest that is not over; never before `from`, where that is given.
    const after = Math.max(now - durationMs, (from ?? Number.NEGATIVE_INFINITY) - 1)
    const begin = begins.nextRun(new Date(after))?.getTime()
    if (begin === undefined || (to !== undefined && begin >= to)) return null
    return { from: begin, to: Math.min(begin + durationMs, to ?? Number.POSITIVE_INFINITY) }
  }
  let known: { readonly askedAt: number; readonly window: Window | null } | null = null

  return {
    next: (now) => {
      // Asked at every observation: what was next stays next until it is over.
      if (known === null || now < known.askedAt || (known.window !== null && now >= known.window.to)) {
        known = { askedAt: now, window: find(now) }
      }
      return known.window
    },
  }
}

const FIVE_FIELDS = 'five fields (minute hour day month weekday), in a time zone that exists'

const parseCron = (pattern: string, timeZone: string): Cron => {
  const cron = readCron(pattern, timeZone)
  // The library takes a date as well: a pattern that fires once.
  if (cron.getOnce() !== null) {
    throw refused('The cron pattern is a date.', `${FIVE_FIELDS}; work that is done once has \`from\` and \`to\` instead`)
  }
  if (!isEver(pattern)) {
    throw refused('The cron pattern never comes.', 'days that its months have: the 31st of February is none')
  }
  return cron
}

const readCron = (pattern: string, timeZone: string): Cron => {
  try {
    const cron = new Cron(pattern, { timezone: timeZone, mode: '5-part' })
    // The zone is looked at only now; a pattern of every minute is found at once.
    new Cron('* * * * *', { timezone: timeZone }).nextRun(new Date(0))
    return cron
  } catch (cause) {
    throw refused('The cron pattern or its time zone cannot be read.', FIVE_FIELDS, cause)
  }
}

/**
 * Whether there is such a day at all. Weekdays and leap years come round again after 28 years (of the Julian kind, as those from 2000 to 2099
 * are), so no more are searched: without a bound it would be a thousand years.
 */
const isEver = (pattern: string): boolean => {
  // Names of patterns (`@daily`) all come.
  if (pattern.trim().startsWith('@')) return true
  const bounded = new Cron(`0 ${pattern.trim()} 2000-2027`, { timezone: 'UTC', mode: '7-part' })
  return bounded.nextRun(new Date(Date.UTC(2000, 0, 1) - 1)) !== null
}

const refused = (message: string, fault: string, cause?: unknown): SightlineError =>
  new SightlineError('INVALID_INPUT', message, { cause, fields: [{ path: 'cron', message: fault }] })

/** Is it about this service? With neither names nor tags it is about all of them. */
export const concerns = (
  { services, tags }: { readonly services?: readonly string[]; readonly tags?: readonly string[] },
  service: { readonly name: string | null; readonly tags: readonly string[] },
): boolean =>
  (services === undefined && tags === undefined) ||
  (service.name !== null && services?.includes(service.name) === true) ||
  tags?.some((tag) => service.tags.includes(tag)) === true
