import { backoffMs } from './backoff.ts'

/** A target's circuit: closed while it answers, open (not asked) after repeated failure, then asked once to see. */
export type Circuit =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly failures: number; readonly opened: number; readonly retryAt: number }

export interface CircuitPolicy {
  /** Failed polls in a row that open it. */
  readonly threshold: number
  readonly openMs: number
  readonly maxOpenMs: number
}

export const closedCircuit: Circuit = { state: 'closed', failures: 0 }

/**
 * The policy that suits an interval: five failures, then a pause of five intervals (at least a second), doubling up to 15 seconds or ten
 * intervals, whichever is longer. So long does a recovery stay unseen at most.
 */
export const circuitPolicyFor = (intervalMs: number): CircuitPolicy => {
  const openMs = Math.max(1_000, 5 * intervalMs)
  return { threshold: 5, openMs, maxOpenMs: Math.max(15_000, 10 * intervalMs) }
}

/** May the target be asked at `now` (monotonic ms)? An open circuit lets one poll through once its pause is over. */
export const mayPoll = (circuit: Circuit, now: number): boolean => circuit.state === 'closed' || now >= circuit.retryAt

/** The circuit after a poll that failed. `retryAfterMs` is what the other side asked for, and opens the circuit by itself. */
export const afterFailure = (
  circuit: Circuit,
  { policy, now, random, retryAfterMs = 0 }: { policy: CircuitPolicy; now: number; random: () => number; retryAfterMs?: number },
): Circuit => {
  const failures = circuit.failures + 1
  const opened = circuit.state === 'open' ? circuit.opened : 0
  if (failures < policy.threshold && retryAfterMs === 0) return { state: 'closed', failures }
  const pauseMs =
    failures < policy.threshold ? 0 : backoffMs({ attempt: opened, baseMs: policy.openMs, capMs: policy.maxOpenMs, random })
  return { state: 'open', failures, opened: opened + 1, retryAt: now + Math.max(pauseMs, retryAfterMs) }
}
