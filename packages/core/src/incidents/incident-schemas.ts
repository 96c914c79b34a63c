import { z } from 'zod'
import { line } from '../config-value.ts'
import { isVisible, lineFault, toTextLine } from '../text-line.ts'
import { TIMELINE_LIMITS } from './timeline.ts'

const severity = z.enum(['low', 'medium', 'high', 'critical'])
const status = z.enum(['open', 'investigating', 'resolved'])
const time = z.number().int().nonnegative()
const id = z.string().min(1).max(64)
const name = line(100)
/** Of something that is there, whatever it is called. */
const known = z.string().min(1).max(100)
/** Entered in a hurry, and pasted: what does not belong into a line is taken out rather than refused, unless nothing is left to see. */
const tidied = (length: number) =>
  z
    .string()
    .max(length)
    .transform((text) => toTextLine(text, length))
    .pipe(z.string().min(1, lineFault(length)))
const prose = (length: number) =>
  z
    .string()
    .max(length)
    .transform((text) => text.toWellFormed().replaceAll('\u0000', '').trim())

const incidentFields = {
  id: z.string(),
  ordinal: z.number(),
  rule: z.string().nullable(),
  service: z.string().nullable(),
  region: z.string().nullable(),
  title: z.string(),
  severity,
  status,
  isFlapping: z.boolean(),
  assignee: z.string().nullable(),
  openedAt: z.number(),
  acknowledgedAt: z.number().nullable(),
  resolvedAt: z.number().nullable(),
  updatedAt: z.number(),
  timeToAcknowledgeMs: z.number().nullable(),
  timeToResolveMs: z.number().nullable(),
  reopens: z.number(),
  reason: z.string(),
  tags: z.array(z.string()).readonly(),
  commentCount: z.number(),
}

const event = z.object({
  id: z.string(),
  at: z.number(),
  kind: z.string(),
  by: z.string().nullable(),
  text: z.string(),
  mentions: z.array(z.string()).readonly().optional(),
})

/** What the operations and topics of the group `incidents` take and give. */
export const incidentSchemas = {
  ref: z.strictObject({ id }),
  incidents: z.object({ items: z.array(z.object(incidentFields)), next: z.string().nullable() }),
  detail: z.object({ ...incidentFields, timeline: z.array(event).readonly(), omittedEvents: z.number() }),
  listInput: z.strictObject({
    status: z.enum(['open', 'investigating', 'resolved', 'active']).optional(),
    service: known.optional(),
    severity: severity.optional(),
    from: time.optional(),
    to: time.optional(),
    limit: z.number().int().min(1).max(500).default(50),
    cursor: z.string().max(1_000).optional(),
  }),
  openInput: z.strictObject({
    title: tidied(300),
    severity,
    service: name.optional(),
    region: name.optional(),
    text: prose(2_000).optional(),
  }),
  assignInput: z.strictObject({ id, assignee: tidied(200).nullable() }),
  severityInput: z.strictObject({ id, severity }),
  commentInput: z.strictObject({
    id,
    text: prose(TIMELINE_LIMITS.commentLength).pipe(z.string().refine(isVisible, 'must show something')),
  }),
  reasonInput: z.strictObject({ id, text: prose(2_000).optional() }),
  typingInput: z.strictObject({ id, as: tidied(60).optional() }),
  summaryInput: z.strictObject({ from: time, to: time, service: known.optional() }),
  summary: z.object({
    opened: z.number(),
    resolved: z.number(),
    active: z.number(),
    meanTimeToAcknowledgeMs: z.number().nullable(),
    meanTimeToResolveMs: z.number().nullable(),
    bySeverity: z.object({ low: z.number(), medium: z.number(), high: z.number(), critical: z.number() }),
    isPartial: z.boolean(),
  }),
  nothing: z.object({}),
}
