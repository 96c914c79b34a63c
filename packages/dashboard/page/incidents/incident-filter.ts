import type { Incident, IncidentStatus, Severity } from '@sightline/core/protocol'
import { choiceParam, given, type Search, textParam } from '../address/search-param.ts'

/** The most severe first. */
export const severities = ['critical', 'high', 'medium', 'low'] as const satisfies readonly Severity[]

const incidentStatuses = ['active', 'open', 'investigating', 'resolved'] as const satisfies readonly (IncidentStatus | 'active')[]

/** What the address says about which incidents to show. */
export interface IncidentFilter {
  readonly status?: IncidentStatus | 'active'
  readonly severity?: Severity
  readonly service?: string
}

/** Reads the address loosely: what does not fit is left out. */
export const parseIncidentFilter = (search: Search): IncidentFilter =>
  given({
    status: choiceParam(search.status, incidentStatuses),
    severity: choiceParam(search.severity, severities),
    service: textParam(search.service),
  })

const isActive = ({ status }: Pick<Incident, 'status'>): boolean => status !== 'resolved'

const fits = (incident: Incident, { status, severity, service }: IncidentFilter): boolean =>
  (status === undefined || (status === 'active' ? isActive(incident) : incident.status === status)) &&
  (severity === undefined || incident.severity === severity) &&
  (service === undefined || incident.service === service)

/**
 * Those that fit: active ones first, the most severe and then the newest before others; then the resolved ones, the newest first. Of an
 * incident that is there live and on a page of older ones, the live one is newer.
 */
export const arrangeIncidents = (
  live: readonly Incident[],
  { older, filter }: { readonly older: readonly Incident[]; readonly filter: IncidentFilter },
): readonly Incident[] => {
  const known = new Map(older.map((incident) => [incident.id, incident]))
  for (const incident of live) known.set(incident.id, incident)
  return [...known.values()]
    .filter((incident) => fits(incident, filter))
    .sort(
      (a, b) =>
        Number(isActive(b)) - Number(isActive(a)) ||
        (isActive(a) ? severities.indexOf(a.severity) - severities.indexOf(b.severity) : 0) ||
        b.openedAt - a.openedAt ||
        (a.id < b.id ? 1 : -1),
    )
}

export interface IncidentCounts {
  readonly active: number
  readonly critical: number
  readonly unacknowledged: number
}

export const countIncidents = (incidents: readonly Incident[]): IncidentCounts => {
  const active = incidents.filter(isActive)
  return {
    active: active.length,
    critical: active.filter(({ severity }) => severity === 'critical').length,
    unacknowledged: active.filter(({ acknowledgedAt }) => acknowledgedAt === null).length,
  }
}
