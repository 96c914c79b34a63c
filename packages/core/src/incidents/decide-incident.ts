import type { IncidentDecision } from '../domain/incident-decision.ts'
import { toTextLine } from '../text-line.ts'
import { incidentId, keyOf } from './incident-id.ts'
import type { IncidentRecord } from './incident-record.ts'
import { type Step, takeStep } from './lifecycle.ts'
import { openIncident } from './open-incident.ts'

/** What is known of a key when something is decided about it. */
export interface KnownIncidents {
  /** The one that is not resolved. */
  readonly active: IncidentRecord | null
  /** The latest that is, where it is at hand. */
  readonly last: IncidentRecord | null
  /** How many there were; null where nobody can say. */
  readonly lastOrdinal: number | null
}

export interface DecideIncidentOptions {
  readonly known: KnownIncidents
  readonly decision: IncidentDecision
  /** ms since the Unix epoch. */
  readonly now: number
  readonly reopenWithinMs: number
}

/** The record to write, and the one it replaces: null for a new one. */
export interface DecidedIncident {
  readonly before: IncidentRecord | null
  readonly record: IncidentRecord
}

const REASON_LENGTH = 2_000

/**
 * What a decision of the rules makes of what is known: null where it changes nothing, because it was taken already, or is from before the
 * incident's latest turn. A rule that fires again soon after it ended an incident by itself reopens that one.
 */
export const decideIncident = ({ known, decision, now, reopenWithinMs }: DecideIncidentOptions): DecidedIncident | null => {
  const { active, last } = known
  if (decision.kind !== 'open') return active === null || isStale(decision.at, active.since, now) ? null : step(active, decision)
  if (active !== null) return null
  const endedAt = last?.incident.resolvedAt ?? null
  if (last !== null && endedAt !== null) {
    if (decision.at <= endedAt && endedAt <= now) return null
    if (last.isResolvedByRule && decision.at - endedAt <= reopenWithinMs) return step(last, decision)
  }
  const ordinal = known.lastOrdinal === null ? null : known.lastOrdinal + 1
  const { team: _, kind: _kind, ...opening } = decision
  const record = openIncident({
    ...opening,
    id: incidentId(decision, { ordinal, at: decision.at }),
    key: keyOf(decision),
    ordinal: ordinal ?? 0,
    by: decision.rule,
  })
  return { before: null, record }
}

/** Was it decided before that turn? A turn that lies ahead says only that a clock was set back. */
const isStale = (at: number, turnAt: number, now: number): boolean => at < turnAt && turnAt <= now

const KINDS = { open: 'reopen', resolve: 'resolve', flapping: 'flapping', steady: 'steady' } as const

const step = (before: IncidentRecord, { kind, at, rule, reason }: IncidentDecision): DecidedIncident | null => {
  const next: Step = { kind: KINDS[kind], at, by: rule, isByRule: true, text: toTextLine(reason, REASON_LENGTH) }
  const taken = takeStep(before, next)
  return taken.outcome === 'taken' ? { before, record: taken.record } : null
}

/** The decision that a record's latest step came from, of a record that only rules have written since it was stored. */
export const toDecision = (team: string, { incident, timeline }: IncidentRecord): IncidentDecision | null => {
  const event = timeline.at(-1)
  const { rule, service, region, title, severity, tags } = incident
  if (event === undefined || rule === null || service === null) return null
  const common = { team, rule, service, region, at: event.at, reason: event.text }
  switch (event.kind) {
    case 'opened':
    case 'reopened':
      return { ...common, kind: 'open', title, severity, tags }
    case 'resolved':
      return { ...common, kind: 'resolve' }
    case 'flapping':
    case 'steady':
      return { ...common, kind: event.kind }
    default:
      return null
  }
}
