import type { SightlineError } from './errors.ts'
import type { SnapshotKey } from './ports/snapshots.ts'
import type { Delivery } from './protocol/alerts.ts'
import type { MetricsSnapshot, PollerStatus } from './protocol/contract.ts'
import type { Incident, IncidentEvent } from './protocol/incidents.ts'
import type { ServiceStatus, ServiceView } from './protocol/services.ts'

/** Whether this process decided it or learned of it. */
export interface EventMeta {
  readonly origin: 'local' | 'remote'
}

/** As `EventMeta`, of a record of a team. */
export interface TeamMeta extends EventMeta {
  readonly team: string
}

/** Every in-process event with what its listeners are given. Names are `noun:past-verb`. */
export interface EventMap {
  /** A target's document changed. `provisional`: not stored yet, because storage is away. */
  'snapshot:changed': (
    snapshot: MetricsSnapshot,
    meta: EventMeta & { readonly provisional: boolean; readonly key: SnapshotKey },
  ) => void
  /** A target was polled and judged. */
  'target:checked': (status: PollerStatus, meta: EventMeta) => void
  /** A target failed so often in a row that it is left alone until `status.retryAt`. */
  'circuit:opened': (status: PollerStatus, meta: EventMeta) => void
  /** It answers again. */
  'circuit:closed': (status: PollerStatus, meta: EventMeta) => void
  /** Storage stopped answering; changes are shown as provisional and wait in memory. */
  'storage:lost': (error: SightlineError, meta: EventMeta) => void
  /** It answers again. How many waiting changes were stored, and how many had found no room. */
  'storage:restored': (replay: { readonly replayed: number; readonly dropped: number }, meta: EventMeta) => void
  /** A service as a whole has another status. */
  'service:turned': (service: ServiceView, meta: TeamMeta & { readonly before: ServiceStatus }) => void
  'incident:opened': (incident: Incident, meta: TeamMeta) => void
  /** It came back within the reopen window, or somebody opened it again. */
  'incident:reopened': (incident: Incident, meta: TeamMeta) => void
  'incident:acknowledged': (incident: Incident, meta: TeamMeta) => void
  'incident:commented': (incident: Incident, meta: TeamMeta & { readonly comment: IncidentEvent }) => void
  'incident:resolved': (incident: Incident, meta: TeamMeta) => void
  /** A channel took a notification. */
  'delivery:sent': (delivery: Delivery, meta: TeamMeta) => void
  /** A notification was given up; `deliveries.replay` tries it again. */
  'delivery:died': (delivery: Delivery, meta: TeamMeta) => void
  /** A client connected, and was let in. */
  'session:opened': (session: { readonly id: string }, meta: EventMeta) => void
  /** It left, or was cut. */
  'session:closed': (session: { readonly id: string }, meta: EventMeta) => void
}

/**
 * What `sightline.on` takes: the names of `EventMap`.
 *
 * @example
 * const log = (name: EventName) => sightline.on(name, () => console.log(name))
 */
export type EventName = keyof EventMap
