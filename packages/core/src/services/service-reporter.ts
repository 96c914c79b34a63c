import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import { isRecord } from '../protocol/is-record.ts'
import type { ServiceReport } from '../protocol/services.ts'
import { spellName } from '../protocol/spell-name.ts'
import { isServiceName } from './service-schema.ts'

/** What a process uses, in percent. */
export interface Usage {
  /** Of one core, since the last time it was read. */
  readonly cpuPercent: number
  /** Of the machine's memory, or of the container's. */
  readonly ramPercent: number
}

/** What `sightline.service(name)` gives: a service of this process reports itself. Nothing here throws or waits. */
export interface ServiceReporter {
  readonly name: string
  /**
   * How it is doing, or a number of its own, right now.
   *
   * @example sightline.service('checkout').observe({ status: 'degraded', reason: 'payments are slow', values: { queueDepth: 140 } })
   */
  observe(report: ServiceReport): void
  /** One request was served. Counted here and reported every ten seconds. */
  countRequest(latencyMs: number, isError?: boolean): void
}

export interface ServiceReporterOptions {
  readonly name: string
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
  /** Takes what is reported. */
  observe(name: string, report: ServiceReport): void
  /** Default: CPU and memory are not reported. */
  readonly readUsage?: () => Usage
  /** Between two reports, in ms. Default 10,000. */
  readonly intervalMs?: number
}

/** A reporter, and the rhythm of its reports. */
export interface RunningReporter extends ServiceReporter {
  start(): void
  /** Reports what was counted since the last report. */
  stop(): void
}

const REPORT_MS = 10_000
/** Latencies that are kept of one interval; of more than these a fair choice. */
const KEPT = 2_048

/**
 * Counts a service's requests and reports them: `requests`, `errors`, `errorRatePercent` and, where there were any, `latencyP50Ms`,
 * `latencyP95Ms` and `latencyP99Ms`. Beyond 2,048 requests in an interval percentiles are of a random sample (Vitter's algorithm R,
 * https://doi.org/10.1145/3147.3165).
 *
 * @throws SightlineError `INVALID_INPUT` for a name that no service can have.
 */
export const createServiceReporter = (options: ServiceReporterOptions): RunningReporter => {
  const { name, clock, random, readUsage, intervalMs = REPORT_MS } = options
  if (!isServiceName(name)) throw new SightlineError('INVALID_INPUT', `No service can be called ${spellName(name)}.`)
  const latencies = new Float64Array(KEPT)
  let requests = 0
  let errors = 0
  let timed = 0
  let hasCounted = false
  let said: Pick<ServiceReport, 'status' | 'reason'> = {}
  let isRunning = false
  let cancel = (): void => {}

  const percentiles = (): Readonly<Record<string, number>> => {
    const kept = latencies.slice(0, Math.min(timed, KEPT)).sort()
    if (kept.length === 0) return {}
    const at = (share: number): number => kept[Math.max(0, Math.ceil(share * kept.length) - 1)] as number
    return { latencyP50Ms: at(0.5), latencyP95Ms: at(0.95), latencyP99Ms: at(0.99) }
  }

  const usage = (): Readonly<Record<string, number>> => {
    try {
      const { cpuPercent, ramPercent } = readUsage?.() ?? {}
      return {
        ...(Number.isFinite(cpuPercent) ? { cpuPercent: cpuPercent as number } : {}),
        ...(Number.isFinite(ramPercent) ? { ramPercent: ramPercent as number } : {}),
      }
    } catch {
      // What cannot be measured here is left out; the service is as it is.
      return {}
    }
  }

  const report = (): void => {
    const counted = hasCounted
      ? { requests, errors, errorRatePercent: requests === 0 ? 0 : (errors / requests) * 100, ...percentiles() }
      : {}
    const values = { ...counted, ...usage() }
    requests = 0
    errors = 0
    timed = 0
    // Who only says now and then how he is doing is not spoken for.
    if (Object.keys(values).length > 0) options.observe(name, { ...said, values })
  }

  const beat = (): void => {
    report()
    cancel = clock.setTimer(intervalMs, beat)
  }

  return {
    name,
    observe: (given) => {
      try {
        if (!isRecord(given) || given.status !== undefined) options.observe(name, given)
        else options.observe(name, { ...said, ...given })
        // A report of numbers must not say `up` of what has just called itself down.
        if (isRecord(given) && given.status !== undefined) said = pickStatus(given)
      } catch {
        // Not even to be looked at: an empty text is no report, and is counted as such.
        options.observe(name, '' as unknown as ServiceReport)
      }
    },
    countRequest: (latencyMs, isError = false) => {
      hasCounted = true
      requests++
      if (isError) errors++
      if (!Number.isFinite(latencyMs) || latencyMs < 0) return
      const place = timed < KEPT ? timed : Math.floor(random() * (timed + 1))
      timed++
      if (place < KEPT) latencies[place] = latencyMs
    },
    start: () => {
      if (isRunning) return
      isRunning = true
      usage()
      cancel = clock.setTimer(intervalMs, beat)
    },
    stop: () => {
      if (!isRunning) return
      isRunning = false
      cancel()
      report()
    },
  }
}

const pickStatus = ({ status, reason }: ServiceReport): Pick<ServiceReport, 'status' | 'reason'> => ({
  ...(status === undefined ? {} : { status }),
  ...(status === 'up' || reason === undefined ? {} : { reason }),
})
