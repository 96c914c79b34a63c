import type { Sample } from '../domain/sample.ts'
import type { EngineContext, EnginePart } from '../engine-part.ts'
import type { Operation } from '../operations/define-operation.ts'
import type { TickRouter } from '../polling/tick-router.ts'
import type { Probe, ProbeKind } from '../ports/probe.ts'
import type {
  Service,
  ServiceOperations,
  ServiceRegionView,
  ServiceReport,
  ServiceSpec,
  ServiceStatus,
  ServiceTopics,
} from '../protocol/services.ts'
import type { RegisteredTopic } from '../topics/define-topic.ts'
import type { Hub } from '../topics/hub.ts'
import type { ServiceReporter, Usage } from './service-reporter.ts'

/** A service of the configuration: as it is entered, or checked by code. */
export type ConfiguredService = ServiceSpec & {
  /** Asked in place of a `check`. It is one probe for all regions; the region is in its context. */
  readonly probe?: Probe
}

/** How a service is doing, as the rules judged it. Times are ms since the Unix epoch. */
export interface ServiceVerdict {
  readonly status: ServiceStatus
  /** Since when it has this status. */
  readonly since: number | null
  readonly regions: readonly ServiceRegionView[]
}

/** The services of all teams: what they are, how they are checked, and how they are doing. */
export interface ServicesPart extends EnginePart {
  readonly operations: { readonly [N in keyof ServiceOperations]: Operation }
  readonly topics: { readonly [N in keyof ServiceTopics]: RegisteredTopic }
  /** The teams that have services. */
  teams(): readonly string[]
  /** A team's services by name, secrets of their checks included: for the rules, never to be shown. */
  services(team: string): ReadonlyMap<string, Service>
  /** From now on this process checks. To be called before the ticks start, and only where the process polls. */
  startChecks(): Promise<void>
  /** A service reports itself, in process. Never throws, never waits; what does not fit is counted and dropped. */
  observe(team: string, name: string, report: ServiceReport): void
  /** What `sightline.service(name)` gives; makes the service where there is none. Throws `INVALID_INPUT` for a name that cannot be one. */
  reporter(name: string): ServiceReporter
  /** How a service is doing from now on: called by the evaluation of the process that leads. Never waits. */
  show(team: string, name: string, verdict: ServiceVerdict): void
  /** How many incidents of a service are not resolved. */
  counted(team: string, name: string, openIncidents: number): void
  /** Another process observed this: its numbers are shown too. Optional: what is observed here is known. */
  sampled(sample: Sample): void
  /** Counts services by status, for `sightline.status()`. */
  statuses(): Readonly<Record<string, number>>
}

/** What the services need beside what every part is given. */
export interface ServicesDeps extends EngineContext {
  /** By name; of the default team. Judged by `findServiceFaults` before. */
  readonly configured: Readonly<Record<string, ConfiguredService>>
  /** Probe kinds of the configuration. It may be filled until `start`. */
  readonly kinds: ReadonlyMap<string, ProbeKind<unknown>>
  /** The same, made with a guard on addresses: for what is entered while running. */
  readonly guardedKinds: ReadonlyMap<string, ProbeKind<unknown>>
  readonly ticks: Pick<TickRouter, 'put' | 'remove'>
  /** Of this process alone: each process tells its own clients how services are doing. */
  readonly hub: Pick<Hub, 'publish' | 'find'>
  /** Where every sample goes: to the samples, and to the evaluation. Never waits. */
  observe(sample: Sample): void
  /** Services of a team came, changed or went. */
  onServicesChanged(team: string): void
  /** CPU and memory of this process, for `reporter`. Default: not reported. */
  readonly readUsage?: () => Usage
  /** How often what shows that a service is alive is refreshed. Default 1,000. */
  readonly heartbeatMs?: number
  /** How often this is compared with storage. Default 1,000. */
  readonly reconcileMs?: number
}
