import { z } from 'zod'

const name = z.string().min(1).max(100)
const service = z.string().min(1).max(200)
const time = z.number().int().nonnegative()
const period = { service, from: time, to: time }
const figure = z.number().nullable()
const percent = z.number().nullable()

/** Points of a chart, at most. */
const MAX_POINTS = 500
/** Numbers that one call draws. */
const MAX_VALUES = 10

const isPeriod = ({ from, to }: { readonly from: number; readonly to: number }): boolean => from < to
const wrongPeriod = { error: 'must be later than from', path: ['to'] }

const chart = z.object({
  service: z.string(),
  region: z.string(),
  value: z.string(),
  unit: z.string().nullable(),
  stepMs: z.number(),
  start: z.number(),
  mean: z.array(figure).readonly(),
  min: z.array(figure).readonly(),
  max: z.array(figure).readonly(),
  p95: z.array(figure).readonly(),
  count: z.array(z.number()).readonly(),
})

const summary = z.object({
  region: z.string(),
  count: z.number(),
  sum: z.number(),
  min: figure,
  max: figure,
  mean: figure,
  p50: figure,
  p95: figure,
  p99: figure,
})

/** What the operations of the group `samples` take and give. */
export const sampleSchemas = {
  chartInput: z
    .strictObject({
      ...period,
      values: z.array(name).min(1).max(MAX_VALUES),
      region: z.string().min(1).max(200).optional(),
      points: z.number().int().min(1).max(MAX_POINTS).default(MAX_POINTS),
    })
    .refine(isPeriod, wrongPeriod),
  charts: z.object({ charts: z.array(chart).readonly() }),
  summaryInput: z.strictObject({ ...period, value: name, compareFrom: time.optional() }).refine(isPeriod, wrongPeriod),
  summary: z.object({ regions: z.array(summary).readonly(), before: z.array(summary).readonly().nullable() }),
  availabilityInput: z
    .strictObject({ ...period, objectivePercent: z.number().min(1).max(99.9999).optional() })
    .refine(isPeriod, wrongPeriod),
  availability: z.object({
    percent,
    regions: z.array(z.object({ region: z.string(), percent, count: z.number() })).readonly(),
    budget: z.object({ objectivePercent: z.number(), leftPercent: z.number() }).nullable(),
  }),
  valuesInput: z.strictObject({ service }),
  values: z.object({
    values: z.array(z.object({ name: z.string(), unit: z.string().nullable() })).readonly(),
  }),
}
