import type { Insert } from '../domain/incident-change.ts'
import type { Clock } from '../ports/clock.ts'
import type { Route } from '../protocol/alerts.ts'
import type { Incident } from '../protocol/incidents.ts'
import type { Journal } from '../storage/journal.ts'
import { planEscalations, planOrphanEnd } from './plan-alerts.ts'
import type { ToldAlerts } from './told-alerts.ts'

/** An incident that is not resolved, and when it was opened or came back (ms since the Unix epoch; default: when it was opened). */
export interface ActiveIncident {
  readonly team: string
  readonly incident: Incident
  readonly since?: number
}

export interface SteplessAlertsOptions {
  readonly journal: Pick<Journal, 'write'>
  readonly clock: Clock
  readonly routes: readonly Route[]
  readonly told: Pick<ToldAlerts, 'all'>
  activeIncidents(): readonly ActiveIncident[]
  /** One that is known, also when it is resolved. */
  incidentOf(team: string, id: string): Incident | null
  hasChannel(channel: string): boolean
  /** An alert that is stored, or in the spool. */
  onMade(insert: Insert): void
}

/** Alerts that no step of an incident brings: nobody has answered for too long, or a route is gone that somebody was told by. Each once. */
export interface SteplessAlerts {
  /** Tells the next in line of what nobody has acknowledged. Answers when to look again, ms since the Unix epoch. */
  escalate(): number | null
  /** Who was told by a route that is no more is told of the end. */
  endOrphans(): void
  clear(): void
}

export const createSteplessAlerts = (options: SteplessAlertsOptions): SteplessAlerts => {
  const { journal, clock, routes, told, activeIncidents, incidentOf, hasChannel, onMade } = options
  const made = new Set<string>()

  const makeOnce = (insert: Insert): void => {
    if (made.has(insert.id)) return
    made.add(insert.id)
    journal.write({ write: insert, then: [] }).then(
      (outcome) => {
        if (outcome === 'spooled' || outcome.ok) onMade(insert)
      },
      () => made.delete(insert.id),
    )
  }

  return {
    escalate: () => {
      let soonest: number | null = null
      for (const { team, incident, since } of activeIncidents()) {
        const { inserts, nextAt } = planEscalations({ team, incident, since, routes, now: clock.now() })
        if (nextAt !== null) soonest = Math.min(soonest ?? nextAt, nextAt)
        for (const insert of inserts) makeOnce(insert)
      }
      return soonest
    },
    endOrphans: () => {
      for (const entry of told.all) {
        const { team, alert } = entry
        const incident = incidentOf(team, alert.incident)
        if (incident?.status !== 'resolved' || !hasChannel(alert.channel)) continue
        const insert = planOrphanEnd(entry, { incident, routes })
        if (insert !== null) makeOnce(insert)
      }
    },
    clear: () => made.clear(),
  }
}
