import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { Sample } from '../domain/sample.ts'
import type { ServiceEvaluation } from '../domain/service-evaluation.ts'
import type { EngineContext, EnginePart } from '../engine-part.ts'
import type { Incident } from '../protocol/incidents.ts'
import type { Service } from '../protocol/services.ts'
import type { RuleInForce } from '../rules/rule.ts'
import type { MonitorLimits } from './monitor-health.ts'

/** What this process can see of itself. */
export interface MonitorSigns {
  /** How late the event loop runs, in ms: the 99th percentile of the last second or so. */
  readonly loopDelayMs: number
  /** Could nothing outside be reached, although it always can? false where nobody asks. */
  readonly isEgressFailing: boolean
  /** Does nobody check, since the scheduler is away? */
  readonly isTickless: boolean
}

export interface EvaluationDependencies extends Pick<EngineContext, 'clock' | 'logger' | 'remote' | 'leadership'> {
  teams(): Iterable<string>
  /** By name. */
  services(team: string): ReadonlyMap<string, Service>
  /** Is it asked, or does it report itself? Default: what its record says, which knows of no check by code. */
  isChecked?(team: string, service: Service): boolean
  /** Those that are enabled, in a fixed order. */
  rules(team: string): readonly RuleInForce[]
  /** A service's status, or that of one of its regions, is another, or a check came in. In the process that leads only. */
  onView(team: string, service: string, view: ServiceEvaluation): void
  decide(decisions: readonly IncidentDecision[]): void
  /** Another process observed this. */
  onCarried?(sample: Sample): void
  /** `at` in ms since the Unix epoch. Asked at every observation. */
  isInMaintenance(team: string, service: Pick<Service, 'name' | 'tags'>, at: number): boolean
  /** Everybody's samples from `from` up to `to` (ms, exclusive), oldest first. Read when this process takes over. */
  recent(span: { readonly from: number; readonly to: number }): AsyncIterable<Sample>
  /** Checks of a service over a period, of one region or of all, and how many of them were good: for what is further back than is read again. */
  share?(request: {
    readonly team: string
    readonly service: string
    readonly region?: string
    readonly fromMs: number
    readonly toMs: number
  }): Promise<{ readonly good: number; readonly total: number }>
  /** Incidents that are not resolved. */
  activeIncidents(team: string): readonly Incident[]
  /** Default: nothing is known. */
  signs?(): Partial<MonitorSigns>
  /** When the monitor itself is unwell. */
  readonly limits?: Partial<MonitorLimits>
}

/** Where samples become statuses and decisions. */
export interface EvaluationPart extends EnginePart {
  /** Never waits. Folded here by who leads, else carried to it over the bus. */
  observe(sample: Sample): void
  /** The team's incidents were loaded: those that are open are known from now on. */
  adopt(team: string): void
  /** Services were added, changed, paused or deleted, or other rules are in force. Without `service`: any of the team. */
  changed(team: string, service?: string): void
  /** The name of a service this one depends on, directly or not, that is down; its notices are held meanwhile. */
  heldBy(team: string, service: string): string | null
  /** Samples that were dropped for want of room, since the start. */
  readonly dropped: number
}
