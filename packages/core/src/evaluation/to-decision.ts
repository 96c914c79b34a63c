import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { Sample } from '../domain/sample.ts'
import { describeBreach } from '../rules/describe-reading.ts'
import type { Notice } from './alarm.ts'
import type { FoldContext } from './fold-context.ts'
import type { RegionState } from './region-state.ts'
import type { PlannedRule } from './service-plan.ts'

interface NoticeSource {
  readonly planned: PlannedRule
  readonly region: string | null
  readonly regions: readonly RegionState[]
  readonly sample: Sample | null
  readonly context: FoldContext
}

/** A notice in words. */
export const toDecision = (notice: Notice, { planned, region, regions, sample, context }: NoticeSource): IncidentDecision => {
  const { team, service, rules } = context.plan
  const { rule } = planned
  const key = { team, rule: rule.name, service: service.name, region, at: context.now }
  if (notice === 'resolve') return { ...key, kind: notice, reason: 'It is over.' }
  if (notice === 'flapping') return { ...key, kind: notice, reason: 'It comes and goes.' }
  if (notice === 'steady') return { ...key, kind: notice, reason: 'It stays.' }
  const place = rules.indexOf(planned)
  const affected = regions.filter((state) => state.tracks[place]?.isOn === true)
  const said = sample !== null && affected.some((state) => state.region === sample.region) ? sample : null
  const why = describeBreach(rule, said, affected.find(({ reason }) => reason !== null)?.reason ?? null)
  const where = regions.length > 1 && region === null ? ` (${affected.map((state) => state.region).join(', ')})` : ''
  return {
    ...key,
    kind: notice,
    reason: `${why}${where}`,
    title: `${service.title}: ${rule.title ?? rule.name}${region === null ? '' : ` (${region})`}`,
    severity: rule.severity,
    tags: service.tags,
  }
}
