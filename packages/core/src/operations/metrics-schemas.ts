import { z } from 'zod'

const name = z.string().min(1).max(100)
const ref = { api: name, region: name }
const time = z.number().int().nonnegative()
const revisionRef = z.strictObject({ epoch: z.string().min(1).max(200), revision: z.number().int().positive() })

const snapshot = z.object({
  api: z.string(),
  region: z.string(),
  epoch: z.string(),
  revision: z.number(),
  hash: z.string(),
  data: z.unknown(),
  createdAt: z.number(),
  updatedAt: z.number(),
})
const side = z.object({ epoch: z.string(), revision: z.number(), updatedAt: z.number() })
const regionDescription = z.object({
  name: z.string(),
  label: z.string(),
  intervalMs: z.number(),
  timeoutMs: z.number(),
  ignore: z.array(z.string()).readonly(),
})
const listing = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable() })

/** What the operations of the group `metrics` take and give. */
export const metricsSchemas = {
  ref: z.strictObject(ref),
  getInput: z.strictObject({ ...ref, asOf: time.optional() }),
  snapshot,
  listInput: z.strictObject({
    api: name.optional(),
    limit: z.number().int().min(1).max(500).default(500),
    cursor: z.string().max(1_000).optional(),
  }),
  snapshots: listing(snapshot),
  historyInput: z.strictObject({
    ...ref,
    limit: z.number().int().min(1).max(500).default(50),
    cursor: z.string().max(1_000).optional(),
    asOf: time.optional(),
  }),
  diffInput: z.strictObject({ ...ref, from: revisionRef, to: revisionRef }),
  diff: z.object({ from: side, to: side, sections: z.array(z.string()), patch: z.array(z.unknown()) }),
  polls: z.object({
    api: z.string(),
    region: z.string(),
    polls: z
      .array(z.object({ at: z.number(), outcome: z.enum(['unchanged', 'changed', 'failed']), latencyMs: z.number() }))
      .readonly(),
  }),
  nothing: z.strictObject({}),
  apis: listing(z.object({ name: z.string(), regions: z.array(regionDescription).readonly() })),
  setIntervalInput: z.strictObject({ ...ref, intervalMs: z.number().int().min(100).max(86_400_000) }),
  regionDescription,
  pollResult: z.object({ changed: z.boolean(), latencyMs: z.number() }),
}
