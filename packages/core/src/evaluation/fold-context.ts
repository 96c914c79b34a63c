import type { ServicePlan } from './service-plan.ts'

/** The circumstances of one fold. */
export interface FoldContext {
  readonly plan: ServicePlan
  /** Wall clock, ms since the Unix epoch: for what is shown. */
  readonly now: number
  /** ms of a clock that never steps: for every duration. */
  readonly elapsed: number
  readonly isMaintained: boolean
  /** Is the monitor itself well? Since when, by `elapsed`, and why not. */
  readonly isWell: boolean
  readonly wellSince: number
  readonly monitorReason: string | null
}
