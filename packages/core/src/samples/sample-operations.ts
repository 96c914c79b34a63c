import { closedPeriod } from '../operations/closed-period.ts'
import { defineQuery, type Operation } from '../operations/define-operation.ts'
import type { SampleOperations } from '../protocol/samples.ts'
import { total } from './availability-shares.ts'
import type { SampleAnalysis } from './sample-analysis.ts'
import { sampleSchemas as schemas } from './sample-schemas.ts'
import type { AvailabilityShare } from './samples-part.ts'

/** The group `samples`: numbers of services over time. A service that nobody has heard of has none. */
export const sampleOperations = (analysis: SampleAnalysis): { readonly [N in keyof SampleOperations]: Operation } => ({
  'samples.chart': defineQuery({
    permission: 'metrics:view',
    summary: "A service's numbers over time, in at most 500 steps.",
    input: schemas.chartInput,
    output: schemas.charts,
    http: { method: 'GET', path: '/services/:service/chart' },
    cached: closedPeriod,
    handle: async ({ values, ...request }, { team }) => ({
      charts: await analysis.charts({ ...request, team, values: [...new Set(values)] }),
    }),
  }),
  'samples.summary': defineQuery({
    permission: 'metrics:view',
    summary: 'One number over a period, by region, and beside it over another period of the same length.',
    input: schemas.summaryInput,
    output: schemas.summary,
    http: { method: 'GET', path: '/services/:service/summary' },
    cached: closedPeriod,
    handle: async ({ compareFrom, ...request }, { team }) => {
      const period = { ...request, team }
      const before = { ...period, from: compareFrom ?? 0, to: (compareFrom ?? 0) + period.to - period.from }
      const [regions, compared] = await Promise.all([
        analysis.summary(period),
        compareFrom === undefined ? null : analysis.summary(before),
      ])
      return { regions, before: compared }
    },
  }),
  'samples.availability': defineQuery({
    permission: 'metrics:view',
    summary: 'The share of its checks in which a service was up, and what is left of the error budget of an objective.',
    input: schemas.availabilityInput,
    output: schemas.availability,
    http: { method: 'GET', path: '/services/:service/availability' },
    cached: closedPeriod,
    handle: async ({ objectivePercent, ...period }, { team }) => {
      const shares = await analysis.availability({ ...period, team })
      const percent = percentOf(total(shares))
      return {
        percent,
        regions: shares.map(({ region, ...share }) => ({ region, percent: percentOf(share), count: share.total })),
        budget:
          objectivePercent === undefined ? null : { objectivePercent, leftPercent: budgetLeft(percent ?? 100, objectivePercent) },
      }
    },
  }),
  'samples.values': defineQuery({
    permission: 'metrics:view',
    summary: 'The numbers that a service had in the last 30 days, with their units.',
    input: schemas.valuesInput,
    output: schemas.values,
    http: { method: 'GET', path: '/services/:service/values' },
    handle: async ({ service }, { team }) => ({ values: await analysis.names({ team, service }) }),
  }),
})

/** null where nothing was checked. */
const percentOf = ({ good, total: all }: AvailabilityShare): number | null => (all === 0 ? null : (100 * good) / all)

/** 100 where nothing of it is spent, 0 where all is, less where more is (B. Beyer et al., "The Site Reliability Workbook", 2018, chapter 2). */
const budgetLeft = (percent: number, objectivePercent: number): number => 100 * (1 - (100 - percent) / (100 - objectivePercent))
