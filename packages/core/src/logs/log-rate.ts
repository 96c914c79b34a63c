import type { Sample } from '../domain/sample.ts'
import type { Leadership } from '../leadership.ts'
import type { Clock } from '../ports/clock.ts'
import { isRecord } from '../protocol/is-record.ts'
import type { LogLine } from '../protocol/logs.ts'
import type { RemoteEvents } from '../remote-events.ts'

export interface LogRateOptions {
  readonly clock: Clock
  readonly leadership: Pick<Leadership, 'isLeading'>
  readonly remote: Pick<RemoteEvents, 'isAlone' | 'carry' | 'hear'>
  observe(sample: Sample): void
}

/** How many lines, and how many errors among them, each service writes in ten seconds, in all processes together. */
export interface LogRate {
  add(team: string, line: Pick<LogLine, 'service' | 'severity'>): void
  start(): void
  stop(): void
}

interface Count {
  readonly team: string
  readonly service: string
  lines: number
  errors: number
  /** Intervals since its last line: who has fallen silent is observed with zero for a while, so that rules see it. */
  silent: number
}

const LOG_RATE_MS = 10_000
/** Ten minutes. */
const OBSERVED_SILENT = 60
const MAX_SERVICES = 5_000
/** Names of one event between processes. */
const PER_EVENT = 200
const COUNTED = 'logs:counted'

export const createLogRate = ({ clock, leadership, remote, observe }: LogRateOptions): LogRate => {
  const counts = new Map<string, Count>()
  let cancel = (): void => {}

  const count = (team: string, service: string, lines: number, errors: number): void => {
    const key = `${service} ${team}`
    const known = counts.get(key)
    if (known !== undefined) {
      known.lines += lines
      known.errors += errors
      known.silent = 0
    } else if (counts.size < MAX_SERVICES) counts.set(key, { team, service, lines, errors, silent: 0 })
  }

  const observeAll = (): void => {
    for (const [key, known] of counts) {
      const { team, service, lines, errors } = known
      observe({
        team,
        service,
        region: 'default',
        at: clock.now(),
        verdict: null,
        values: { logLines: lines, logErrors: errors },
      })
      known.lines = 0
      known.errors = 0
      if (known.silent++ >= OBSERVED_SILENT) counts.delete(key)
    }
  }

  /** Who leads adds them to its own. */
  const tellLeader = (): void => {
    const told = [...counts.values()].filter(({ lines }) => lines > 0)
    counts.clear()
    for (let from = 0; from < told.length; from += PER_EVENT) {
      const part = told.slice(from, from + PER_EVENT)
      remote.carry(COUNTED, { counts: part.map(({ team, service, lines, errors }) => [team, service, lines, errors]) })
    }
  }

  const tick = (): void => {
    if (leadership.isLeading) observeAll()
    else tellLeader()
    cancel = clock.setTimer(LOG_RATE_MS, tick)
  }

  const hear = (payload: unknown): void => {
    if (!leadership.isLeading || !isRecord(payload) || !Array.isArray(payload.counts)) return
    for (const [team, service, lines, errors] of payload.counts as readonly [string, string, number, number][]) {
      count(team, service, lines, errors)
    }
  }

  return {
    add: (team, { service, severity }) => count(team, service, 1, severity === 'error' || severity === 'fatal' ? 1 : 0),
    start: () => {
      if (!remote.isAlone) remote.hear(COUNTED, hear)
      cancel = clock.setTimer(LOG_RATE_MS, tick)
    },
    stop: () => cancel(),
  }
}
