import { z } from 'zod'
import type { CollectionDefinition } from '../ports/collections.ts'
import type { LogLine, LogSeverity } from '../protocol/logs.ts'
import { listAllRecords } from '../storage/list-records.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { SEVERITIES } from './severity.ts'
import { createTallyWriter, type TallyWriter, type TallyWriterOptions } from './tally-writer.ts'

const counts = z.record(z.string(), z.array(z.number()))
const Hour = z.looseObject({ service: z.string(), start: z.number(), counts, expiresAt: z.number() })

/** Lines of one service in one hour: for each severity, minute after minute, pairs of the minute and its count. */
export interface HourOfLines {
  /** Empty for all together. */
  readonly service: string
  /** ms since the Unix epoch. */
  readonly start: number
  readonly counts: Readonly<Record<string, readonly number[]>>
  readonly expiresAt: number
}

export const LOG_VOLUME: CollectionDefinition<HourOfLines> = {
  name: 'core.logVolume',
  parse: (raw) => Hour.parse(raw),
  indexes: { byService: ['service', 'start'] },
  expiresAt: ({ expiresAt }) => expiresAt,
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const ALL = ''
/** Services and hours between two writes. */
const MAX_WAITING = 5_000
const MAX_STEPS = 500

/** Pairs of minute and count, by minute. */
const mergePairs = (stored: readonly number[], added: readonly number[]): readonly number[] => {
  const sums = new Map<number, number>()
  for (const pairs of [stored, added]) {
    for (let index = 0; index + 1 < pairs.length; index += 2) {
      const minute = pairs[index] as number
      sums.set(minute, (sums.get(minute) ?? 0) + (pairs[index + 1] as number))
    }
  }
  return [...sums].sort(([a], [b]) => a - b).flat()
}

const mergeHours = (stored: HourOfLines, added: HourOfLines): HourOfLines => ({
  ...stored,
  counts: Object.fromEntries(
    SEVERITIES.map(
      (severity) => [severity, mergePairs(stored.counts[severity] ?? [], added.counts[severity] ?? [])] as const,
    ).filter(([, pairs]) => pairs.length > 0),
  ),
  expiresAt: Math.max(stored.expiresAt, added.expiresAt),
})

const STEPS_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440]

/** The shortest step of whole minutes that cuts the span into no more than five hundred. */
const stepFor = (spanMs: number): number => {
  const fitting = STEPS_MINUTES.find((minutes) => spanMs / (minutes * MINUTE_MS) <= MAX_STEPS - 1)
  return (fitting ?? Math.ceil(spanMs / (MAX_STEPS - 1) / MINUTE_MS / 1_440) * 1_440) * MINUTE_MS
}

export interface VolumeQuery {
  readonly service?: string | undefined
  /** Inclusive, ms since the Unix epoch. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/** Lines by severity, step by step. */
export interface Volume {
  readonly stepMs: number
  readonly start: number
  readonly counts: Readonly<Record<LogSeverity, readonly number[]>>
}

export interface LogVolume extends Pick<TallyWriter<HourOfLines>, 'flush' | 'dropped'> {
  add(team: string, line: Pick<LogLine, 'service' | 'severity' | 'at'>): void
  /** Whole minutes. */
  load(team: string, query: VolumeQuery): Promise<Volume>
}

export interface LogVolumeOptions extends Omit<TallyWriterOptions<HourOfLines>, 'collection' | 'merge' | 'maxWaiting' | 'link'> {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  /** How long an hour is kept, in ms. */
  readonly keptMs: number
}

export const createLogVolume = (options: LogVolumeOptions): LogVolume => {
  const { link, keptMs } = options
  const tallies = createTallyWriter({ ...options, collection: LOG_VOLUME, merge: mergeHours, maxWaiting: MAX_WAITING })
  /** Lines since they were last handed on: one count is cheaper than a record merged for each. */
  const counted = new Map<string, { team: string; service: string; severity: LogSeverity; minute: number; count: number }>()
  let uncounted = 0

  const handOn = (): void => {
    for (const { team, service, severity, minute, count } of counted.values()) {
      const start = Math.floor((minute * MINUTE_MS) / HOUR_MS) * HOUR_MS
      const pair = [minute - start / MINUTE_MS, count]
      for (const name of [service, ALL]) {
        const hour = { service: name, start, counts: { [severity]: pair }, expiresAt: start + HOUR_MS + keptMs }
        tallies.add(team, `${name}/${start / HOUR_MS}`, hour)
      }
    }
    counted.clear()
  }

  const stored = async (team: string, { service = ALL, from, to }: VolumeQuery): Promise<readonly HourOfLines[]> => {
    const hours = await listAllRecords(link, LOG_VOLUME, {
      scope: { team },
      index: 'byService',
      equals: { service },
      range: { from: Math.floor(from / HOUR_MS) * HOUR_MS, to: to - 1 },
      order: 'asc',
    })
    return hours.map(({ value }) => value)
  }

  return {
    get dropped() {
      return tallies.dropped + uncounted
    },
    flush: () => {
      handOn()
      return tallies.flush()
    },
    add: (team, { service, severity, at }) => {
      const minute = Math.floor(at / MINUTE_MS)
      const key = `${minute} ${severity} ${service} ${team}`
      const known = counted.get(key)
      if (known !== undefined) known.count++
      else if (counted.size < MAX_WAITING) counted.set(key, { team, service, severity, minute, count: 1 })
      else uncounted++
    },
    load: async (team, query) => {
      handOn()
      const { service = ALL, from, to } = query
      const stepMs = stepFor(to - from)
      const start = Math.floor(from / stepMs) * stepMs
      const steps = Math.max(1, Math.ceil((to - start) / stepMs))
      const sums = Object.fromEntries(SEVERITIES.map((severity) => [severity, new Array<number>(steps).fill(0)])) as Record<
        LogSeverity,
        number[]
      >
      const waiting = tallies.waiting(team).filter((hour) => hour.service === service)
      for (const hour of [...(await stored(team, query)), ...waiting]) {
        for (const severity of SEVERITIES) {
          const pairs = hour.counts[severity] ?? []
          for (let index = 0; index + 1 < pairs.length; index += 2) {
            const at = hour.start + (pairs[index] as number) * MINUTE_MS
            const step = Math.floor((at - start) / stepMs)
            const sum = sums[severity][step]
            if (sum !== undefined && at < to) sums[severity][step] = sum + (pairs[index + 1] as number)
          }
        }
      }
      return { stepMs, start, counts: sums }
    },
  }
}
