import type { Head, Json } from './identity.ts'

/**
 * A hint between processes, not truth: any order across records, at least once or not at all. Receivers compare versions.
 * `origin` is the publishing process, `v` the version of the event's form, `at` ms since the Unix epoch.
 */
export interface BusEvent {
  readonly id: string
  readonly origin: string
  readonly v: number
  readonly type: string
  readonly head: Head
  readonly at: number
  readonly payload?: Json
}

/** Carries events between the processes of one installation. */
export interface Bus {
  /** As shown in `/info`. */
  readonly name: string
  /** Delivers others' events only: one whose `origin` is the given one never comes back. A `gap` means some may be missing. */
  open(on: { readonly origin: string; event(event: BusEvent): void; gap(reason: string): void }): Promise<void>
  /** Never waits and never throws; overflow is a gap at the receivers. Events published before `open` are dropped. */
  publish(event: BusEvent): void
  /** A real round trip; rejects with `UNAVAILABLE`. */
  ping(): Promise<void>
  /** Idempotent; nothing is delivered afterwards. */
  close(): Promise<void>
}
