import { z } from 'zod'
import { line as textLine } from '../config-value.ts'

const service = z.string().regex(/^[\w.-]{1,100}$/)
const severity = z.enum(['debug', 'info', 'warn', 'error', 'fatal'])
const time = z.number().int().nonnegative()
const cursor = z.string().max(4_000)
/** Of a filter that was saved, maybe when less was asked of a name. */
const name = z.string().min(1).max(100)
const text = z.string().max(1_000)
/** By dotted path. */
const fieldValues = z
  .record(z.string().min(1).max(200), z.string().max(200))
  .refine((fields) => Object.keys(fields).length <= 10, 'must be ten fields at most')
const traceId = z.string().regex(/^[\w-]{1,64}$/)

const filter = {
  service: service.optional(),
  minSeverity: severity.optional(),
  from: time.optional(),
  to: time.optional(),
  text: text.optional(),
  fields: fieldValues.optional(),
  traceId: traceId.optional(),
}
const line = z.object({
  id: z.string(),
  at: z.number(),
  service: z.string(),
  severity,
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
  traceId: z.string().nullable(),
  fingerprint: z.string().nullable(),
})
const group = z.object({
  fingerprint: z.string(),
  service: z.string(),
  severity,
  message: z.string(),
  count: z.number(),
  firstSeen: z.number(),
  lastSeen: z.number(),
})
const savedFilter = z.object({ name: z.string(), filter: z.record(z.string(), z.unknown()) })
const savedFilterInput = z.strictObject({ name: textLine(100), filter: z.strictObject(filter) })
const counts = z.array(z.number()).readonly()

/** What the operations and the topic of the group `logs` take and give. */
export const logsSchemas = {
  searchInput: z.strictObject({
    ...filter,
    limit: z.number().int().min(1).max(500).default(100),
    cursor: cursor.optional(),
  }),
  found: z.object({ items: z.array(line).readonly(), next: z.string().nullable(), isComplete: z.boolean() }),
  // Each is judged by itself: one that is wrong takes no other along.
  ingestInput: z.strictObject({
    entries: z.array(z.unknown().describe('{ service, message, severity?, at?, fields?, traceId?, id? }')).max(1_000),
  }),
  ingested: z.object({
    accepted: z.number(),
    rejected: z.number(),
    errors: z.array(z.object({ index: z.number(), message: z.string() })).readonly(),
  }),
  volumeInput: z.strictObject({ service: service.optional(), from: time, to: time }),
  volume: z.object({
    stepMs: z.number(),
    start: z.number(),
    counts: z.object({ debug: counts, info: counts, warn: counts, error: counts, fatal: counts }),
  }),
  errorsInput: z.strictObject({
    service: service.optional(),
    from: time.optional(),
    to: time.optional(),
    limit: z.number().int().min(1).max(200).default(50),
    cursor: cursor.optional(),
  }),
  errors: z.object({ items: z.array(group).readonly(), next: z.string().nullable() }),
  nothing: z.strictObject({}),
  services: z.object({ services: z.array(z.string()).readonly() }),
  filters: z.object({ items: z.array(savedFilter).readonly(), next: z.string().nullable() }),
  savedFilterInput,
  savedFilter,
  filterName: z.strictObject({ name }),
  deleted: z.object({ deleted: z.boolean() }),
  tail: z.strictObject({ service: service.optional(), minSeverity: severity.optional() }),
  lines: z.array(line).readonly(),
}
