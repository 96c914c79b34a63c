import type { Sample, Verdict } from '../domain/sample.ts'
import { toProbeError } from '../polling/probe-error.ts'
import type { Observation } from '../ports/probe.ts'
import { toTextLine } from '../text-line.ts'

/** What was checked, from where, and when, ms since the Unix epoch. */
export interface CheckedAt {
  readonly team: string
  readonly service: string
  readonly region: string
  readonly at: number
}

/**
 * What a check says of a service. `latencyMs` is that of an answer: how long it took to fail is no response time. A probe's own numbers come
 * with it either way; those that are none are left out.
 */
export const toSample = (place: CheckedAt, observation: Observation): Sample => {
  const { verdict, reason } = judge(observation)
  const latency = verdict === 'down' ? {} : { latencyMs: observation.latencyMs }
  return {
    ...place,
    verdict,
    values: finite({ ...observation.values, ...latency }),
    ...(reason === null ? {} : { reason }),
  }
}

const judge = (observation: Observation): { readonly verdict: Verdict; readonly reason: string | null } => {
  if (observation.outcome === 'failed') return { verdict: 'down', reason: toReason(toProbeError(observation.error).message) }
  if (observation.outcome === 'value' && observation.degraded === true) {
    return { verdict: 'degraded', reason: toReason(observation.reason ?? 'It reports that it is degraded.') }
  }
  return { verdict: 'up', reason: null }
}

const LONGEST_REASON = 300

/** Why it is so, as one line; null where nothing of it can be seen. */
export const toReason = (text: string): string | null => toTextLine(text, LONGEST_REASON) || null

const finite = (values: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.values(values).every(Number.isFinite)
    ? values
    : Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)))
