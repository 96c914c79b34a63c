import { z } from 'zod'
import type { FieldFault } from '../errors.ts'
import type { Service } from '../protocol/services.ts'
import { reportFields } from './report-schema.ts'
import { serviceName, specFields } from './service-schema.ts'

const statuses = ['waiting', 'up', 'degraded', 'down', 'flapping', 'stale', 'inconclusive', 'paused', 'maintenance'] as const
const status = z.enum(statuses)
const origin = z.enum(['config', 'stored'])
const version = z.object({ epoch: z.string(), revision: z.number() })
const numbers = z.record(z.string(), z.number()).readonly()

const regionView = z.object({
  region: z.string(),
  status,
  since: z.number().nullable(),
  checkedAt: z.number().nullable(),
  latencyMs: z.number().nullable(),
  reason: z.string().nullable(),
})

const viewFields = {
  name: z.string(),
  title: z.string(),
  tags: z.array(z.string()).readonly(),
  owner: z.string().nullable(),
  enabled: z.boolean(),
  kind: z.string(),
  origin,
  status,
  since: z.number().nullable(),
  regions: z.array(regionView).readonly(),
  openIncidents: z.number(),
}

const service = z.looseObject({
  name: z.string(),
  title: z.string(),
  description: z.string().optional(),
  url: z.string().optional(),
  check: z.looseObject({ kind: z.string() }).optional(),
  regions: z.array(z.string()).readonly(),
  intervalMs: z.number(),
  timeoutMs: z.number(),
  enabled: z.boolean(),
  tags: z.array(z.string()).readonly(),
  owner: z.string().optional(),
  quorum: z.union([z.enum(['any', 'majority', 'all']), z.number()]),
  dependsOn: z.array(z.string()).readonly(),
  rules: z.array(z.string()).readonly().optional(),
  origin,
  version: version.optional(),
}) as unknown as z.ZodType<Service, Service>

const view = z.object(viewFields)
const named = { name: serviceName }
/** Only that it exists and is a name: what becomes of its fields is judged as the service that would come of them. */
const changes = z.strictObject(Object.fromEntries(Object.keys(specFields).map((field) => [field, z.unknown().optional()])), {
  error: 'must be an object',
})

/** What the operations of the group `services` take and give. */
export const serviceSchemas = {
  status,
  view,
  service,
  detail: z.object({ ...viewFields, service, values: z.record(z.string(), numbers).readonly() }),
  views: z.object({ items: z.array(view).readonly(), next: z.string().nullable() }),
  named: z.strictObject(named),
  listInput: z.strictObject({
    tag: z.string().max(100).optional(),
    status: status.optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
    cursor: z.string().max(200).optional(),
  }),
  createInput: z.strictObject({ ...named, ...specFields }),
  updateInput: z.strictObject({ ...named, changes, expected: z.strictObject(version.shape).optional() }),
  setEnabledInput: z.strictObject({ ...named, enabled: z.boolean() }),
  testInput: z.strictObject({
    check: z.looseObject({ kind: z.string().max(100) }),
    timeoutMs: specFields.timeoutMs,
  }),
  testResult: z.object({ ok: z.boolean(), latencyMs: z.number(), values: numbers, error: z.string().nullable() }),
  reportInput: z.strictObject({ ...named, ...reportFields }),
  accepted: z.object({ accepted: z.number() }),
  deleted: z.object({ deleted: z.boolean() }),
  nothing: z.strictObject({}),
  kinds: z.object({ kinds: z.array(z.string()).readonly() }),
}

/** The schema, and what else is found in an input: all faults in one answer. */
export const alsoJudgedBy = <S extends z.ZodType>(schema: S, find: (input: unknown) => readonly FieldFault[]): S => {
  const standard = schema['~standard']
  const validate = async (input: unknown) => {
    const result = await standard.validate(input)
    const own = result.issues ?? []
    const known = new Set(own.map((issue) => (issue.path ?? []).map(String).join('.')))
    const more = find(input).filter(({ path }) => !known.has(path))
    if (own.length + more.length === 0) return result
    return { issues: [...own, ...more.map(({ path, message }) => ({ message, path: path === '' ? [] : path.split('.') }))] }
  }
  return { '~standard': { ...standard, validate } } as unknown as S
}
