import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { Sample } from '../domain/sample.ts'
import type { EngineContext, EnginePart } from '../engine-part.ts'
import type { Span } from '../ports/samples.ts'
import type { Incident } from '../protocol/incidents.ts'
import type { Service, ServiceRegionView, ServiceStatus } from '../protocol/services.ts'
import type { RuleInForce } from '../rules/rule.ts'

/** How a service is doing, as its samples and the quorum over its regions say. Times are ms since the Unix epoch. */
export interface ServiceEvaluation {
  readonly status: ServiceStatus
  readonly since: number | null
  readonly regions: readonly ServiceRegionView[]
}

/** What this process can see of itself. */
export interface MonitorSigns {
  /** How late the event loop runs, in ms: the 99th percentile of the last second or so. */
  readonly loopDelayMs: number
  /** Could nothing outside be reached, although it always can? false where nobody asks. */
  readonly isEgressFailing: boolean
}

export interface EvaluationDependencies extends EngineContext {
  teams(): Iterable<string>
  /** By name. */
  services(team: string): ReadonlyMap<string, Service>
  /** Those that are enabled, in a fixed order. */
  rules(team: string): readonly RuleInForce[]
  /** A service's status, or that of one of its regions, is another, or a check came in. In the process that leads only. */
  onView(team: string, service: string, view: ServiceEvaluation): void
  decide(decisions: readonly IncidentDecision[]): void
  /** `at` in ms since the Unix epoch. Asked at every observation. */
  isInMaintenance(team: string, service: Pick<Service, 'name' | 'tags'>, at: number): boolean
  /** Stored samples by time, oldest first. */
  recent(span: Span): AsyncIterable<Sample>
  /** Incidents that are not resolved. */
  activeIncidents(team: string): readonly Incident[]
  /** Default: nothing is known. */
  signs?(): MonitorSigns
}

/** Where samples become statuses and decisions. */
export interface EvaluationPart extends EnginePart {
  /** Never waits. Folded here by who leads, else carried to it over the bus. */
  observe(sample: Sample): void
  /** Services were added, changed, paused or deleted, or other rules are in force. Without `service`: any of the team. */
  changed(team: string, service?: string): void
  /** The name of a service this one depends on, directly or not, that is down; its notices are held meanwhile. */
  heldBy(team: string, service: string): string | null
  /** Samples that were dropped for want of room, since the start. */
  readonly dropped: number
}
