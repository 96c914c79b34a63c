import type { SightlineError } from './errors.ts'
import type { SnapshotKey } from './ports/snapshots.ts'
import type { MetricsSnapshot, PollerStatus } from './protocol/contract.ts'

/** Whether this process decided it or learned of it. */
export interface EventMeta {
  readonly origin: 'local' | 'remote'
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
