import type { Incident, IncidentOperations, Severity } from '../protocol/incidents.ts'
import type { IncidentStore } from './incident-store.ts'

type Summary = IncidentOperations['incidents.summary']['~op']['output']

/** Incidents that one summary counts, at most. */
const COUNTED = 10_000

export interface SummaryRequest {
  readonly team: string
  readonly from: number
  readonly to: number
  readonly service: string | undefined
}

/** Counts and mean times of a team's incidents over a period (ms since the Unix epoch, inclusive). */
export const summarize = async (store: IncidentStore, { team, from, to, service }: SummaryRequest): Promise<Summary> => {
  const range = { from, to }
  const concerns = ({ service: its }: Incident): boolean => service === undefined || its === service
  const opened = await store.listUpTo(
    { team },
    service === undefined
      ? { index: 'byOpened', equals: {}, range, order: 'desc' }
      : { index: 'byService', equals: { service }, range, order: 'desc' },
    COUNTED,
  )
  const resolved = await store.listUpTo(
    { team },
    { index: 'byResolved', equals: { isActive: false }, range, order: 'desc' },
    COUNTED,
  )
  const active = await store.listUpTo({ team }, { index: 'byActive', equals: { isActive: true }, order: 'desc' }, COUNTED)
  const openedOnes = opened.items.map(({ value }) => value.incident)
  const resolvedOnes = resolved.items.map(({ value }) => value.incident).filter(concerns)
  const bySeverity: Record<Severity, number> = { low: 0, medium: 0, high: 0, critical: 0 }
  for (const { severity } of openedOnes) bySeverity[severity]++
  return {
    opened: openedOnes.length,
    resolved: resolvedOnes.length,
    active: active.items.filter(({ value }) => concerns(value.incident)).length,
    meanTimeToAcknowledgeMs: mean(openedOnes.map(({ timeToAcknowledgeMs }) => timeToAcknowledgeMs)),
    meanTimeToResolveMs: mean(resolvedOnes.map(({ timeToResolveMs }) => timeToResolveMs)),
    bySeverity,
    isPartial: !opened.isAll || !resolved.isAll || !active.isAll,
  }
}

/** Of those that have one; null where none has. */
const mean = (spans: readonly (number | null)[]): number | null => {
  const known = spans.filter((span) => span !== null)
  return known.length === 0 ? null : Math.round(known.reduce((sum, span) => sum + span, 0) / known.length)
}
