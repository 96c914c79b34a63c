import type { ServiceRegionView, ServiceStatus } from '../protocol/services.ts'

/** How a service is doing, as its samples and the quorum over its regions say. Times are ms since the Unix epoch. */
export interface ServiceEvaluation {
  readonly status: ServiceStatus
  /** Since when it has this status. */
  readonly since: number | null
  readonly regions: readonly ServiceRegionView[]
}
