import { z } from 'zod'
import type { CollectionDefinition } from '../ports/collections.ts'
import type { Incident, IncidentDetail, IncidentEvent, IncidentStatus, Severity } from '../protocol/incidents.ts'

/** An incident as it is stored. Beside it stand the fields that lists compare, made from it by `toRecord`. */
export interface IncidentRecord {
  readonly incident: Incident
  readonly timeline: readonly IncidentEvent[]
  /** Events that the timeline had no room for. */
  readonly omittedEvents: number
  /** Counts its changes of every kind, from 1. */
  readonly step: number
  /** When it was opened last: `openedAt`, or when it came back. ms since the Unix epoch. */
  readonly since: number
  /** Was it a rule that ended it? Only then it comes back as the same. */
  readonly isResolvedByRule: boolean
  readonly key: string
  readonly ordinal: number
  readonly status: IncidentStatus
  readonly isActive: boolean
  readonly severity: Severity
  readonly openedAt: number
  readonly service?: string
  readonly resolvedAt?: number
}

type Fields = Pick<IncidentRecord, 'incident' | 'timeline' | 'omittedEvents' | 'step' | 'since' | 'isResolvedByRule' | 'key'>

export const toRecord = (fields: Fields): IncidentRecord => {
  const { ordinal, status, severity, openedAt, service, resolvedAt } = fields.incident
  return {
    ...fields,
    ordinal,
    status,
    isActive: status !== 'resolved',
    severity,
    openedAt,
    ...(service === null ? {} : { service }),
    ...(resolvedAt === null ? {} : { resolvedAt }),
  }
}

/** With its timeline, as clients see one. */
export const toDetail = ({ incident, timeline, omittedEvents }: IncidentRecord): IncidentDetail => ({
  ...incident,
  timeline,
  omittedEvents,
})

const Stored = z.looseObject({
  incident: z.looseObject({ id: z.string(), status: z.string(), openedAt: z.number() }),
  timeline: z.array(z.looseObject({ id: z.string(), at: z.number(), kind: z.string() })),
  step: z.number(),
  key: z.string(),
  isActive: z.boolean(),
})

/** At most one that is not resolved exists for each key: whoever comes second is told of the first (`duplicate`). */
export const INCIDENTS: CollectionDefinition<IncidentRecord> = {
  name: 'core.incidents',
  parse: (raw) => Stored.parse(raw) as unknown as IncidentRecord,
  indexes: {
    byOpened: ['openedAt'],
    byStatus: ['status', 'openedAt'],
    byActive: ['isActive', 'openedAt'],
    byResolved: ['isActive', 'resolvedAt'],
    bySeverity: ['severity', 'openedAt'],
    byService: ['service', 'openedAt'],
    byKey: ['key', 'ordinal'],
    byActiveKey: ['key', 'isActive'],
  },
  unique: { open: ({ isActive, key }) => (isActive ? key : null) },
}

/** What the incidents store. */
export const INCIDENT_COLLECTIONS = [INCIDENTS] as unknown as readonly CollectionDefinition<never>[]
