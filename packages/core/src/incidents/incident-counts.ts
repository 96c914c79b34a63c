import type { Incident } from '../protocol/incidents.ts'

export interface IncidentCountsOptions {
  active(team: string): readonly Incident[]
  /** Told of the same again: a service may have come after its incidents. */
  onCount(team: string, service: string, count: number): void
}

/** How many incidents of each service are not resolved. */
export interface IncidentCounts {
  /** An incident of the team, or a service, changed. Many changes of one turn are counted once. */
  changed(team: string): void
}

export const createIncidentCounts = ({ active, onCount }: IncidentCountsOptions): IncidentCounts => {
  const told = new Map<string, ReadonlyMap<string, number>>()
  const due = new Set<string>()

  const count = (team: string): void => {
    due.delete(team)
    const before = told.get(team) ?? new Map<string, number>()
    const now = new Map<string, number>()
    for (const { service } of active(team)) if (service !== null) now.set(service, (now.get(service) ?? 0) + 1)
    told.set(team, now)
    for (const service of new Set([...before.keys(), ...now.keys()])) onCount(team, service, now.get(service) ?? 0)
  }

  return {
    changed: (team) => {
      if (due.has(team)) return
      due.add(team)
      queueMicrotask(() => count(team))
    },
  }
}
