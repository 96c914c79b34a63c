import type { Write } from '../ports/collections.ts'
import type { Incident, Severity } from '../protocol/incidents.ts'

/** An incident took a step. `step` counts its steps from 1, so that whoever decides the same step gives what follows it the same ids. */
export interface IncidentChange {
  readonly team: string
  readonly incident: Incident
  readonly kind: 'opened' | 'reopened' | 'acknowledged' | 'severity' | 'flapping' | 'steady' | 'resolved'
  readonly step: number
  /** Where it was changed: what it was before. */
  readonly severityBefore?: Severity
  readonly at: number
}

/** An insert that follows another write in one commit. */
export type Insert = Write & { readonly expected: null }

/** What is to be told of an incident's step: alerts as inserts, made purely, stored in the same commit as the step itself. */
export interface AlertPlanner {
  plan(change: IncidentChange): readonly Insert[]
  /** They are stored, or in the spool while storage is away. Never waits. */
  planned(inserts: readonly Insert[]): void
}
