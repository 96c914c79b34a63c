import { z } from 'zod'
import type { CollectionDefinition } from '../ports/collections.ts'

const AuditEvent = z.looseObject({
  /** The principal's id, `system`, or null for an anonymous one. */
  actor: z.string().nullable(),
  operation: z.string(),
  store: z.string(),
  record: z.string(),
  after: z.unknown(),
  correlationId: z.string(),
  at: z.number(),
})

/** Who did what: appended in the same commit as the change itself. */
export interface AuditEvent {
  readonly actor: string | null
  readonly operation: string
  readonly store: string
  readonly record: string
  readonly after?: unknown
  readonly correlationId: string
  /** ms since the Unix epoch. */
  readonly at: number
}

export const AUDIT: CollectionDefinition<AuditEvent> = {
  name: 'core.audit',
  parse: (raw) => AuditEvent.parse(raw),
  indexes: { byTime: ['at'], byRecord: ['store', 'record', 'at'] },
}
