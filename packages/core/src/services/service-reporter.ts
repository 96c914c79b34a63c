import type { ServiceReport } from '../protocol/services.ts'

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
