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
  'circuit:opened': (status: PollerStatus, meta: EventMeta) => void
  'circuit:closed': (status: PollerStatus, meta: EventMeta) => void
  'storage:lost': (error: SightlineError, meta: EventMeta) => void
  'storage:restored': (replay: { readonly replayed: number; readonly dropped: number }, meta: EventMeta) => void
  'session:opened': (session: { readonly id: string }, meta: EventMeta) => void
  'session:closed': (session: { readonly id: string }, meta: EventMeta) => void
}

export type EventName = keyof EventMap
