import type { ServiceReport } from '@sightline/core/protocol'

/** What the middleware reports to: an agent, or `sightline.service('checkout')` where Sightline runs in the same process. */
export interface HostReporter {
  observe(report: ServiceReport): void
  countRequest(latencyMs: number, isError?: boolean): void
  /** Reports CPU and memory by itself. */
  readonly reportsProcess?: boolean
}
