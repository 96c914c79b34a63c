import type { Listing, Op, RevisionRef, Topic } from './shapes.ts'

/** How a service is doing, in a region or as a whole. `waiting` before its first check. */
export type ServiceStatus =
  | 'waiting'
  | 'up'
  | 'degraded'
  | 'down'
  | 'flapping'
  | 'stale'
  | 'inconclusive'
  | 'paused'
  | 'maintenance'

/** How many regions must agree that a service is down: one, more than half, all, or that many. Half of them, exactly, is `degraded`. */
export type Quorum = 'any' | 'majority' | 'all' | number

/** How a service is checked: the name of a probe kind and its options, as that kind describes them. */
export type CheckSpec = { readonly kind: string } & Readonly<Record<string, unknown>>

/** A service as it is entered: in a configuration file, or by `services.create`. Times are ms. */
export interface ServiceSpec {
  /** How it is shown. Default: its name. */
  readonly title?: string
  readonly description?: string
  /** Short for `check: { kind: 'http', url }`. */
  readonly url?: string
  /** Default none: what reports itself (an agent, a heartbeat, `sightline.service(name).observe`) is not checked. */
  readonly check?: CheckSpec
  /** Where it is checked from. Default `['default']`. */
  readonly regions?: readonly string[]
  /** Default 20,000; 1,000 to 86,400,000. For a heartbeat: how often it is expected. */
  readonly intervalMs?: number
  /** Of one check. Default: the interval, at most 10,000. */
  readonly timeoutMs?: number
  /** Default true; a service that is not enabled is `paused`. */
  readonly enabled?: boolean
  readonly tags?: readonly string[]
  /** Who is asked about it. */
  readonly owner?: string
  /** Default `majority`. */
  readonly quorum?: Quorum
  /** Names of services without which it cannot work: while one is down, this one's notices are held. */
  readonly dependsOn?: readonly string[]
  /** Names of rules that hold for it. Default: every rule that selects it, and the built-in `service-down`. */
  readonly rules?: readonly string[]
}

/** A service as it is stored and shown. */
export interface Service extends ServiceSpec {
  /** Unique in a team; letters of English, digits, `-`, `_` and `.`, the first a letter or digit; at most 100. */
  readonly name: string
  readonly title: string
  readonly regions: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly enabled: boolean
  readonly tags: readonly string[]
  readonly quorum: Quorum
  readonly dependsOn: readonly string[]
  /** `config`: from the configuration, changed there; `stored`: entered while it ran. */
  readonly origin: 'config' | 'stored'
  /** Of a stored one: goes into the next edit, so that who edits what another has changed is told. */
  readonly version?: RevisionRef
}

/** How a service is doing, seen from one region. Times are ms since the Unix epoch. */
export interface ServiceRegionView {
  readonly region: string
  readonly status: ServiceStatus
  /** Since when it has this status. */
  readonly since: number | null
  readonly checkedAt: number | null
  readonly latencyMs: number | null
  /** Why it is not up, in one line. */
  readonly reason: string | null
}

/** An item of the topic `services`: what a list shows of a service. */
export interface ServiceView {
  readonly name: string
  readonly title: string
  readonly tags: readonly string[]
  readonly owner: string | null
  readonly enabled: boolean
  /** Of its check: `http`, `heartbeat`, …; `probe` where it is checked by code, `report` where it is not checked at all. */
  readonly kind: string
  readonly origin: Service['origin']
  /** By quorum over its regions. */
  readonly status: ServiceStatus
  readonly since: number | null
  readonly regions: readonly ServiceRegionView[]
  /** Incidents that are not resolved. */
  readonly openIncidents: number
}

/** The state of the topic `service`: a service with all there is to edit, and how it is doing. Header values are not in it. */
export interface ServiceDetail extends ServiceView {
  readonly service: Service
  /** The last numbers of each region, by name with the unit in it. */
  readonly values: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/**
 * One custom metric. `name` at most 100 characters, `unit` 20, 10 tags. Rules and charts know it as `depth`, with a unit as `depth[jobs]`, with
 * tags as `depth[jobs]{queue="mail",zone="a"}`, tags by name.
 */
export interface CustomMetric {
  readonly name: string
  readonly value: number
  readonly unit?: string
  readonly tags?: Readonly<Record<string, string>>
  /** ms since the Unix epoch. Default: now. */
  readonly at?: number
}

/** What a service reports of itself. Numbers by name, with the unit in the name. */
export interface ServiceReport {
  /** `up` where it says nothing. Of a region that is checked, the check says how it is: a report adds its numbers. */
  readonly status?: 'up' | 'degraded' | 'down'
  /** One of the service's own. Default: its first. */
  readonly region?: string
  /** `requests`, `errors`, `latencyP50Ms`, `latencyP95Ms`, `latencyP99Ms`, `cpuPercent`, `ramPercent`, `errorRatePercent`, or one's own. */
  readonly values?: Readonly<Record<string, number>>
  /** At most 100. */
  readonly metrics?: readonly CustomMetric[]
  /** Why it is not up, in one line. */
  readonly reason?: string
  /** ms since the Unix epoch, of the last hour. Default: now. */
  readonly at?: number
}

/** The operations of the group `services`. Values of headers, passwords and tokens are never answered: `***` stands for them. */
export type ServiceOperations = {
  'services.list': Op<'query', { tag?: string; status?: ServiceStatus; limit?: number; cursor?: string }, Listing<ServiceView>>
  'services.get': Op<'query', { name: string }, ServiceDetail>
  'services.create': Op<'mutation', { name: string } & ServiceSpec, Service>
  /**
   * Fields that are not given stay; null takes an optional one away; `***` keeps the secret that is stored, as long as it goes where it went
   * before. `expected` is the version that was edited; without it the last edit wins. One of the configuration is changed there.
   */
  'services.update': Op<
    'mutation',
    { name: string; changes: { [K in keyof ServiceSpec]?: ServiceSpec[K] | null }; expected?: RevisionRef },
    Service
  >
  'services.delete': Op<'mutation', { name: string }, { deleted: boolean }>
  'services.setEnabled': Op<'mutation', { name: string; enabled: boolean }, Service>
  /** Checks it now in every region; answers with how it is doing then. */
  'services.checkNow': Op<'mutation', { name: string }, ServiceView>
  /** Tries a check without storing it. */
  'services.test': Op<
    'mutation',
    { check: CheckSpec; timeoutMs?: number },
    { ok: boolean; latencyMs: number; values: Readonly<Record<string, number>>; error: string | null }
  >
  /** A service reports itself; also the heartbeat of a dead man's switch. */
  'services.report': Op<'mutation', { name: string } & ServiceReport, { accepted: number }>
  /** Names of the probe kinds that can be used. */
  'services.kinds': Op<'query', Record<never, never>, { kinds: readonly string[] }>
}

/** What can be followed of services: all of them as a list, and one with all there is of it. */
export type ServiceTopics = {
  services: Topic<void, readonly ServiceView[]>
  service: Topic<{ name: string }, ServiceDetail>
}
