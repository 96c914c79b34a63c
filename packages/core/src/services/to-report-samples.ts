import type { Sample, Verdict } from '../domain/sample.ts'
import type { CustomMetric, Service, ServiceReport } from '../protocol/services.ts'
import { foldMetricName } from './metric-name.ts'
import { toReason } from './to-sample.ts'

/** How late a report may come, in ms: what is older belongs to hours that have been summed up. */
const OLDEST_REPORT_MS = 3_600_000
/** Clocks differ: what lies further ahead, in ms, is not taken. */
const FURTHEST_AHEAD_MS = 60_000

export interface ReportRequest {
  readonly team: string
  readonly service: Service
  readonly isChecked: boolean
  readonly report: ServiceReport
  readonly now: number
}

/** Why a report cannot be taken, and where in it; null where it can. */
export const findReportFault = ({ service, report, now }: Pick<ReportRequest, 'service' | 'report' | 'now'>) => {
  if (report.region !== undefined && !service.regions.includes(report.region)) {
    return { path: 'region', message: 'must be one of the regions of the service' }
  }
  const times = [
    ['at', report.at] as const,
    ...(report.metrics ?? []).map(({ at }, index) => [`metrics.${index}.at`, at] as const),
  ]
  const wrong = times.find(([, at]) => at !== undefined && (at < now - OLDEST_REPORT_MS || at > now + FURTHEST_AHEAD_MS))
  return wrong === undefined ? null : { path: wrong[0], message: 'must be of the last hour, and not ahead of the clock' }
}

/**
 * A report as samples: one for the report itself, and one for each other time that its metrics name. How the service is, is said by the
 * report, unless the region is checked: a check and a report that disagree would turn it to and fro.
 */
export const toReportSamples = ({ team, service, isChecked, report, now }: ReportRequest): readonly Sample[] => {
  const region = report.region ?? service.regions[0] ?? 'default'
  const at = Math.min(report.at ?? now, now)
  const place = { team, service: service.name, region }
  const verdict: Verdict | null = isChecked ? null : (report.status ?? 'up')
  const reason = report.reason === undefined ? null : toReason(report.reason)
  const byTime = Map.groupBy(report.metrics ?? [], (metric) => Math.min(metric.at ?? at, now))
  const own: Sample = {
    ...place,
    at,
    verdict,
    values: { ...report.values, ...valuesOf(byTime.get(at) ?? []) },
    ...(verdict === 'up' || verdict === null || reason === null ? {} : { reason }),
  }
  const others = [...byTime]
    .filter(([time]) => time !== at)
    .sort(([a], [b]) => a - b)
    .map(([time, metrics]): Sample => ({ ...place, at: time, verdict: null, values: valuesOf(metrics) }))
  return [...others.filter((sample) => sample.at < at), own, ...others.filter((sample) => sample.at > at)]
}

const valuesOf = (metrics: readonly CustomMetric[]): Readonly<Record<string, number>> =>
  Object.fromEntries(metrics.map((metric) => [foldMetricName(metric), metric.value]))
