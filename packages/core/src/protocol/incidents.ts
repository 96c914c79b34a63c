import type { Listing, Op, Topic } from './shapes.ts'

/** How bad it is, the least first. */
export type Severity = 'low' | 'medium' | 'high' | 'critical'

/** Where an incident stands. One that somebody acknowledged is still `open`, with `acknowledgedAt`. */
export type IncidentStatus = 'open' | 'investigating' | 'resolved'

/** What happened to an incident, oldest first. `by` is a principal's id, a rule's name, or null for an anonymous one. */
export interface IncidentEvent {
  readonly id: string
  readonly at: number
  readonly kind:
    | 'opened'
    | 'acknowledged'
    | 'investigating'
    | 'assigned'
    | 'commented'
    | 'severity'
    | 'flapping'
    | 'steady'
    | 'resolved'
    | 'reopened'
  readonly by: string | null
  /** The comment, the assignee, the severity, the reason. */
  readonly text: string
  /** Names mentioned in a comment, without their `@`. */
  readonly mentions?: readonly string[]
}

/** Times are ms since the Unix epoch. */
export interface Incident {
  readonly id: string
  /** Counts the team's incidents of this rule, service and region: a successor has the next. */
  readonly ordinal: number
  /** null where it was opened by hand. */
  readonly rule: string | null
  readonly service: string | null
  /** null where it is about the service as a whole. */
  readonly region: string | null
  readonly title: string
  readonly severity: Severity
  readonly status: IncidentStatus
  readonly isFlapping: boolean
  readonly assignee: string | null
  readonly openedAt: number
  readonly acknowledgedAt: number | null
  readonly resolvedAt: number | null
  readonly updatedAt: number
  readonly timeToAcknowledgeMs: number | null
  readonly timeToResolveMs: number | null
  /** How often it came back: within the reopen window, or by hand. */
  readonly reopens: number
  /** What was seen when it opened. */
  readonly reason: string
  readonly tags: readonly string[]
  readonly commentCount: number
}

/** The state of the topic `incident`. */
export interface IncidentDetail extends Incident {
  /** Oldest first; 500 at most, of which 400 may be comments. */
  readonly timeline: readonly IncidentEvent[]
  /** Events the timeline had no room for: never comments, never the first. */
  readonly omittedEvents: number
}

/** The operations of the group `incidents`: what each takes and gives. A step that does not fit is refused with `CONFLICT`. */
export type IncidentOperations = {
  /** Newest first. */
  'incidents.list': Op<
    'query',
    {
      status?: IncidentStatus | 'active'
      service?: string
      severity?: Severity
      from?: number
      to?: number
      limit?: number
      cursor?: string
    },
    Listing<Incident>
  >
  'incidents.get': Op<'query', { id: string }, IncidentDetail>
  'incidents.open': Op<
    'mutation',
    { title: string; severity: Severity; service?: string; region?: string; text?: string },
    IncidentDetail
  >
  'incidents.acknowledge': Op<'mutation', { id: string }, IncidentDetail>
  'incidents.investigate': Op<'mutation', { id: string }, IncidentDetail>
  'incidents.assign': Op<'mutation', { id: string; assignee: string | null }, IncidentDetail>
  'incidents.setSeverity': Op<'mutation', { id: string; severity: Severity }, IncidentDetail>
  'incidents.comment': Op<'mutation', { id: string; text: string }, IncidentDetail>
  'incidents.resolve': Op<'mutation', { id: string; text?: string }, IncidentDetail>
  'incidents.reopen': Op<'mutation', { id: string; text?: string }, IncidentDetail>
  /** Says that somebody is writing a comment; forgotten after 5 s. `as` is shown of who is not signed in. Default `somebody`. */
  'incidents.typing': Op<'mutation', { id: string; as?: string }, Record<never, never>>
  /** Counts and mean times over a period. */
  'incidents.summary': Op<
    'query',
    { from: number; to: number; service?: string },
    {
      opened: number
      resolved: number
      /** Not resolved now, whenever they were opened. */
      active: number
      meanTimeToAcknowledgeMs: number | null
      meanTimeToResolveMs: number | null
      /** Of those opened. */
      bySeverity: Readonly<Record<Severity, number>>
      /** There were more than are counted (10,000, the newest). */
      isPartial: boolean
    }
  >
}

/** What can be followed of incidents. */
export type IncidentTopics = {
  /** Those that are not resolved, and those resolved within the last day. */
  incidents: Topic<void, readonly Incident[]>
  incident: Topic<{ id: string }, IncidentDetail>
  /** Who is writing a comment now. */
  typing: Topic<{ id: string }, readonly { readonly who: string; readonly until: number }[]>
}
