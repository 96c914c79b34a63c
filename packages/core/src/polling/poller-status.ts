import { SightlineError } from '../errors.ts'
import type { SnapshotKey } from '../ports/snapshots.ts'
import type { PollerStatus, TargetState } from '../protocol/contract.ts'
import type { Circuit } from './circuit.ts'

/** What a poll came to, as far as a target's status is concerned. */
export type PollResult =
  | { readonly kind: 'checked'; readonly changed: boolean; readonly latencyMs: number; readonly apiVersion: string | null }
  | {
      readonly kind: 'failed'
      readonly error: Error
      readonly abandoned: boolean
      readonly latencyMs: number
      readonly retryAt: number | null
    }
  | { readonly kind: 'skipped' }

export const waitingStatus = ({ api, region }: SnapshotKey): PollerStatus => ({
  api,
  region,
  state: 'waiting',
  polls: 0,
  failures: 0,
  consecutiveFailures: 0,
  changes: 0,
  skipped: 0,
  abandoned: 0,
  latencyMs: null,
  checkedAt: null,
  attemptedAt: null,
  retryAt: null,
  lastError: null,
  apiVersion: null,
})

/** The status after a poll. Pure; `now` is ms since the Unix epoch. */
export const afterPoll = (
  status: PollerStatus,
  { result, circuit, now }: { readonly result: PollResult; readonly circuit: Circuit; readonly now: number },
): PollerStatus => {
  switch (result.kind) {
    case 'skipped':
      return { ...status, skipped: status.skipped + 1 }
    case 'checked':
      return {
        ...status,
        state: 'up',
        polls: status.polls + 1,
        consecutiveFailures: 0,
        changes: status.changes + (result.changed ? 1 : 0),
        latencyMs: result.latencyMs,
        checkedAt: now,
        attemptedAt: now,
        retryAt: null,
        apiVersion: result.apiVersion ?? status.apiVersion,
      }
    case 'failed':
      return {
        ...status,
        state: stateOf(circuit),
        polls: status.polls + 1,
        failures: status.failures + 1,
        consecutiveFailures: status.consecutiveFailures + 1,
        abandoned: status.abandoned + (result.abandoned ? 1 : 0),
        latencyMs: result.latencyMs,
        attemptedAt: now,
        retryAt: result.retryAt,
        lastError: { ...messageOf(result.error), at: now },
      }
  }
}

const stateOf = (circuit: Circuit): TargetState => (circuit.state === 'open' ? 'open' : 'failing')

const messageOf = (error: Error): { readonly code: string; readonly message: string } => {
  const { code, message } = SightlineError.from(error)
  return { code, message }
}
