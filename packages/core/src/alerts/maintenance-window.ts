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
 * put forward, each for `durationMs` of real time. Throws `INVALID_INPUT` where neither is given whole, and for a pattern or zone that
 * cannot be read.
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

const parseCron = (pattern: string, timeZone: string): Cron => {
  try {
    const cron = new Cron(pattern, { timezone: timeZone, mode: '5-part' })
    cron.nextRun(new Date(0))
    return cron
  } catch (cause) {
    throw new SightlineError('INVALID_INPUT', 'The cron pattern or its time zone cannot be read.', {
      cause,
      fields: [{ path: 'cron', message: 'five fields (minute hour day month weekday), in a time zone that exists' }],
    })
  }
}

/** Is it about this service? With neither names nor tags it is about all of them. */
export const concerns = (
  { services, tags }: { readonly services?: readonly string[]; readonly tags?: readonly string[] },
  service: { readonly name: string | null; readonly tags: readonly string[] },
): boolean =>
  (services === undefined && tags === undefined) ||
  (service.name !== null && services?.includes(service.name) === true) ||
  tags?.some((tag) => service.tags.includes(tag)) === true
