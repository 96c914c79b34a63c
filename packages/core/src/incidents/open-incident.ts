import type { Incident, Severity } from '../protocol/incidents.ts'
import { toTextLine } from '../text-line.ts'
import { type IncidentRecord, toRecord } from './incident-record.ts'

export interface Opening {
  readonly id: string
  readonly key: string
  readonly ordinal: number
  readonly rule: string | null
  readonly service: string | null
  readonly region: string | null
  readonly title: string
  readonly severity: Severity
  readonly reason: string
  readonly tags: readonly string[]
  readonly at: number
  /** A rule's name or a principal's id. */
  readonly by: string | null
}

const TITLE_LENGTH = 300
/** Of a rule whose title shows nothing. */
const UNTITLED = 'Incident'
const REASON_LENGTH = 2_000
/** An incident's first record. */
export const openIncident = ({
  id,
  key,
  ordinal,
  rule,
  service,
  region,
  severity,
  tags,
  at,
  by,
  ...texts
}: Opening): IncidentRecord => {
  const title = toTextLine(texts.title, TITLE_LENGTH) || UNTITLED
  const reason = toTextLine(texts.reason, REASON_LENGTH)
  const incident: Incident = {
    id,
    ordinal,
    rule,
    service,
    region,
    title,
    severity,
    status: 'open',
    isFlapping: false,
    assignee: null,
    openedAt: at,
    acknowledgedAt: null,
    resolvedAt: null,
    updatedAt: at,
    timeToAcknowledgeMs: null,
    timeToResolveMs: null,
    reopens: 0,
    reason,
    tags,
    commentCount: 0,
  }
  return toRecord({
    incident,
    timeline: [{ id: '1', at, kind: 'opened', by, text: reason }],
    omittedEvents: 0,
    step: 1,
    since: at,
    isResolvedByRule: false,
    key,
  })
}
