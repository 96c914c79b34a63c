import type { Clock } from '../ports/clock.ts'
import type { PollerStatus } from '../protocol/contract.ts'
import type { Circuit } from './circuit.ts'

/** What the next process to poll a target must know of it: how it is doing, and how often its circuit has opened in a row. */
export interface PollerReport {
  /** The target's. */
  readonly id: string
  readonly status: PollerStatus
  readonly opened: number
}

/** Is `heard` of a later poll than `own`? By the clocks of the processes that polled. */
export const isLaterReport = (heard: PollerStatus, own: PollerStatus): boolean =>
  (heard.attemptedAt ?? 0) > (own.attemptedAt ?? 0)

/** The circuit as the reporter left it, on this process's clock. */
export const circuitOf = ({ status, opened }: PollerReport, clock: Pick<Clock, 'now' | 'monotonic'>): Circuit => {
  const failures = status.consecutiveFailures
  if (status.state !== 'open' || status.retryAt === null) return { state: 'closed', failures }
  return { state: 'open', failures, opened, retryAt: clock.monotonic() + (status.retryAt - clock.now()) }
}
