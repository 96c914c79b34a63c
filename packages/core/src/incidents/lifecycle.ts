import type { IncidentChange } from '../domain/incident-change.ts'
import type { Incident, IncidentEvent, Severity } from '../protocol/incidents.ts'
import { type IncidentRecord, toRecord } from './incident-record.ts'
import { mentionsIn } from './mentions.ts'
import { commentFault, extendTimeline } from './timeline.ts'

/** What somebody or a rule does to an incident. `by` is a principal's id, a rule's name, or null for an anonymous one. */
export type Step = {
  readonly at: number
  readonly by: string | null
  readonly isByRule?: boolean
  /** The comment, or the reason. */
  readonly text?: string
} & (
  | { readonly kind: 'acknowledge' | 'investigate' | 'comment' | 'flapping' | 'steady' | 'resolve' | 'reopen' }
  | { readonly kind: 'assign'; readonly assignee: string | null }
  | { readonly kind: 'severity'; readonly severity: Severity }
)

/** How far an incident is worked: `acknowledged` is an open one that somebody has seen. */
export type IncidentState = 'open' | 'acknowledged' | 'investigating' | 'resolved'

/** What becomes of a step: a state to go to, `noted` where it stays, `same` where nothing changes, `refused` where it makes no sense. */
export type Transition = IncidentState | 'noted' | 'same' | 'refused'

/** The complete table. `noted` is `same` where there is nothing to note: the same assignee, the same severity, flapping already. */
export const TRANSITIONS: Readonly<Record<IncidentState, Readonly<Record<Step['kind'], Transition>>>> = {
  open: {
    acknowledge: 'acknowledged',
    investigate: 'investigating',
    assign: 'noted',
    comment: 'noted',
    severity: 'noted',
    flapping: 'noted',
    steady: 'noted',
    resolve: 'resolved',
    reopen: 'same',
  },
  acknowledged: {
    acknowledge: 'same',
    investigate: 'investigating',
    assign: 'noted',
    comment: 'noted',
    severity: 'noted',
    flapping: 'noted',
    steady: 'noted',
    resolve: 'resolved',
    reopen: 'same',
  },
  investigating: {
    acknowledge: 'same',
    investigate: 'same',
    assign: 'noted',
    comment: 'noted',
    severity: 'noted',
    flapping: 'noted',
    steady: 'noted',
    resolve: 'resolved',
    reopen: 'same',
  },
  resolved: {
    acknowledge: 'refused',
    investigate: 'refused',
    assign: 'refused',
    comment: 'noted',
    severity: 'refused',
    flapping: 'same',
    steady: 'same',
    resolve: 'same',
    reopen: 'open',
  },
}

export type Taken =
  | { readonly outcome: 'taken'; readonly record: IncidentRecord }
  | { readonly outcome: 'same' }
  /** `isFull`: it would make sense, but there is no room. */
  | { readonly outcome: 'refused'; readonly reason: string; readonly isFull?: true }

export const stateOf = ({ status, acknowledgedAt }: Incident): IncidentState => {
  if (status !== 'open') return status
  return acknowledgedAt === null ? 'open' : 'acknowledged'
}

/**
 * The incident after a step. Pure: the same for everybody who takes the same step from the same record. Times of one incident never run
 * backwards: a step from before its latest one, by a clock that was set back, counts as taken at the time of that.
 */
export const takeStep = (record: IncidentRecord, given: Step): Taken => {
  const step = { ...given, at: Math.max(given.at, record.incident.updatedAt) }
  const state = stateOf(record.incident)
  const to = TRANSITIONS[state][step.kind]
  if (to === 'same' || (to === 'noted' && isNothingNew(record.incident, step))) return { outcome: 'same' }
  if (to === 'refused')
    return { outcome: 'refused', reason: `The incident is ${state}: ${REFUSALS[step.kind] ?? 'it stays so.'}` }
  const full = step.kind === 'comment' ? commentFault(record.timeline, step.text ?? '') : null
  if (full !== null) return { outcome: 'refused', reason: full, isFull: true }

  const number = record.step + 1
  const timeline = extendTimeline({ events: record.timeline, omitted: record.omittedEvents }, toEvent(step, number))
  return {
    outcome: 'taken',
    record: toRecord({
      incident: { ...changed(record.incident, step), updatedAt: step.at },
      timeline: timeline.events,
      omittedEvents: timeline.omitted,
      step: number,
      since: step.kind === 'reopen' ? step.at : record.since,
      isResolvedByRule: step.kind === 'resolve' ? step.isByRule === true : record.isResolvedByRule && step.kind === 'comment',
      key: record.key,
    }),
  }
}

/** What others are told of an incident's latest step; null where it is of no interest to them. */
export const changeKind = ({ timeline }: Pick<IncidentRecord, 'timeline'>): IncidentChange['kind'] | null => {
  const kind = timeline.at(-1)?.kind
  return kind === undefined || kind === 'assigned' || kind === 'commented' || kind === 'investigating' ? null : kind
}

const REFUSALS: Partial<Record<Step['kind'], string>> = {
  acknowledge: 'there is nothing to acknowledge.',
  investigate: 'reopen it to investigate.',
  assign: 'reopen it to assign it.',
  severity: 'reopen it to change its severity.',
}

const isNothingNew = (incident: Incident, step: Step): boolean => {
  if (step.kind === 'assign') return incident.assignee === step.assignee
  if (step.kind === 'severity') return incident.severity === step.severity
  if (step.kind === 'flapping') return incident.isFlapping
  return step.kind === 'steady' && !incident.isFlapping
}

const spanMs = (incident: Incident, at: number): number => at - incident.openedAt

const acknowledged = (incident: Incident, at: number): Partial<Incident> =>
  incident.acknowledgedAt === null
    ? { acknowledgedAt: at, timeToAcknowledgeMs: incident.timeToAcknowledgeMs ?? spanMs(incident, at) }
    : {}

const changed = (incident: Incident, step: Step): Incident => {
  switch (step.kind) {
    case 'acknowledge':
      return { ...incident, ...acknowledged(incident, step.at) }
    case 'investigate':
      return { ...incident, ...acknowledged(incident, step.at), status: 'investigating' }
    case 'assign':
      return { ...incident, assignee: step.assignee }
    case 'comment':
      return { ...incident, commentCount: incident.commentCount + 1 }
    case 'severity':
      return { ...incident, severity: step.severity }
    case 'flapping':
      return { ...incident, isFlapping: true }
    case 'steady':
      return { ...incident, isFlapping: false }
    case 'resolve':
      return {
        ...incident,
        status: 'resolved',
        isFlapping: false,
        resolvedAt: step.at,
        timeToResolveMs: spanMs(incident, step.at),
      }
    case 'reopen':
      return {
        ...incident,
        status: 'open',
        // Somebody has to see it anew. The time to acknowledge stays that of the first who did.
        acknowledgedAt: null,
        resolvedAt: null,
        timeToResolveMs: null,
        reopens: incident.reopens + 1,
      }
  }
}

const EVENT_KINDS: Readonly<Record<Step['kind'], IncidentEvent['kind']>> = {
  acknowledge: 'acknowledged',
  investigate: 'investigating',
  assign: 'assigned',
  comment: 'commented',
  severity: 'severity',
  flapping: 'flapping',
  steady: 'steady',
  resolve: 'resolved',
  reopen: 'reopened',
}

const toEvent = (step: Step, number: number): IncidentEvent => {
  const { kind, at, by } = step
  const text = kind === 'assign' ? (step.assignee ?? '') : kind === 'severity' ? step.severity : (step.text ?? '')
  const mentions = kind === 'comment' ? mentionsIn(text) : []
  return { id: `${number}`, at, kind: EVENT_KINDS[kind], by, text, ...(mentions.length === 0 ? {} : { mentions }) }
}
